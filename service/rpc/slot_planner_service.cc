// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "slotplanner/v1/slot_planner_service.grpc.pb.h"

#include "service/answers/group_keys_answer.h"
#include "service/answers/group_keys_input.h"
#include "service/answers/keyslot_answer.h"
#include "service/answers/plan_answer.h"
#include "service/answers/plan_batch_input.h"
#include "service/answers/what_if.h"
#include "service/rpc/bulk_call.h"
#include "service/rpc/call_metrics.h"
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

// How many parts a plan may have to be made on gRPC's own thread: about half a
// millisecond.
constexpr int64_t kMaxPartsOfSmallPlan = 20'000;

MaybeError Keyslot(const UnaryCall& call, const v1::KeyslotRequest& request,
                   v1::KeyslotResponse& response) {
  const auto [cluster, error] = call.FindCluster(request.cluster());
  if (error) return error;
  AnswerKeyslot(request, call.SnapshotOf(*cluster).snapshot.get(), response);
  return std::nullopt;
}

// See BulkCall, as below.
struct GroupKeysSteps {
  using Input = GroupKeysInput;

  static std::string_view OutdatedVersion(const Input& input) {
    return input.settings().outdated_topology_version();
  }

  static bool IsLarge(const Input& /*input*/,
                      const ServedCluster& /*cluster*/) {
    return false;  // Its bytes tell.
  }

  MaybeError Run(const UnaryCall& call, const Input& input,
                 ServedCluster& cluster, WireBytes& response) const {
    ServingSnapshot serving = call.SnapshotOf(cluster);
    if (serving.error && NeedsTopology(input)) return serving.error;
    response = AnswerGroupKeys(input, serving.snapshot.get());
    sizes->CountKeys(input.key_count());
    return std::nullopt;
  }

  SizeMetrics* sizes;
};

struct PlanBatchSteps {
  using Input = PlanBatchInput;

  static std::string_view OutdatedVersion(const Input& input) {
    const v1::PlanBatchRequest& settings = input.settings();
    return settings.has_what_if() ? std::string_view()
                                  : settings.outdated_topology_version();
  }

  // A command without keys may go to every shard. A hypothetical topology has
  // to be made first.
  static bool IsLarge(const Input& input, const ServedCluster& cluster) {
    if (input.settings().has_what_if()) return true;
    const auto snapshot = cluster.store.Current();
    if (snapshot == nullptr) return false;
    const auto shards =
        static_cast<int64_t>(snapshot->topology->shards().size());
    return input.command_count() * shards > kMaxPartsOfSmallPlan;
  }

  MaybeError Run(const UnaryCall& call, const Input& input,
                 ServedCluster& cluster, WireBytes& response) const {
    if (input.settings().has_what_if()) {
      return RunWhatIf(input, cluster, response);
    }
    ServingSnapshot serving = call.SnapshotOf(cluster);
    if (serving.error) return serving.error;
    const BatchPlan plan = MakePlan(input, *serving.snapshot);
    response = ToResponse(plan, *serving.snapshot);
    sizes->CountPlan(plan);
    cluster.metrics.CountPlan(plan);
    return std::nullopt;
  }

  // Tells nothing about the cluster, so that its metrics do not count it.
  MaybeError RunWhatIf(const Input& input, const ServedCluster& cluster,
                       WireBytes& response) const {
    const auto current = cluster.store.Current();
    HypotheticalSnapshot what_if = MakeHypotheticalSnapshot(
        input.settings().what_if(), "what_if", current.get());
    if (what_if.error) return std::move(what_if.error);
    const BatchPlan plan = MakePlan(input, *what_if.snapshot);
    response = ToResponse(plan, *what_if.snapshot);
    sizes->CountPlan(plan);
    return std::nullopt;
  }

  SizeMetrics* sizes;
};

// Thread-safe.
class SlotPlannerServiceImpl final : public RawService {
 public:
  SlotPlannerServiceImpl(CallGate& gate, prometheus::Registry& metrics)
      : gate_(gate),
        keyslot_("Keyslot", SlotPlannerService::service_full_name(), metrics),
        group_keys_("GroupKeys", SlotPlannerService::service_full_name(),
                    metrics),
        plan_batch_("PlanBatch", SlotPlannerService::service_full_name(),
                    metrics),
        sizes_(metrics) {}

  grpc::ServerUnaryReactor* Keyslot(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* request,
                                    grpc::ByteBuffer* response) override {
    return Answer<v1::KeyslotRequest, v1::KeyslotResponse>(
        new UnaryCall(gate_, keyslot_, context, request, response),
        slotplanner::Keyslot);
  }

  grpc::ServerUnaryReactor* GroupKeys(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override {
    return BulkCall<GroupKeysSteps>::Answer(
        new UnaryCall(gate_, group_keys_, context, request, response),
        {.sizes = &sizes_});
  }

  grpc::ServerUnaryReactor* PlanBatch(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override {
    return BulkCall<PlanBatchSteps>::Answer(
        new UnaryCall(gate_, plan_batch_, context, request, response),
        {.sizes = &sizes_});
  }

 private:
  CallGate& gate_;
  RpcMethod keyslot_;
  RpcMethod group_keys_;
  RpcMethod plan_batch_;
  SizeMetrics sizes_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeSlotPlannerService(
    CallGate& gate, prometheus::Registry& metrics) {
  return std::make_unique<SlotPlannerServiceImpl>(gate, metrics);
}

}  // namespace slotplanner
