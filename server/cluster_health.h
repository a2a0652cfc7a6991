// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/time/time.h"
#include "server/health.h"
#include "service/topology/refresh_cycle.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

// Tells `Health` about one cluster whenever its refresher did something, and
// passes everything on to another observer. A cluster stops serving when its
// topology is too old to be answered from, and serves again with the next
// refresh that succeeds. Used by one thread.
class ClusterHealth : public RefreshObserver {
 public:
  // `health`, `store` and `next` outlive this.
  ClusterHealth(std::string cluster, absl::Duration max_topology_age,
                Health* health, const TopologyStore* store,
                RefreshObserver* next);

  void OnRefreshSucceeded(const RefreshReport& report) override;
  void OnRefreshFailed(const absl::Status& status,
                       absl::Duration duration) override;

 private:
  const std::string cluster_;
  const absl::Duration max_topology_age_;
  Health* const health_;
  const TopologyStore* const store_;
  RefreshObserver* const next_;
};

}  // namespace slotplanner
