// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/topology/cluster_topology.h"

namespace slotplanner {

// What a rebalance of `current` to `shard_count` shards leads to, with as few
// slots moved as can be: sizes differ by one slot at most, and no slot is
// unassigned. Of too many shards, those with the fewest slots go, with their
// replicas; of equals the last in canonical order. A shard with more slots than
// its share gives up its highest ones. New shards are one primary each, at
// 127.0.0.1 with made-up node IDs, all unlike those of `current`.
//
// When `current` is null or has no shards: `MakeEvenTopology(shard_count)`.
//
// Requires: 1 <= shard_count <= 1000. O(slots + nodes log nodes). The same
// arguments give an equal topology. Thread-safe.
ClusterTopology RebalancedTopology(const ClusterTopology* current,
                                   int shard_count);

}  // namespace slotplanner
