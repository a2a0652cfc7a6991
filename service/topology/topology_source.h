// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/commands/command_catalog.h"
#include "service/resp/resp_endpoint.h"
#include "service/topology/cluster_topology.h"

namespace slotplanner {

// A node that was asked in vain.
struct NodeProblem {
  RespEndpoint node;
  absl::Status status;  // UNAVAILABLE or INVALID_ARGUMENT; names the node.
};

// What one look at a cluster found. No pointer is null.
struct ClusterReading {
  std::shared_ptr<const ClusterTopology> topology;
  std::shared_ptr<const CommandCatalog> catalog;
  // The cluster has never told its commands: those of Redis 7.0 stand in.
  bool hides_commands = false;
  // Slots that are moving (rule F5), ascending by slot, one a slot.
  std::vector<SlotMigration> migrations = {};
  // How many nodes were asked for their view, those counted that gave none, and
  // how many of them gave `topology` (rule G3). Both 0 when nobody has to be
  // asked.
  int asked_node_count = 0;
  int agreeing_node_count = 0;
  // False when views differ, or when a primary that owns slots could not be
  // asked: something goes on, and a look soon may find more.
  bool is_settled = true;
  // Some nodes do not let us run CLUSTER NODES: config epochs and migrations
  // are not known of all.
  bool hides_migrations = false;
  // Why the password or the TLS files cannot be used as they are now, such as
  // after a rotation that went wrong; else OK. Connections that are open stay
  // so, and new ones are made with the last good TLS files.
  absl::Status access_status = absl::OkStatus();
  // At most 32 nodes asked in vain, although the reading succeeded.
  std::vector<NodeProblem> problems = {};
};

// Where the topology of one cluster comes from. Used by one thread.
class TopologySource {
 public:
  virtual ~TopologySource() = default;

  // Asks the cluster; blocks until `deadline` at the latest (longer only when a
  // name takes longer to resolve). While the topology's version and
  // `hides_commands` stay the same, so do both objects; only commands that
  // could not be read when the version changed come later. UNAVAILABLE when no
  // node can be reached, or only such as know no more than an older topology;
  // INVALID_ARGUMENT when those reached gave no usable reply. The message names
  // endpoints, never credentials.
  virtual absl::StatusOr<ClusterReading> Read(absl::Time deadline) = 0;
};

}  // namespace slotplanner
