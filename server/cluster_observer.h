// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "service/topology/topology_refresher.h"

namespace slotplanner {

// Tells what a refresher does: in metrics all of it, in the log the changes of
// state only. Used by one thread.
class ClusterObserver : public RefreshObserver {
 public:
  // Calls `on_first_topology` once, at the first success. `metrics` lives
  // longer.
  ClusterObserver(std::string cluster, prometheus::Registry& metrics,
                  std::function<void()> on_first_topology);

  void OnRefreshSucceeded(const ClusterSnapshot& snapshot, bool changed,
                          absl::Duration duration) override;
  void OnRefreshFailed(const absl::Status& status,
                       absl::Duration duration) override;

 private:
  // The children of this cluster, all present from the start.
  struct Metrics {
    Metrics(const std::string& cluster, prometheus::Registry& registry);

    prometheus::Counter& refreshes_succeeded;
    prometheus::Counter& refreshes_failed;
    prometheus::Histogram& refresh_duration;
    prometheus::Gauge& last_success;
    prometheus::Counter& changes;
    prometheus::Gauge& shards;
    prometheus::Gauge& primaries;
    prometheus::Gauge& replicas;
    prometheus::Gauge& unassigned_slots;
  };

  const std::string cluster_;
  const std::function<void()> on_first_topology_;
  Metrics metrics_;
  bool has_topology_ = false;
  bool hides_commands_ = false;  // In the snapshot that was last heard of.
  int failures_in_a_row_ = 0;
};

}  // namespace slotplanner
