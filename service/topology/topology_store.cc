// SPDX-License-Identifier: Apache-2.0
#include "service/topology/topology_store.h"

#include <cassert>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace slotplanner {
namespace {

// Whether watchers see a difference. `before` may be null.
bool HasChanged(const ClusterSnapshot* before, const ClusterSnapshot& after) {
  return before == nullptr ||
         before->topology->version() != after.topology->version() ||
         before->migrations != after.migrations ||
         before->catalog != after.catalog;
}

}  // namespace

std::shared_ptr<const ClusterSnapshot> TopologyStore::Current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void TopologyStore::Publish(
    const std::shared_ptr<const ClusterSnapshot>& snapshot) {
  assert(snapshot != nullptr);
  // Freed at the end, outside the locks, unless somebody still uses it.
  std::shared_ptr<const ClusterSnapshot> before = Current();
  const bool has_changed = HasChanged(before.get(), *snapshot);
  std::vector<std::shared_ptr<Watching>> audience;
  {
    const std::lock_guard lock(watchers_mutex_);
    if (has_changed) {
      audience.reserve(watchers_.size());
      for (const auto& [watcher, watching] : watchers_) {
        audience.push_back(watching);
      }
    }
    const std::lock_guard current_lock(mutex_);
    current_ = snapshot;
  }
  for (const std::shared_ptr<Watching>& watching : audience) {
    const std::lock_guard lock(watching->mutex);
    if (watching->watcher != nullptr) watching->watcher->OnTopology(snapshot);
  }
}

void TopologyStore::Watch(TopologyWatcher* watcher) {
  const auto watching = std::make_shared<Watching>();
  // `Publish`, which sees it from the next line on, comes second.
  const std::lock_guard telling(watching->mutex);
  watching->watcher = watcher;
  std::shared_ptr<const ClusterSnapshot> current;
  {
    const std::lock_guard lock(watchers_mutex_);
    [[maybe_unused]] const bool is_new =
        watchers_.emplace(watcher, watching).second;
    assert(is_new);
    current = Current();
  }
  if (current != nullptr) watcher->OnTopology(std::move(current));
}

void TopologyStore::Unwatch(TopologyWatcher* watcher) {
  std::shared_ptr<Watching> watching;
  {
    const std::lock_guard lock(watchers_mutex_);
    const auto found = watchers_.find(watcher);
    if (found == watchers_.end()) return;
    watching = std::move(found->second);
    watchers_.erase(found);
  }
  const std::lock_guard lock(watching->mutex);
  watching->watcher = nullptr;
}

size_t TopologyStore::watcher_count() const {
  const std::lock_guard lock(watchers_mutex_);
  return watchers_.size();
}

}  // namespace slotplanner
