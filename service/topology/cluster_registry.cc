// SPDX-License-Identifier: Apache-2.0
#include "service/topology/cluster_registry.h"

#include <cassert>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "service/topology/refresh_requests.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

ClusterRegistry::ClusterRegistry(const std::vector<std::string>& names) {
  assert(!names.empty());
  for (const std::string& name : names) {
    assert(Find(name) == nullptr);
    Entry& entry = entries_.emplace_back();
    entry.name = name;
    entry.store = std::make_unique<TopologyStore>();
    entry.refresh_requests = std::make_unique<RefreshRequests>();
  }
}

const ClusterRegistry::Entry* ClusterRegistry::Find(
    std::string_view name) const {
  for (const Entry& entry : entries_) {
    if (name.empty() || entry.name == name) return &entry;
  }
  return nullptr;
}

}  // namespace slotplanner
