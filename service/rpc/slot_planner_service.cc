// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>

#include "slotplanner/v1/slot_planner_service.grpc.pb.h"

#include "service/answers/group_keys_answer.h"
#include "service/answers/keyslot_answer.h"
#include "service/answers/plan_answer.h"
#include "service/rpc/call_metrics.h"
#include "service/rpc/request_validation.h"
#include "service/rpc/rpc_status.h"
#include "service/rpc/services.h"
#include "service/rpc/unary_call.h"

namespace slotplanner {
namespace {

using v1::SlotPlannerService;
using RawService = SlotPlannerService::WithRawCallbackMethod_Keyslot<
    SlotPlannerService::WithRawCallbackMethod_GroupKeys<
        SlotPlannerService::WithRawCallbackMethod_PlanBatch<
            SlotPlannerService::Service>>>;
using MaybeError = std::optional<ApiError>;

// Thread-safe.
class SlotPlannerServiceImpl final : public RawService {
 public:
  SlotPlannerServiceImpl(const ClusterRegistry& clusters,
                         const RequestLimits& limits,
                         prometheus::Registry& metrics)
      : clusters_(clusters),
        limits_(limits),
        keyslot_metrics_(metrics, SlotPlannerService::service_full_name(),
                         "Keyslot"),
        group_keys_metrics_(metrics, SlotPlannerService::service_full_name(),
                            "GroupKeys"),
        plan_batch_metrics_(metrics, SlotPlannerService::service_full_name(),
                            "PlanBatch"),
        plan_metrics_(metrics, clusters) {}

  grpc::ServerUnaryReactor* Keyslot(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* request,
                                    grpc::ByteBuffer* response) override {
    return Answer<v1::KeyslotRequest, v1::KeyslotResponse>(
        context, request, response, keyslot_metrics_,
        [this](const v1::KeyslotRequest& in, v1::KeyslotResponse& out) {
          return Keyslot(in, out);
        });
  }

  grpc::ServerUnaryReactor* GroupKeys(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override {
    return Answer<v1::GroupKeysRequest, v1::GroupKeysResponse>(
        context, request, response, group_keys_metrics_,
        [this](const v1::GroupKeysRequest& in, v1::GroupKeysResponse& out) {
          return GroupKeys(in, out);
        });
  }

  grpc::ServerUnaryReactor* PlanBatch(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override {
    return Answer<v1::PlanBatchRequest, v1::PlanBatchResponse>(
        context, request, response, plan_batch_metrics_,
        [this](const v1::PlanBatchRequest& in, v1::PlanBatchResponse& out) {
          return PlanBatch(in, out);
        });
  }

 private:
  MaybeError Keyslot(const v1::KeyslotRequest& request,
                     v1::KeyslotResponse& response) const {
    const auto* cluster = clusters_.Find(request.cluster());
    if (cluster == nullptr) return UnknownClusterError(request.cluster());
    const auto snapshot = cluster->store->Current();
    AnswerKeyslot(request, snapshot.get(), response);
    return std::nullopt;
  }

  MaybeError GroupKeys(const v1::GroupKeysRequest& request,
                       v1::GroupKeysResponse& response) {
    if (auto error = Validate(request, limits_)) return error;
    const auto* cluster = clusters_.Find(request.cluster());
    if (cluster == nullptr) return UnknownClusterError(request.cluster());
    const auto snapshot = cluster->store->Current();
    if (snapshot == nullptr && NeedsTopology(request)) {
      return TopologyNotReadyError(cluster->name);
    }
    AnswerGroupKeys(request, snapshot.get(), response);
    plan_metrics_.CountKeys(request.keys_size());
    return std::nullopt;
  }

  MaybeError PlanBatch(const v1::PlanBatchRequest& request,
                       v1::PlanBatchResponse& response) {
    if (auto error = Validate(request, limits_)) return error;
    const auto* cluster = clusters_.Find(request.cluster());
    if (cluster == nullptr) return UnknownClusterError(request.cluster());
    const auto snapshot = cluster->store->Current();
    if (snapshot == nullptr) return TopologyNotReadyError(cluster->name);
    const BatchPlan plan = AnswerPlanBatch(request, *snapshot, response);
    plan_metrics_.CountPlan(*cluster, plan);
    return std::nullopt;
  }

  const ClusterRegistry& clusters_;
  const RequestLimits limits_;
  MethodMetrics keyslot_metrics_;
  MethodMetrics group_keys_metrics_;
  MethodMetrics plan_batch_metrics_;
  PlanMetrics plan_metrics_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeSlotPlannerService(
    const ClusterRegistry& clusters, const RequestLimits& limits,
    prometheus::Registry& metrics) {
  return std::make_unique<SlotPlannerServiceImpl>(clusters, limits, metrics);
}

}  // namespace slotplanner
