// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <prometheus/registry.h>

#include "server/cluster_health.h"
#include "server/cluster_observer.h"
#include "server/health.h"
#include "server/options.h"
#include "service/rpc/served_cluster.h"
#include "service/topology/topology_refresher.h"

namespace slotplanner {

// A cluster of the configuration, kept up to date as long as this lives. The
// destructor waits for a look at the cluster that is under way. Thread-safe.
class FollowedCluster {
 public:
  // The cluster is one of `options`; `health` tells of it already. `health` and
  // `metrics` live longer. Requires: no other one follows `served`.
  FollowedCluster(const ServerOptions& options, const ClusterOptions& cluster,
                  std::shared_ptr<ServedCluster> served, Health* health,
                  prometheus::Registry& metrics);

  const std::string& name() const { return served_->name; }
  const std::shared_ptr<ServedCluster>& served() const { return served_; }

  // Whether it follows that cluster as `options` say.
  bool Follows(const ServerOptions& options,
               const ClusterOptions& cluster) const {
    return settings_ == SettingsOf(options, cluster);
  }

 private:
  // All that decides how a cluster is followed.
  static std::string SettingsOf(const ServerOptions& options,
                                const ClusterOptions& cluster);

  const std::string settings_;
  const std::shared_ptr<ServedCluster> served_;
  ClusterObserver observer_;
  ClusterHealth cluster_health_;
  TopologyRefresher refresher_;  // Last: its thread uses the fields above.
};

}  // namespace slotplanner
