// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "absl/time/time.h"
#include "service/commands/command_catalog.h"
#include "service/topology/cluster_topology.h"

namespace slotplanner {

// All that a request needs to know about a cluster, from one moment. Immutable.
struct ClusterSnapshot {
  // Never null.
  std::shared_ptr<const ClusterTopology> topology;
  // The commands of the cluster's nodes. Never null.
  std::shared_ptr<const CommandCatalog> catalog;
  // When the cluster last confirmed the topology.
  absl::Time confirm_time;
  // Slots that are moving, ascending by slot.
  std::vector<SlotMigration> migrations = {};
  // As in `ClusterReading`.
  bool hides_commands = false;
};

// Holds the newest snapshot of one cluster. Thread-safe.
class TopologyStore {
 public:
  // The newest snapshot, or null before the first `Publish`. Take it once per
  // request: two calls may return different snapshots. One lock and one
  // reference count.
  std::shared_ptr<const ClusterSnapshot> Current() const;

  // Makes `snapshot` the newest. Requires: not null.
  void Publish(std::shared_ptr<const ClusterSnapshot> snapshot);

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const ClusterSnapshot> current_;  // Guarded by mutex_.
};

}  // namespace slotplanner
