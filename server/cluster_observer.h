// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/rpc/owned_metrics.h"
#include "service/topology/refresh_cycle.h"

namespace slotplanner {

// Tells what a refresher does: in metrics all of it, in the log the changes of
// state only. Used by one thread.
class ClusterObserver : public RefreshObserver {
 public:
  // `metrics` lives longer. Requires: no other one observes that cluster.
  ClusterObserver(std::string cluster, prometheus::Registry& metrics);

  void OnRefreshSucceeded(const RefreshReport& report) override;
  void OnRefreshFailed(const absl::Status& status,
                       absl::Duration duration) override;

 private:
  // Those of this cluster, all present from the start and gone with this.
  struct Metrics {
    Metrics(const std::string& cluster, prometheus::Registry& registry);

    OwnedMetrics owned;
    prometheus::Counter& refreshes_succeeded;
    prometheus::Counter& refreshes_failed;
    prometheus::Histogram& refresh_duration;
    prometheus::Gauge& last_success;
    prometheus::Counter& changes;
    prometheus::Gauge& shards;
    prometheus::Gauge& primaries;
    prometheus::Gauge& replicas;
    prometheus::Gauge& unassigned_slots;
    prometheus::Gauge& migrating_slots;
    prometheus::Gauge& asked_nodes;
    prometheus::Gauge& agreeing_nodes;
    prometheus::Gauge& access_usable;
  };

  // What the log said last about a node.
  struct NodeLog {
    bool says_unusable = false;
    // Of its last node_unusable.
    absl::Time unusable_time = absl::InfinitePast();
  };

  void ShowMetrics(const RefreshReport& report);
  void LogTopology(const RefreshReport& report);
  void LogHiding(const ClusterSnapshot& snapshot);
  void LogAccess(const absl::Status& status);
  // Logs which nodes are unusable since `now`, and which no longer are.
  void LogNodes(const std::vector<NodeProblem>& problems, absl::Time now);

  const std::string cluster_;
  Metrics metrics_;
  bool has_topology_ = false;
  bool hides_commands_ = false;    // In the snapshot that was last heard of.
  bool hides_migrations_ = false;  // Likewise.
  bool is_access_usable_ = true;   // Likewise.
  // By `host:port`. Holds the nodes that are unusable, and those that were
  // within the last minute: at most kMaxLoggedNodes, others go unlogged.
  std::map<std::string, NodeLog> node_logs_;
  int failures_in_a_row_ = 0;
};

}  // namespace slotplanner
