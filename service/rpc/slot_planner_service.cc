// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "slotplanner/v1/slot_planner_service.grpc.pb.h"

#include "absl/container/flat_hash_map.h"
#include "service/base/strings.h"
#include "service/planning/plan_batch.h"
#include "service/rpc/call_metrics.h"
#include "service/rpc/plan_messages.h"
#include "service/rpc/request_validation.h"
#include "service/rpc/rpc_status.h"
#include "service/rpc/services.h"
#include "service/rpc/topology_messages.h"
#include "service/rpc/unary_call.h"
#include "service/slots/hash_tag.h"
#include "service/slots/key_groups.h"

namespace slotplanner {
namespace {

using v1::SlotPlannerService;
using RawService = SlotPlannerService::WithRawCallbackMethod_Keyslot<
    SlotPlannerService::WithRawCallbackMethod_GroupKeys<
        SlotPlannerService::WithRawCallbackMethod_PlanBatch<
            SlotPlannerService::Service>>>;
using MaybeError = std::optional<ApiError>;

// Deals keys into one group per node. Keys of unassigned slots are one group
// more, without a node.
class NodeGrouping {
 public:
  NodeGrouping(const ClusterTopology& topology, ReadPreference preference,
               std::string_view client_zone)
      : topology_(topology), preference_(preference), zone_(client_zone) {}

  // Fills `groups` and `nodes`.
  void Group(std::span<const HashSlot> slots, v1::GroupKeysResponse& response) {
    int node_count = 0;
    for (const Shard& shard : topology_.shards()) {
      node_count += 1 + static_cast<int>(shard.replicas.size());
    }
    const KeyGroups groups = GroupKeysByOwner(
        slots, node_count + 1, [this](HashSlot slot) { return OwnerOf(slot); });
    for (const KeyGroups::Group& group : groups.groups) {
      v1::KeyGroup& out = *response.add_groups();
      const auto indexes = groups.KeyIndexesOf(group);
      out.mutable_key_indexes()->Add(indexes.begin(), indexes.end());
      if (group.owner == kNoOwner) continue;
      out.set_node_index(response.nodes_size());
      const Owner& owner = owners_[static_cast<size_t>(group.owner - 1)];
      FillNode(*owner.node,
               owner.is_replica ? v1::NODE_ROLE_REPLICA : v1::NODE_ROLE_PRIMARY,
               *response.add_nodes());
    }
  }

 private:
  static constexpr int kNoOwner = 0;
  struct Owner {
    const Node* node;
    bool is_replica;
  };

  // 1 + the node's index in owners_, or kNoOwner for an unassigned slot.
  int OwnerOf(HashSlot slot) {
    const Shard* shard = topology_.ShardOf(slot);
    if (shard == nullptr) return kNoOwner;
    const Node& node = NodeForRead(*shard, slot, preference_, zone_);
    const auto [found, inserted] =
        index_.try_emplace(&node, static_cast<int>(owners_.size()) + 1);
    if (inserted) owners_.push_back({&node, &node != &shard->primary});
    return found->second;
  }

  const ClusterTopology& topology_;
  const ReadPreference preference_;
  const std::string_view zone_;
  std::vector<Owner> owners_;
  absl::flat_hash_map<const Node*, int> index_;
};

// Fills one group per slot, with the primary if `topology` is not null.
void GroupBySlot(const ClusterTopology* topology,
                 std::span<const HashSlot> slots,
                 v1::GroupKeysResponse& response) {
  const KeyGroups groups = GroupKeysBySlot(slots);
  std::vector<int> node_of_shard(
      topology == nullptr ? 0 : topology->shards().size(), -1);
  for (const KeyGroups::Group& group : groups.groups) {
    v1::KeyGroup& out = *response.add_groups();
    const auto indexes = groups.KeyIndexesOf(group);
    out.mutable_key_indexes()->Add(indexes.begin(), indexes.end());
    if (topology == nullptr) continue;
    const int shard = topology->ShardIndexOf(group.lowest_slot);
    if (shard < 0) continue;
    int& node = node_of_shard[static_cast<size_t>(shard)];
    if (node < 0) {
      node = response.nodes_size();
      FillNode(topology->shards()[static_cast<size_t>(shard)].primary,
               v1::NODE_ROLE_PRIMARY, *response.add_nodes());
    }
    out.set_node_index(node);
  }
}

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
    const HashSlot slot = HashSlot::OfKey(request.key());
    response.set_slot(slot.value());
    if (const auto tag = FindHashTag(request.key())) {
      response.mutable_hash_tag()->set_offset(static_cast<int>(tag->offset));
      response.mutable_hash_tag()->set_length(static_cast<int>(tag->length));
    }
    const auto snapshot = cluster->store->Current();
    if (snapshot == nullptr) return std::nullopt;
    FillStamp(*snapshot, *response.mutable_topology());
    if (const Shard* shard = snapshot->topology->ShardOf(slot)) {
      FillNode(shard->primary, v1::NODE_ROLE_PRIMARY,
               *response.mutable_owner());
      for (const Node& replica : shard->replicas) {
        FillNode(replica, v1::NODE_ROLE_REPLICA, *response.add_replicas());
      }
    }
    return std::nullopt;
  }

  MaybeError GroupKeys(const v1::GroupKeysRequest& request,
                       v1::GroupKeysResponse& response) {
    if (auto error = Validate(request, limits_)) return error;
    const auto* cluster = clusters_.Find(request.cluster());
    if (cluster == nullptr) return UnknownClusterError(request.cluster());
    const auto snapshot = cluster->store->Current();
    const bool by_node = request.grouping() == v1::GROUPING_NODE;
    if (by_node && snapshot == nullptr) {
      return TopologyNotReadyError(cluster->name);
    }
    std::vector<HashSlot> slots;
    slots.reserve(static_cast<size_t>(request.keys_size()));
    response.mutable_slots()->Reserve(request.keys_size());
    for (const std::string& key : request.keys()) {
      slots.push_back(HashSlot::OfKey(key));
      response.mutable_slots()->AddAlreadyReserved(slots.back().value());
    }
    if (by_node) {
      NodeGrouping(*snapshot->topology, FromMessage(request.read_preference()),
                   request.client_zone())
          .Group(slots, response);
    } else {
      GroupBySlot(snapshot == nullptr ? nullptr : snapshot->topology.get(),
                  slots, response);
    }
    if (snapshot != nullptr) FillStamp(*snapshot, *response.mutable_topology());
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

    // Views into the request: all arguments in one vector, a stretch of it for
    // each command.
    std::vector<std::string_view> args;
    std::vector<size_t> ends;
    ends.reserve(static_cast<size_t>(request.commands_size()));
    for (const v1::Command& command : request.commands()) {
      args.insert(args.end(), command.args().begin(), command.args().end());
      ends.push_back(args.size());
    }
    std::vector<CommandArgs> commands;
    commands.reserve(ends.size());
    size_t begin = 0;
    for (const size_t end : ends) {
      commands.push_back(CommandArgs(args).subspan(begin, end - begin));
      begin = end;
    }

    const BatchPlan plan = slotplanner::PlanBatch(
        *snapshot, {.commands = commands,
                    .read_preference = FromMessage(request.read_preference()),
                    .client_zone = request.client_zone(),
                    .split_policy = FromMessage(request.split_policy())});
    FillPlan(plan, response);
    FillStamp(*snapshot, *response.mutable_topology());
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
