// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <prometheus/registry.h>

#include "service/rpc/cluster_metrics.h"
#include "service/topology/refresh_requests.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

// A cluster that requests may be for: what its refresher writes and requests
// read. It outlives its removal from the configuration until the last call
// that uses it has ended. Owned by shared pointers only. Thread-safe.
struct ServedCluster : std::enable_shared_from_this<ServedCluster> {
  // `registry` lives longer. Requires: no other one of that name lives.
  ServedCluster(std::string cluster_name, prometheus::Registry& registry)
      : name(std::move(cluster_name)), metrics(name, registry) {}

  const std::string name;
  TopologyStore store;
  RefreshRequests refresh_requests;
  ClusterMetrics metrics;
};

}  // namespace slotplanner
