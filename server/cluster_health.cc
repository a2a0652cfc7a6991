// SPDX-License-Identifier: Apache-2.0
#include "server/cluster_health.h"

#include <utility>

#include "absl/time/clock.h"

namespace slotplanner {

ClusterHealth::ClusterHealth(std::string cluster,
                             absl::Duration max_topology_age, Health* health,
                             const TopologyStore* store, RefreshObserver* next)
    : cluster_(std::move(cluster)),
      max_topology_age_(max_topology_age),
      health_(health),
      store_(store),
      next_(next) {}

void ClusterHealth::OnRefreshSucceeded(const RefreshReport& report) {
  health_->SetClusterServing(cluster_, true);
  next_->OnRefreshSucceeded(report);
}

void ClusterHealth::OnRefreshFailed(const absl::Status& status,
                                    absl::Duration duration) {
  const auto snapshot = store_->Current();
  health_->SetClusterServing(
      cluster_, snapshot != nullptr &&
                    absl::Now() - snapshot->confirm_time <= max_topology_age_);
  next_->OnRefreshFailed(status, duration);
}

}  // namespace slotplanner
