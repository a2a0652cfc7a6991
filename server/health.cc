// SPDX-License-Identifier: Apache-2.0
#include "server/health.h"

namespace slotplanner {

Health::Health(grpc::HealthCheckServiceInterface* service) : service_(service) {
  // gRPC itself reports the empty name as SERVING from the start.
  service_->SetServingStatus(kApiServiceName, false);
}

void Health::MarkReady() {
  const std::lock_guard lock(mutex_);
  is_ready_ = true;
  service_->SetServingStatus(kApiServiceName, true);  // Void once draining.
}

void Health::MarkDraining() {
  const std::lock_guard lock(mutex_);
  is_draining_ = true;
  service_->Shutdown();  // All names NOT_SERVING, for good.
}

absl::Status Health::Check() const {
  const std::lock_guard lock(mutex_);
  if (is_draining_) return absl::UnavailableError("The server is stopping.");
  if (!is_ready_) {
    return absl::UnavailableError(
        "The topology of the default cluster has not been read yet.");
  }
  return absl::OkStatus();
}

}  // namespace slotplanner
