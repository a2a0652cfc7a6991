// SPDX-License-Identifier: Apache-2.0
#include "server/health.h"

#include "absl/strings/str_cat.h"

namespace slotplanner {

namespace {

std::string ServiceNameOf(const std::string& cluster) {
  return absl::StrCat(kApiServiceName, "/", cluster);
}

}  // namespace

Health::Health(grpc::HealthCheckServiceInterface* service,
               const std::vector<std::string>& clusters)
    : service_(service), default_cluster_(clusters.front()) {
  // gRPC itself reports the empty name as SERVING from the start.
  service_->SetServingStatus(kApiServiceName, false);
  for (const std::string& cluster : clusters) {
    service_->SetServingStatus(ServiceNameOf(cluster), false);
  }
}

void Health::SetClusterServing(const std::string& cluster, bool is_serving) {
  const std::lock_guard lock(mutex_);
  // All of this is void once draining.
  service_->SetServingStatus(ServiceNameOf(cluster), is_serving);
  if (is_serving && cluster == default_cluster_ && !is_ready_) {
    is_ready_ = true;
    service_->SetServingStatus(kApiServiceName, true);
  }
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
