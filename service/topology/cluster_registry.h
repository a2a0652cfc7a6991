// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "service/topology/refresh_requests.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

// The clusters that this process follows, by name. The set is fixed at
// construction; what the entries point at changes. Thread-safe.
class ClusterRegistry {
 public:
  struct Entry {
    std::string name;
    // Never null, as all below.
    std::unique_ptr<TopologyStore> store;
    // Served by the cluster's refresher.
    std::unique_ptr<RefreshRequests> refresh_requests;
  };

  // The first name is the default cluster. Requires: at least one name, no
  // name twice.
  explicit ClusterRegistry(const std::vector<std::string>& names);

  // The cluster of that name, the default cluster for the empty name, or null.
  const Entry* Find(std::string_view name) const;

  // In the order of construction.
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;  // Few; searched in order.
};

}  // namespace slotplanner
