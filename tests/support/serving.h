// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <prometheus/registry.h>

#include "service/rpc/call_gate.h"
#include "service/rpc/serving_state.h"
#include "service/rpc/topology_watches.h"

namespace slotplanner {

// All that the services need, around clusters that a test fills.
struct Serving {
  // `settings`: without clusters; one of each name is added.
  explicit Serving(const std::vector<std::string>& cluster_names,
                   ServingState settings = {})
      : state(WithClusters(cluster_names, std::move(settings), metrics)) {}

  // Requires: it is there. The empty name is that of the default one.
  ServedCluster& cluster(const std::string& name = "") const {
    return *state.Get()->FindCluster(name);
  }

  static ServingState WithClusters(const std::vector<std::string>& names,
                                   ServingState settings,
                                   prometheus::Registry& registry) {
    for (const std::string& name : names) {
      settings.clusters.push_back(
          std::make_shared<ServedCluster>(name, registry));
    }
    return settings;
  }

  prometheus::Registry metrics;
  CurrentServingState state;
  CallGate gate{&state, /*worker_threads=*/2, /*log=*/nullptr, metrics};
  TopologyWatches watches{gate, metrics};
};

}  // namespace slotplanner
