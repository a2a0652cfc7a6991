// SPDX-License-Identifier: Apache-2.0
#include "service/answers/group_keys_answer.h"

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "service/answers/plan_messages.h"
#include "service/answers/topology_messages.h"
#include "service/planning/read_routing.h"
#include "service/slots/hash_slot.h"
#include "service/slots/key_groups.h"

namespace slotplanner {
namespace {

// The groups of a response, with the node of each: an index into `nodes` of
// the response, or kNoNode.
struct GroupsWithNodes {
  static constexpr int kNoNode = -1;

  KeyGroups groups;
  std::vector<int> nodes;
};

// Deals keys into one group per node. Keys of unassigned slots are one group
// more, without a node.
class NodeGrouping {
 public:
  NodeGrouping(const ClusterTopology& topology, ReadPreference preference,
               std::string_view client_zone)
      : topology_(topology), preference_(preference), zone_(client_zone) {
    for (const Shard& shard : topology.shards()) {
      first_owners_.push_back(owner_count_);
      owner_count_ += 1 + static_cast<int>(shard.replicas.size());
    }
  }

  // Adds the nodes to `response`.
  GroupsWithNodes Group(std::span<const HashSlot> slots,
                        v1::GroupKeysResponse& response) {
    GroupsWithNodes result;
    result.groups = GroupKeysByOwner(
        slots, owner_count_, [this](HashSlot slot) { return OwnerOf(slot); });
    for (const KeyGroups::Group& group : result.groups.groups) {
      if (group.owner == kNoOwner) {
        result.nodes.push_back(GroupsWithNodes::kNoNode);
        continue;
      }
      result.nodes.push_back(response.nodes_size());
      const Shard& shard = *topology_.ShardOf(group.lowest_slot);
      const Node& node = NodeOf(shard, group.lowest_slot);
      FillNode(node,
               IsPrimary(node, shard) ? v1::NODE_ROLE_PRIMARY
                                      : v1::NODE_ROLE_REPLICA,
               *response.add_nodes());
    }
    return result;
  }

 private:
  // Owners are numbers: 0 of unassigned slots, then for each shard one of the
  // primary and one of each replica.
  static constexpr int kNoOwner = 0;

  int OwnerOf(HashSlot slot) const {
    const int index = topology_.ShardIndexOf(slot);
    if (index < 0) return kNoOwner;
    const auto i = static_cast<size_t>(index);
    if (preference_ == ReadPreference::kPrimary) return first_owners_[i];
    const Shard& shard = topology_.shards()[i];
    const Node& node = NodeOf(shard, slot);
    return first_owners_[i] +
           (IsPrimary(node, shard)
                ? 0
                : 1 + static_cast<int>(&node - shard.replicas.data()));
  }

  const Node& NodeOf(const Shard& shard, HashSlot slot) const {
    return NodeForRead(shard, slot, preference_, zone_);
  }

  static bool IsPrimary(const Node& node, const Shard& shard) {
    return &node == &shard.primary;
  }

  const ClusterTopology& topology_;
  const ReadPreference preference_;
  const std::string_view zone_;
  std::vector<int> first_owners_;  // Of each shard: its primary.
  int owner_count_ = kNoOwner + 1;
};

// Deals keys into one group per slot, with the primary if `topology` is not
// null. Adds the nodes to `response`.
GroupsWithNodes GroupBySlot(const ClusterTopology* topology,
                            std::span<const HashSlot> slots,
                            v1::GroupKeysResponse& response) {
  constexpr int kNoNode = GroupsWithNodes::kNoNode;
  GroupsWithNodes result = {.groups = GroupKeysBySlot(slots), .nodes = {}};
  result.nodes.assign(result.groups.groups.size(), kNoNode);
  if (topology == nullptr) return result;
  std::vector<int> node_of_shard(topology->shards().size(), kNoNode);
  for (size_t i = 0; i < result.nodes.size(); ++i) {
    const int shard =
        topology->ShardIndexOf(result.groups.groups[i].lowest_slot);
    if (shard < 0) continue;
    int& node = node_of_shard[static_cast<size_t>(shard)];
    if (node == kNoNode) {
      node = response.nodes_size();
      FillNode(topology->shards()[static_cast<size_t>(shard)].primary,
               v1::NODE_ROLE_PRIMARY, *response.add_nodes());
    }
    result.nodes[i] = node;
  }
  return result;
}

// Of a response: slots take two bytes, indexes what the last one takes, a group
// two tags and sizes and the index of a node; nodes and stamp a KiB or so.
size_t ExpectedSize(size_t keys, size_t groups) {
  const size_t index_size = keys < 1 << 7 ? 1 : keys < 1 << 14 ? 2 : 3;
  return (2 + index_size) * keys + 7 * groups + 1024;
}

}  // namespace

bool NeedsTopology(const GroupKeysInput& input) {
  return input.settings().grouping() == v1::GROUPING_NODE;
}

WireBytes AnswerGroupKeys(const GroupKeysInput& input,
                          const ClusterSnapshot* snapshot) {
  assert(snapshot != nullptr || !NeedsTopology(input));
  const v1::GroupKeysRequest& settings = input.settings();
  v1::GroupKeysResponse nodes_and_stamp;
  GroupsWithNodes grouped;
  if (NeedsTopology(input)) {
    grouped = NodeGrouping(*snapshot->topology,
                           FromMessage(settings.read_preference()),
                           settings.client_zone())
                  .Group(input.slots(), nodes_and_stamp);
  } else {
    grouped =
        GroupBySlot(snapshot == nullptr ? nullptr : snapshot->topology.get(),
                    input.slots(), nodes_and_stamp);
  }
  if (snapshot != nullptr) {
    FillStamp(*snapshot, *nodes_and_stamp.mutable_topology());
  }

  using Response = v1::GroupKeysResponse;
  WireWriter out(ExpectedSize(input.slots().size(), grouped.nodes.size()));
  out.Packed(Response::kSlotsFieldNumber, input.slots(),
             [](HashSlot slot) { return static_cast<uint32_t>(slot.value()); });
  for (size_t i = 0; i < grouped.nodes.size(); ++i) {
    out.Message(Response::kGroupsFieldNumber, [&] {
      if (grouped.nodes[i] != GroupsWithNodes::kNoNode) {
        out.Number(v1::KeyGroup::kNodeIndexFieldNumber,
                   static_cast<uint32_t>(grouped.nodes[i]));
      }
      out.Packed(v1::KeyGroup::kKeyIndexesFieldNumber,
                 grouped.groups.KeyIndexesOf(grouped.groups.groups[i]),
                 [](int32_t index) { return static_cast<uint32_t>(index); });
    });
  }
  out.FieldsOf(nodes_and_stamp);
  return std::move(out).Take();
}

}  // namespace slotplanner
