// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/health_service.h"

namespace slotplanner {

// The name under which gRPC health checks ask whether the API can answer; the
// empty name asks whether the process lives.
inline constexpr char kApiServiceName[] = "slotplanner.v1.SlotPlannerService";

// Whether the server wants calls, told alike to gRPC health checks and to
// /readyz. It wants them once the topology of the cluster that was the default
// one has been read, even if the cluster fails later or another one becomes the
// default, and until it drains: readiness does not flap when a cluster does.
// Beside it, gRPC health checks tell of each cluster under
// `slotplanner.v1.SlotPlannerService/CLUSTER` whether requests for it can be
// answered now. Thread-safe.
class Health {
 public:
  // `service` lives longer. The first cluster is the default cluster; there is
  // at least one.
  Health(HealthService* service, const std::vector<std::string>& clusters);

  // Tells of one cluster more; not serving at first. No effect on one that is
  // told of.
  void AddCluster(const std::string& cluster);

  // Tells of the cluster no more. Requires: its refresher has stopped, and it
  // is not the default cluster.
  void RemoveCluster(const std::string& cluster);

  // Requires: the cluster was added.
  void SetDefaultCluster(const std::string& cluster);

  // The cluster's topology can be answered from, or no more, because it is too
  // old. No effect on a cluster that is not told of.
  void SetClusterServing(const std::string& cluster, bool is_serving);

  // The server is about to stop. For good: nothing makes it ready again.
  void MarkDraining();

  // OK when the server wants calls, else the reason in one line.
  absl::Status Check() const;

 private:
  // Requires: mutex_ is held.
  void BecomeReadyIfDefaultServes();

  HealthService* const service_;
  mutable std::mutex mutex_;
  std::map<std::string, bool> is_serving_;  // By cluster. Guarded by mutex_.
  std::string default_cluster_;             // Guarded by mutex_.
  bool is_ready_ = false;                   // Guarded by mutex_.
  bool is_draining_ = false;                // Guarded by mutex_.
};

}  // namespace slotplanner
