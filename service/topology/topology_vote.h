// SPDX-License-Identifier: Apache-2.0
// Which of the pictures that nodes have of their cluster is to be believed
// (rule G3). Pure: nothing here asks anybody.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "service/slots/hash_slot.h"
#include "service/topology/cluster_topology.h"

namespace slotplanner {

// How one node sees the cluster.
struct ClusterView {
  // Who sees it so. Empty when the node hides CLUSTER NODES.
  std::string node_id;
  std::shared_ptr<const ClusterTopology> topology;  // Never null.
  // The config epoch of each shard's primary, in the order of
  // `topology->shards()`. Empty when the node hides CLUSTER NODES.
  std::vector<uint64_t> shard_epochs;
};

// What was chosen from the views of one refresh.
struct TopologyChoice {
  std::shared_ptr<const ClusterTopology> topology;  // Never null.

  // Per slot the greatest config epoch that its owner was seen with; of its
  // last owner while it has none. 0 when unknown. The memory that keeps older
  // views out.
  std::array<uint64_t, kHashSlotCount> slot_epochs;

  int agreeing_count = 0;     // How many of the views are `topology`.
  bool is_unanimous = false;  // All of them.
};

// Chooses from `views`, of which no two are from one node, beside what was
// chosen last (null: nothing yet). The order of the views does not matter.
//
// A view that is older than the last choice is out: some slot has another owner
// in it, with a lower config epoch than the last choice's owner had. Each
// change that a cluster makes by itself, and each slot that is moved as it
// should be, takes a new greatest epoch, so that a node which has not heard of
// a failover, or the minority side of a partition, can never take us back. Two
// exceptions:
//   * The view lists none of the last choice's nodes: it is another cluster,
//     made anew at the same addresses.
//   * More than half of the last choice's primaries give that view themselves:
//     somebody has dealt out the slots by hand (CLUSTER DELSLOTS, ADDSLOTS).
//
// Of the others, the view that most nodes have is chosen. Among equals:
//   1. That of the later change: the epochs of the shards that own slots, the
//      greatest first, are compared one by one. A sum would make a cluster look
//      older when a shard leaves it.
//   2. That with fewer unassigned slots.
//   3. The last choice; else that with the smaller version, so that one choice
//      comes of the same views.
// The epochs of a view are those of the node in the middle of all that have it:
// a single node that makes up epochs moves nothing. Where one of the equals has
// none, epochs decide nothing.
//
// Nothing is chosen when there are no views, or only older ones.
std::optional<TopologyChoice> ChooseTopology(std::span<const ClusterView> views,
                                             const TopologyChoice* last);

// The migrations among `reported`, lines of primaries in any order, that
// `topology` does not contradict: the source owns the slot. Ascending by slot,
// one a slot: what the source says (`is_source`) goes before what the target
// says, for it is the source that redirects (rule F1).
struct ReportedMigration {
  SlotMigration migration;
  bool is_source = false;  // The source reports it, not the target.
};
std::vector<SlotMigration> ChooseMigrations(
    std::vector<ReportedMigration> reported, const ClusterTopology& topology);

}  // namespace slotplanner
