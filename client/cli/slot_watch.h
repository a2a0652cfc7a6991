// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
#include <span>
#include <string>
#include <vector>

#include "service/slots/hash_slot.h"
#include "service/topology/cluster_topology.h"

namespace slotplanner::cli {

// Remembers which slots changed their owner, or were moving, since a topology
// was read: whoever goes through the keys of all nodes meanwhile may miss keys
// of theirs, or see them twice. Not thread-safe.
class SlotWatch {
 public:
  // `beginning` outlives this.
  explicit SlotWatch(const ClusterTopology& beginning)
      : beginning_(beginning) {}

  // A later topology: every slot counts whose primary is another node, by node
  // ID. O(slots).
  void SeeTopology(const ClusterTopology& later);

  // What a node of the shard with this index says that its shard has now, in
  // any order. A node knows this best, and may hear late of other shards: a
  // slot counts if it was the shard's and is not, or is and was not. O(slots).
  void SeeShard(int shard_index, std::span<const SlotRange> ranges);

  // Slots that are moving.
  void SeeMigrations(std::span<const SlotMigration> migrations);

  // How many slots were seen to.
  int count() const { return static_cast<int>(slots_.count()); }

  // Which, ascending, adjacent ones joined.
  std::vector<SlotRange> Ranges() const;

 private:
  // The node ID of the slot's primary; empty without one.
  static const std::string& OwnerIn(const ClusterTopology& topology,
                                    HashSlot slot);

  const ClusterTopology& beginning_;
  std::bitset<kHashSlotCount> slots_;
};

}  // namespace slotplanner::cli
