// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>

#include <grpcpp/health_check_service_interface.h>

#include "absl/status/status.h"

namespace slotplanner {

// The name under which gRPC health checks ask whether the API can answer; the
// empty name asks whether the process lives.
inline constexpr char kApiServiceName[] = "slotplanner.v1.SlotPlannerService";

// Whether the server wants calls, told alike to gRPC health checks and to
// /readyz. It wants them once the default cluster's topology has been read,
// even if the cluster fails later, and until it drains. Thread-safe.
class Health {
 public:
  // `service` lives longer.
  explicit Health(grpc::HealthCheckServiceInterface* service);

  // The default cluster's topology has been read.
  void MarkReady();

  // The server is about to stop. For good: nothing makes it ready again.
  void MarkDraining();

  // OK when the server wants calls, else the reason in one line.
  absl::Status Check() const;

 private:
  grpc::HealthCheckServiceInterface* const service_;
  mutable std::mutex mutex_;
  bool is_ready_ = false;     // Guarded by mutex_.
  bool is_draining_ = false;  // Guarded by mutex_.
};

}  // namespace slotplanner
