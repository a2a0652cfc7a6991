// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/container/flat_hash_map.h"
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
  // No cluster need have this topology, and `confirm_time` means nothing.
  bool is_hypothetical = false;
  // As in `ClusterReading`, all below.
  bool hides_commands = false;
  int asked_node_count = 0;
  int agreeing_node_count = 0;
  bool hides_migrations = false;
};

// Hears of the changes in a store, in their order: whenever the topology's
// version, the migrations or the catalog are others than before. That the
// cluster confirmed what was known is no change.
class TopologyWatcher {
 public:
  virtual ~TopologyWatcher() = default;

  // `snapshot` is the newest; never null. Called on the threads of `Publish`
  // and `Watch`, one call at a time for each watcher; must return soon, and
  // must not call `Watch` or `Unwatch`.
  virtual void OnTopology(std::shared_ptr<const ClusterSnapshot> snapshot) = 0;
};

// Holds the newest snapshot of one cluster, and tells watchers when it changes.
// Thread-safe.
class TopologyStore {
 public:
  // The newest snapshot, or null before the first `Publish`. Take it once per
  // request: two calls may return different snapshots. One lock and one
  // reference count; never waits for watchers.
  std::shared_ptr<const ClusterSnapshot> Current() const;

  // Makes `snapshot` the newest, then tells the watchers if something changed.
  // Requires: not null, and no other call of `Publish` meanwhile.
  void Publish(const std::shared_ptr<const ClusterSnapshot>& snapshot);

  // From now on `watcher` hears of every change, and within this call of the
  // newest snapshot if there is one. It misses none and hears none twice.
  // Requires: it lives until `Unwatch` returns, and does not watch already.
  void Watch(TopologyWatcher* watcher);

  // `watcher` hears nothing from here on: a call to it that is under way on
  // another thread is waited for, calls to other watchers are not. No effect on
  // one that does not watch.
  void Unwatch(TopologyWatcher* watcher);

  // How many watch now.
  size_t watcher_count() const;

 private:
  // One watcher. Outlives its `Unwatch` as long as `Publish` looks at it.
  struct Watching {
    std::mutex mutex;          // Held during each call to the watcher.
    TopologyWatcher* watcher;  // Guarded by mutex; null when it has left.
  };

  mutable std::mutex mutex_;
  std::shared_ptr<const ClusterSnapshot> current_;  // Guarded by mutex_.

  // Held also while `current_` is replaced, so that a new watcher either hears
  // of a snapshot from `Watch`, or is among those whom `Publish` tells. Taken
  // after a `Watching::mutex` and before `mutex_`.
  mutable std::mutex watchers_mutex_;
  // Guarded by watchers_mutex_.
  absl::flat_hash_map<TopologyWatcher*, std::shared_ptr<Watching>> watchers_;
};

}  // namespace slotplanner
