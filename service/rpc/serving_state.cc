// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/serving_state.h"

#include <utility>

namespace slotplanner {

ServedCluster* ServingState::FindCluster(std::string_view name) const {
  for (const auto& cluster : clusters) {
    if (name.empty() || cluster->name == name) return cluster.get();
  }
  return nullptr;
}

CurrentServingState::CurrentServingState(ServingState state)
    : state_(std::make_shared<const ServingState>(std::move(state))) {}

std::shared_ptr<const ServingState> CurrentServingState::Get() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void CurrentServingState::Replace(ServingState state) {
  auto next = std::make_shared<const ServingState>(std::move(state));
  // The old one ends with `next` behind the lock, or with its last call.
  const std::lock_guard lock(mutex_);
  state_.swap(next);
}

}  // namespace slotplanner
