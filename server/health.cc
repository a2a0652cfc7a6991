// SPDX-License-Identifier: Apache-2.0
#include "server/health.h"

#include <cassert>

#include "absl/strings/str_cat.h"

namespace slotplanner {

namespace {

std::string ServiceNameOf(const std::string& cluster) {
  return absl::StrCat(kApiServiceName, "/", cluster);
}

}  // namespace

Health::Health(HealthService* service, const std::vector<std::string>& clusters)
    : service_(service), default_cluster_(clusters.front()) {
  service_->SetServing(kApiServiceName, false);
  for (const std::string& cluster : clusters) AddCluster(cluster);
}

void Health::AddCluster(const std::string& cluster) {
  const std::lock_guard lock(mutex_);
  if (!is_serving_.emplace(cluster, false).second) return;
  service_->SetServing(ServiceNameOf(cluster), false);
}

void Health::RemoveCluster(const std::string& cluster) {
  const std::lock_guard lock(mutex_);
  assert(cluster != default_cluster_);
  is_serving_.erase(cluster);
  service_->Remove(ServiceNameOf(cluster));
}

void Health::SetDefaultCluster(const std::string& cluster) {
  const std::lock_guard lock(mutex_);
  assert(is_serving_.contains(cluster));
  default_cluster_ = cluster;
  BecomeReadyIfDefaultServes();
}

void Health::SetClusterServing(const std::string& cluster, bool is_serving) {
  const std::lock_guard lock(mutex_);
  const auto told_of = is_serving_.find(cluster);
  if (told_of == is_serving_.end() || told_of->second == is_serving) return;
  told_of->second = is_serving;
  service_->SetServing(ServiceNameOf(cluster), is_serving);
  BecomeReadyIfDefaultServes();
}

void Health::MarkDraining() {
  const std::lock_guard lock(mutex_);
  is_draining_ = true;
  service_->StopServing();
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

void Health::BecomeReadyIfDefaultServes() {
  if (is_ready_ || !is_serving_.at(default_cluster_)) return;
  is_ready_ = true;
  service_->SetServing(kApiServiceName, true);  // Void once draining.
}

}  // namespace slotplanner
