// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "service/resp/resp_value.h"
#include "service/topology/cluster_topology.h"

namespace slotplanner {

// What only CLUSTER NODES tells about the node that was asked and what it
// knows of others.
struct ClusterNodes {
  // Of the node that was asked.
  std::string node_id;

  // The config epoch of each node by its node ID; for a replica, that of its
  // primary. Of two owners that nodes name for a slot, the one with the greater
  // epoch is the newer (cluster specification, "Configuration epoch").
  absl::flat_hash_map<std::string, uint64_t> config_epochs;

  // The slots that the node sends or receives, in the reply's order (rule F5).
  std::vector<SlotMigration> migrations;
};

// Reads a reply to CLUSTER NODES. Addresses and slots are not looked at:
// CLUSTER SHARDS and CLUSTER SLOTS have them in a better form.
//
// INVALID_ARGUMENT, with the number of the first line that is wrong, when the
// reply is no such reply: no text, a line of fewer than eight fields, no line
// or two for the node that was asked, a node ID twice, or more migrations than
// there are slots.
absl::StatusOr<ClusterNodes> ParseClusterNodesReply(const RespValue& reply);

}  // namespace slotplanner
