// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>
#include <string>

#include "slotplanner/v1/slot_planner_service.grpc.pb.h"

#include "service/answers/group_keys_answer.h"
#include "service/answers/group_keys_input.h"
#include "service/answers/keyslot_answer.h"
#include "service/answers/plan_answer.h"
#include "service/answers/plan_batch_input.h"
#include "service/answers/request_validation.h"
#include "service/rpc/call_metrics.h"
#include "service/rpc/rpc_status.h"
#include "service/rpc/services.h"
#include "service/rpc/serving_snapshot.h"
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
                         const ServiceOptions& options,
                         prometheus::Registry& metrics)
      : clusters_(clusters),
        options_(options),
        keyslot_metrics_(metrics, SlotPlannerService::service_full_name(),
                         "Keyslot"),
        group_keys_metrics_(metrics, SlotPlannerService::service_full_name(),
                            "GroupKeys"),
        plan_batch_metrics_(metrics, SlotPlannerService::service_full_name(),
                            "PlanBatch"),
        plan_metrics_(metrics, clusters),
        refresh_metrics_(metrics, clusters) {}

  grpc::ServerUnaryReactor* Keyslot(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* request,
                                    grpc::ByteBuffer* response) override {
    return Answer<v1::KeyslotRequest, v1::KeyslotResponse>(
        {context, request, response, &keyslot_metrics_},
        [this](const v1::KeyslotRequest& in, v1::KeyslotResponse& out) {
          return Keyslot(in, out);
        });
  }

  grpc::ServerUnaryReactor* GroupKeys(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override {
    return AnswerBulk<GroupKeysInput>(
        {context, request, response, &group_keys_metrics_}, options_.limits,
        [this](const GroupKeysInput& in) {
          return RefreshFirst(in.settings());
        },
        [this](const GroupKeysInput& in, WireBytes& out) {
          return GroupKeys(in, out);
        });
  }

  grpc::ServerUnaryReactor* PlanBatch(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override {
    return AnswerBulk<PlanBatchInput>(
        {context, request, response, &plan_batch_metrics_}, options_.limits,
        [this](const PlanBatchInput& in) {
          return RefreshFirst(in.settings());
        },
        [this](const PlanBatchInput& in, WireBytes& out) {
          return PlanBatch(in, out);
        });
  }

 private:
  // The mailbox to ask for a refresh, if the caller has found the current
  // topology out of date; else null.
  template <typename Request>
  RefreshRequests* RefreshFirst(const Request& request) {
    if (request.outdated_topology_version().empty()) return nullptr;
    const auto* cluster = clusters_.Find(request.cluster());
    if (cluster == nullptr) return nullptr;
    const auto snapshot = cluster->store->Current();
    if (snapshot == nullptr ||
        snapshot->topology->version() != request.outdated_topology_version()) {
      return nullptr;
    }
    refresh_metrics_.CountOutdatedVersion(*cluster);
    return cluster->refresh_requests.get();
  }

  ServingSnapshot Snapshot(const ClusterRegistry::Entry& cluster) const {
    return TakeSnapshot(cluster, options_.max_topology_age, absl::Now());
  }

  MaybeError Keyslot(const v1::KeyslotRequest& request,
                     v1::KeyslotResponse& response) const {
    const auto* cluster = clusters_.Find(request.cluster());
    if (cluster == nullptr) return UnknownClusterError(request.cluster());
    AnswerKeyslot(request, Snapshot(*cluster).snapshot.get(), response);
    return std::nullopt;
  }

  MaybeError GroupKeys(const GroupKeysInput& input, WireBytes& response) {
    if (auto error = Validate(input, options_.limits)) return error;
    const std::string& name = input.settings().cluster();
    const auto* cluster = clusters_.Find(name);
    if (cluster == nullptr) return UnknownClusterError(name);
    ServingSnapshot serving = Snapshot(*cluster);
    if (serving.error && NeedsTopology(input)) return serving.error;
    response = AnswerGroupKeys(input, serving.snapshot.get());
    plan_metrics_.CountKeys(input.key_count());
    return std::nullopt;
  }

  MaybeError PlanBatch(const PlanBatchInput& input, WireBytes& response) {
    if (auto error = Validate(input, options_.limits)) return error;
    const std::string& name = input.settings().cluster();
    const auto* cluster = clusters_.Find(name);
    if (cluster == nullptr) return UnknownClusterError(name);
    ServingSnapshot serving = Snapshot(*cluster);
    if (serving.error) return serving.error;
    const BatchPlan plan = MakePlan(input, *serving.snapshot);
    response = ToResponse(plan, *serving.snapshot);
    plan_metrics_.CountPlan(*cluster, plan);
    return std::nullopt;
  }

  const ClusterRegistry& clusters_;
  const ServiceOptions options_;
  MethodMetrics keyslot_metrics_;
  MethodMetrics group_keys_metrics_;
  MethodMetrics plan_batch_metrics_;
  PlanMetrics plan_metrics_;
  RefreshMetrics refresh_metrics_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeSlotPlannerService(
    const ClusterRegistry& clusters, const ServiceOptions& options,
    prometheus::Registry& metrics) {
  return std::make_unique<SlotPlannerServiceImpl>(clusters, options, metrics);
}

}  // namespace slotplanner
