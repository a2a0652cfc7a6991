// SPDX-License-Identifier: Apache-2.0
#include "server/cluster_observer.h"

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/log.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

// From one millisecond, a node on the same host, to the default timeout of 5 s
// and beyond.
prometheus::Histogram::BucketBoundaries RefreshBuckets() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
          0.25,  0.5,    1,     2.5,  5,     10};
}

prometheus::Counter& RefreshCounter(prometheus::Registry& registry,
                                    const std::string& cluster,
                                    const std::string& result) {
  return prometheus::BuildCounter()
      .Name("slotplanner_topology_refreshes_total")
      .Help("Looks at the cluster's topology, by result.")
      .Register(registry)
      .Add({{"cluster", cluster}, {"result", result}});
}

prometheus::Gauge& NodeGauge(prometheus::Registry& registry,
                             const std::string& cluster,
                             const std::string& role) {
  return prometheus::BuildGauge()
      .Name("slotplanner_topology_nodes")
      .Help("Nodes in the topology that requests see, by role.")
      .Register(registry)
      .Add({{"cluster", cluster}, {"role", role}});
}

prometheus::Gauge& ClusterGauge(prometheus::Registry& registry,
                                const std::string& cluster,
                                const std::string& name,
                                const std::string& help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(
      {{"cluster", cluster}});
}

}  // namespace

ClusterObserver::Metrics::Metrics(const std::string& cluster,
                                  prometheus::Registry& registry)
    : refreshes_succeeded(RefreshCounter(registry, cluster, "ok")),
      refreshes_failed(RefreshCounter(registry, cluster, "error")),
      refresh_duration(
          prometheus::BuildHistogram()
              .Name("slotplanner_topology_refresh_duration_seconds")
              .Help("Time of one look at the cluster's topology.")
              .Register(registry)
              .Add({{"cluster", cluster}}, RefreshBuckets())),
      last_success(
          ClusterGauge(registry, cluster,
                       "slotplanner_topology_last_success_timestamp_seconds",
                       "When the cluster last confirmed its topology, in Unix "
                       "time; 0 before "
                       "the first time.")),
      changes(prometheus::BuildCounter()
                  .Name("slotplanner_topology_changes_total")
                  .Help("Times that another topology was published, the first "
                        "included.")
                  .Register(registry)
                  .Add({{"cluster", cluster}})),
      shards(ClusterGauge(registry, cluster, "slotplanner_topology_shards",
                          "Shards in the topology that requests see.")),
      primaries(NodeGauge(registry, cluster, "primary")),
      replicas(NodeGauge(registry, cluster, "replica")),
      unassigned_slots(ClusterGauge(
          registry, cluster, "slotplanner_topology_unassigned_slots",
          "Slots without an owner in the topology that requests see.")) {}

ClusterObserver::ClusterObserver(std::string cluster,
                                 prometheus::Registry& metrics,
                                 std::function<void()> on_first_topology)
    : cluster_(std::move(cluster)),
      on_first_topology_(std::move(on_first_topology)),
      metrics_(cluster_, metrics) {}

void ClusterObserver::OnRefreshSucceeded(const ClusterSnapshot& snapshot,
                                         bool changed,
                                         absl::Duration duration) {
  const ClusterTopology& topology = *snapshot.topology;
  size_t replica_count = 0;
  for (const Shard& shard : topology.shards()) {
    replica_count += shard.replicas.size();
  }
  const size_t shard_count = topology.shards().size();

  metrics_.refreshes_succeeded.Increment();
  metrics_.refresh_duration.Observe(absl::ToDoubleSeconds(duration));
  metrics_.last_success.Set(
      absl::ToDoubleSeconds(snapshot.confirm_time - absl::UnixEpoch()));
  metrics_.shards.Set(static_cast<double>(shard_count));
  metrics_.primaries.Set(static_cast<double>(shard_count));
  metrics_.replicas.Set(static_cast<double>(replica_count));
  metrics_.unassigned_slots.Set(topology.unassigned_slot_count());

  if (failures_in_a_row_ > 0) {
    Log(LogLevel::kInfo, "topology_refresh_recovered",
        {{"cluster", cluster_}, {"failures", failures_in_a_row_}});
    failures_in_a_row_ = 0;
  }
  if (changed) {
    metrics_.changes.Increment();
    Log(LogLevel::kInfo,
        has_topology_ ? "topology_changed" : "topology_first_read",
        {{"cluster", cluster_},
         {"topology_version", topology.version()},
         {"shards", shard_count},
         {"replicas", replica_count},
         {"unassigned_slots", topology.unassigned_slot_count()}});
  }
  if (snapshot.hides_commands != hides_commands_) {
    hides_commands_ = snapshot.hides_commands;
    if (hides_commands_) {
      Log(LogLevel::kWarning, "commands_hidden",
          {{"cluster", cluster_},
           {"message",
            "The cluster does not let us run COMMAND; the commands of Redis "
            "7.0 and those declared stand in. Allow +command in its ACL."}});
    } else {
      Log(LogLevel::kInfo, "commands_shown", {{"cluster", cluster_}});
    }
  }
  if (!has_topology_) {
    has_topology_ = true;
    on_first_topology_();
  }
}

void ClusterObserver::OnRefreshFailed(const absl::Status& status,
                                      absl::Duration duration) {
  metrics_.refreshes_failed.Increment();
  metrics_.refresh_duration.Observe(absl::ToDoubleSeconds(duration));
  if (failures_in_a_row_++ == 0) {
    const std::string code = absl::StatusCodeToString(status.code());
    Log(LogLevel::kWarning, "topology_refresh_failed",
        {{"cluster", cluster_},
         {"code", code},
         {"message", ToStd(status.message())}});
  }
}

}  // namespace slotplanner
