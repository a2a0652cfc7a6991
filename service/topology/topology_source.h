// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/commands/command_catalog.h"
#include "service/topology/cluster_topology.h"

namespace slotplanner {

// What one look at a cluster found. No pointer is null.
struct ClusterReading {
  std::shared_ptr<const ClusterTopology> topology;
  std::shared_ptr<const CommandCatalog> catalog;
  // The cluster has never told its commands: those of Redis 7.0 stand in.
  bool hides_commands = false;
};

// Where the topology of one cluster comes from. Used by one thread.
class TopologySource {
 public:
  virtual ~TopologySource() = default;

  // Asks the cluster; blocks until `deadline` at the latest (longer only when a
  // name takes longer to resolve). While the topology's version and
  // `hides_commands` stay the same, so do both objects. UNAVAILABLE when no
  // node can be reached, INVALID_ARGUMENT when those reached gave no usable
  // reply. The message names endpoints, never credentials.
  virtual absl::StatusOr<ClusterReading> Read(absl::Time deadline) = 0;
};

}  // namespace slotplanner
