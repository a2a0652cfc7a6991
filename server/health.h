// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include <grpcpp/health_check_service_interface.h>

#include "absl/status/status.h"

namespace slotplanner {

// The name under which gRPC health checks ask whether the API can answer; the
// empty name asks whether the process lives.
inline constexpr char kApiServiceName[] = "slotplanner.v1.SlotPlannerService";

// Whether the server wants calls, told alike to gRPC health checks and to
// /readyz. It wants them once the default cluster's topology has been read,
// even if the cluster fails later, and until it drains: readiness does not flap
// when a cluster does. Beside it, gRPC health checks tell of each cluster under
// `slotplanner.v1.SlotPlannerService/CLUSTER` whether requests for it can be
// answered now. Thread-safe.
class Health {
 public:
  // `service` lives longer. The first cluster is the default cluster; there is
  // at least one.
  Health(grpc::HealthCheckServiceInterface* service,
         const std::vector<std::string>& clusters);

  // The cluster's topology can be answered from, or no more, because it is too
  // old.
  void SetClusterServing(const std::string& cluster, bool is_serving);

  // The server is about to stop. For good: nothing makes it ready again.
  void MarkDraining();

  // OK when the server wants calls, else the reason in one line.
  absl::Status Check() const;

 private:
  grpc::HealthCheckServiceInterface* const service_;
  const std::string default_cluster_;
  mutable std::mutex mutex_;
  bool is_ready_ = false;     // Guarded by mutex_.
  bool is_draining_ = false;  // Guarded by mutex_.
};

}  // namespace slotplanner
