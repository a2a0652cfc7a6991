// SPDX-License-Identifier: Apache-2.0
#include "server/followed_cluster.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "service/topology/cluster_access.h"
#include "service/topology/topology_source.h"

namespace slotplanner {
namespace {

std::unique_ptr<TopologySource> SourceOf(const ServerOptions& options,
                                         const ClusterOptions& cluster) {
  ClusterAccess access = cluster.access;
  access.max_votes = options.refresh_nodes;
  return MakeTopologySource(cluster.source, access, cluster.declared_commands);
}

TopologyRefresher::Options RefreshOptionsOf(const ServerOptions& options) {
  return {.interval = options.refresh_interval,
          .timeout = options.refresh_timeout,
          .min_interval =
              std::min(options.min_refresh_interval, options.refresh_interval)};
}

}  // namespace

FollowedCluster::FollowedCluster(const ServerOptions& options,
                                 const ClusterOptions& cluster,
                                 std::shared_ptr<ServedCluster> served,
                                 Health* health, prometheus::Registry& metrics)
    : settings_(SettingsOf(options, cluster)),
      served_(std::move(served)),
      observer_(cluster.name, metrics),
      cluster_health_(cluster.name, options.max_topology_age, health,
                      &served_->store, &observer_),
      refresher_(SourceOf(options, cluster), &served_->store,
                 &served_->refresh_requests, &cluster_health_,
                 RefreshOptionsOf(options)) {}

std::string FollowedCluster::SettingsOf(const ServerOptions& options,
                                        const ClusterOptions& cluster) {
  return absl::StrCat(cluster.settings, "\n",
                      absl::FormatDuration(options.refresh_interval), " ",
                      absl::FormatDuration(options.refresh_timeout), " ",
                      absl::FormatDuration(options.min_refresh_interval), " ",
                      absl::FormatDuration(options.max_topology_age), " ",
                      options.refresh_nodes);
}

}  // namespace slotplanner
