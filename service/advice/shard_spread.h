// SPDX-License-Identifier: Apache-2.0
// Where counted keys are by a topology, and what another would change. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "service/advice/key_counts.h"
#include "service/advice/skew.h"
#include "service/topology/cluster_topology.h"

namespace slotplanner {

// What is on each node of a shard.
struct ShardLoad {
  int slot_count = 0;
  int64_t keys = 0;
  int64_t weight = 0;

  friend bool operator==(const ShardLoad&, const ShardLoad&) = default;
};

// How keys are spread over the shards of a topology.
struct ShardSpread {
  std::vector<ShardLoad> shards;  // Parallel to those of the topology.
  // How uneven they are, each measured by the share that its slots are of all
  // that have an owner.
  Skew skew;
  // The same of the weights; nothing if each key weighs 1.
  std::optional<Skew> weight_skew;
  // Index of the shard with the most weight, of those alike the first. With
  // equal nodes it is full first. Nothing if no shard has any.
  std::optional<size_t> fullest_shard;
  // How much of the room of equal nodes is used when that shard is full: the
  // mean weight over the largest, in (0, 1]; 0 if no shard has any.
  double usable_share = 0;
  // In slots that have no owner.
  int64_t unassigned_keys = 0;
  int64_t unassigned_weight = 0;
};

// O(slots + shards log shards).
ShardSpread SpreadOver(const KeyCounts& counts,
                       const ClusterTopology& topology);

// What changes its place from one topology to another.
struct SlotMoves {
  int slots = 0;     // That get another owner; their first or none, too.
  int64_t keys = 0;  // In them.
  int64_t weight = 0;

  friend bool operator==(const SlotMoves&, const SlotMoves&) = default;
};

// A shard of `from` is that shard of `to` whose primary has the same node ID,
// or, if none has, the same address. O(slots + shards).
SlotMoves MovesBetween(const KeyCounts& counts, const ClusterTopology& from,
                       const ClusterTopology& to);

}  // namespace slotplanner
