// SPDX-License-Identifier: Apache-2.0
#include "service/topology/topology_store.h"

#include <cassert>
#include <memory>
#include <mutex>
#include <utility>

namespace slotplanner {

std::shared_ptr<const ClusterSnapshot> TopologyStore::Current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void TopologyStore::Publish(std::shared_ptr<const ClusterSnapshot> snapshot) {
  assert(snapshot != nullptr);
  {
    const std::lock_guard lock(mutex_);
    current_.swap(snapshot);
  }
  // Whoever held the old snapshot last frees it, here outside the lock.
}

}  // namespace slotplanner
