// SPDX-License-Identifier: Apache-2.0
#include "service/answers/group_keys_answer.h"

#include <cassert>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "service/answers/plan_messages.h"
#include "service/answers/topology_messages.h"
#include "service/planning/read_routing.h"
#include "service/slots/hash_slot.h"
#include "service/slots/key_groups.h"

namespace slotplanner {
namespace {

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

}  // namespace

bool NeedsTopology(const v1::GroupKeysRequest& request) {
  return request.grouping() == v1::GROUPING_NODE;
}

void AnswerGroupKeys(const v1::GroupKeysRequest& request,
                     const ClusterSnapshot* snapshot,
                     v1::GroupKeysResponse& response) {
  assert(snapshot != nullptr || !NeedsTopology(request));
  std::vector<HashSlot> slots;
  slots.reserve(static_cast<size_t>(request.keys_size()));
  response.mutable_slots()->Reserve(request.keys_size());
  for (const std::string& key : request.keys()) {
    slots.push_back(HashSlot::OfKey(key));
    response.mutable_slots()->AddAlreadyReserved(slots.back().value());
  }
  if (NeedsTopology(request)) {
    NodeGrouping(*snapshot->topology, FromMessage(request.read_preference()),
                 request.client_zone())
        .Group(slots, response);
  } else {
    GroupBySlot(snapshot == nullptr ? nullptr : snapshot->topology.get(), slots,
                response);
  }
  if (snapshot != nullptr) FillStamp(*snapshot, *response.mutable_topology());
}

}  // namespace slotplanner
