// SPDX-License-Identifier: Apache-2.0
#include "server/cluster_observer.h"

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "server/log.h"
#include "service/base/strings.h"
#include "service/resp/resp_endpoint.h"
#include "service/topology/refresh_cycle.h"

namespace slotplanner {
namespace {

// The log says that a node is unusable no more often than this.
constexpr absl::Duration kMinNodeLogInterval = absl::Minutes(1);

// The largest cluster that Redis recommends, from the cluster specification,
// "Main properties and rationales of the design". About 100 bytes each.
constexpr size_t kMaxLoggedNodes = 1000;

// From one millisecond, a node on the same host, to the default timeout of 5 s
// and beyond.
prometheus::Histogram::BucketBoundaries RefreshBuckets() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
          0.25,  0.5,    1,     2.5,  5,     10};
}

prometheus::Counter& RefreshCounter(OwnedMetrics& metrics,
                                    const std::string& cluster,
                                    const std::string& result) {
  return metrics.AddCounter("slotplanner_topology_refreshes_total",
                            "Looks at the cluster's topology, by result.",
                            {{"cluster", cluster}, {"result", result}});
}

prometheus::Gauge& NodeGauge(OwnedMetrics& metrics, const std::string& cluster,
                             const std::string& role) {
  return metrics.AddGauge("slotplanner_topology_nodes",
                          "Nodes in the topology that requests see, by role.",
                          {{"cluster", cluster}, {"role", role}});
}

prometheus::Gauge& ClusterGauge(OwnedMetrics& metrics,
                                const std::string& cluster,
                                const std::string& name,
                                const std::string& help) {
  return metrics.AddGauge(name, help, {{"cluster", cluster}});
}

size_t CountReplicas(const ClusterTopology& topology) {
  size_t count = 0;
  for (const Shard& shard : topology.shards()) count += shard.replicas.size();
  return count;
}

}  // namespace

ClusterObserver::Metrics::Metrics(const std::string& cluster,
                                  prometheus::Registry& registry)
    : owned(registry),
      refreshes_succeeded(RefreshCounter(owned, cluster, "ok")),
      refreshes_failed(RefreshCounter(owned, cluster, "error")),
      refresh_duration(
          owned.AddHistogram("slotplanner_topology_refresh_duration_seconds",
                             "Time of one look at the cluster's topology.",
                             {{"cluster", cluster}}, RefreshBuckets())),
      last_success(ClusterGauge(
          owned, cluster, "slotplanner_topology_last_success_timestamp_seconds",
          "When the cluster last confirmed its topology, in Unix "
          "time; 0 before "
          "the first time.")),
      changes(owned.AddCounter(
          "slotplanner_topology_changes_total",
          "Times that another topology was published, the first included.",
          {{"cluster", cluster}})),
      shards(ClusterGauge(owned, cluster, "slotplanner_topology_shards",
                          "Shards in the topology that requests see.")),
      primaries(NodeGauge(owned, cluster, "primary")),
      replicas(NodeGauge(owned, cluster, "replica")),
      unassigned_slots(ClusterGauge(
          owned, cluster, "slotplanner_topology_unassigned_slots",
          "Slots without an owner in the topology that requests see.")),
      migrating_slots(
          ClusterGauge(owned, cluster, "slotplanner_topology_migrating_slots",
                       "Slots that are moving from one node to another.")),
      asked_nodes(ClusterGauge(
          owned, cluster, "slotplanner_topology_asked_nodes",
          "Nodes that were asked for their view of the cluster, last time.")),
      agreeing_nodes(
          ClusterGauge(owned, cluster, "slotplanner_topology_agreeing_nodes",
                       "Nodes whose view is the topology that requests see.")),
      access_usable(ClusterGauge(
          owned, cluster, "slotplanner_topology_access_usable",
          "1 while the password file and the TLS files of the links to the "
          "nodes can be used, else 0.")) {
  access_usable.Set(1);
}

ClusterObserver::ClusterObserver(std::string cluster,
                                 prometheus::Registry& metrics)
    : cluster_(std::move(cluster)), metrics_(cluster_, metrics) {}

void ClusterObserver::OnRefreshSucceeded(const RefreshReport& report) {
  ShowMetrics(report);
  if (failures_in_a_row_ > 0) {
    Log(LogLevel::kInfo, "topology_refresh_recovered",
        {{"cluster", cluster_}, {"failures", failures_in_a_row_}});
    failures_in_a_row_ = 0;
  }
  if (report.has_new_topology) LogTopology(report);
  LogHiding(*report.snapshot);
  LogAccess(report.access_status);
  LogNodes(report.problems, report.snapshot->confirm_time);
  has_topology_ = true;
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

void ClusterObserver::ShowMetrics(const RefreshReport& report) {
  const ClusterSnapshot& snapshot = *report.snapshot;
  const ClusterTopology& topology = *snapshot.topology;
  const auto shard_count = static_cast<double>(topology.shards().size());
  metrics_.refreshes_succeeded.Increment();
  metrics_.refresh_duration.Observe(absl::ToDoubleSeconds(report.duration));
  metrics_.last_success.Set(
      absl::ToDoubleSeconds(snapshot.confirm_time - absl::UnixEpoch()));
  if (report.has_new_topology) metrics_.changes.Increment();
  metrics_.shards.Set(shard_count);
  metrics_.primaries.Set(shard_count);
  metrics_.replicas.Set(static_cast<double>(CountReplicas(topology)));
  metrics_.unassigned_slots.Set(topology.unassigned_slot_count());
  metrics_.migrating_slots.Set(static_cast<double>(snapshot.migrations.size()));
  metrics_.asked_nodes.Set(snapshot.asked_node_count);
  metrics_.agreeing_nodes.Set(snapshot.agreeing_node_count);
}

void ClusterObserver::LogTopology(const RefreshReport& report) {
  const ClusterTopology& topology = *report.snapshot->topology;
  Log(LogLevel::kInfo,
      has_topology_ ? "topology_changed" : "topology_first_read",
      {{"cluster", cluster_},
       {"topology_version", topology.version()},
       {"shards", topology.shards().size()},
       {"replicas", CountReplicas(topology)},
       {"unassigned_slots", topology.unassigned_slot_count()},
       {"asked_nodes", report.snapshot->asked_node_count},
       {"agreeing_nodes", report.snapshot->agreeing_node_count}});
}

void ClusterObserver::LogHiding(const ClusterSnapshot& snapshot) {
  const auto log_flip =
      [this](bool is_hidden, bool& was_hidden, std::string_view hidden_event,
             std::string_view shown_event, std::string_view advice) {
        if (is_hidden == was_hidden) return;
        was_hidden = is_hidden;
        if (is_hidden) {
          Log(LogLevel::kWarning, hidden_event,
              {{"cluster", cluster_}, {"message", advice}});
        } else {
          Log(LogLevel::kInfo, shown_event, {{"cluster", cluster_}});
        }
      };
  log_flip(snapshot.hides_commands, hides_commands_, "commands_hidden",
           "commands_shown",
           "The cluster does not let us run COMMAND; the commands of Redis 7.0 "
           "and those declared stand in. Allow +command in its ACL.");
  log_flip(snapshot.hides_migrations, hides_migrations_, "migrations_hidden",
           "migrations_shown",
           "The cluster does not let us run CLUSTER NODES; plans may not know "
           "of slots that are moving. Allow +cluster|nodes in its ACL.");
}

void ClusterObserver::LogAccess(const absl::Status& status) {
  if (status.ok() == is_access_usable_) return;
  is_access_usable_ = status.ok();
  metrics_.access_usable.Set(is_access_usable_ ? 1 : 0);
  if (is_access_usable_) {
    Log(LogLevel::kInfo, "access_usable", {{"cluster", cluster_}});
  } else {
    Log(LogLevel::kWarning, "access_unusable",
        {{"cluster", cluster_}, {"message", ToStd(status.message())}});
  }
}

void ClusterObserver::LogNodes(const std::vector<NodeProblem>& problems,
                               absl::Time now) {
  std::set<std::string> unusable;
  for (const NodeProblem& problem : problems) {
    const std::string node = ToString(problem.node);
    if (!unusable.insert(node).second) continue;
    if (node_logs_.size() >= kMaxLoggedNodes && !node_logs_.contains(node)) {
      continue;
    }
    NodeLog& said = node_logs_[node];
    if (said.says_unusable || now - said.unusable_time < kMinNodeLogInterval) {
      continue;
    }
    said = {.says_unusable = true, .unusable_time = now};
    Log(LogLevel::kWarning, "node_unusable",
        {{"cluster", cluster_},
         {"node", node},
         {"message", ToStd(problem.status.message())}});
  }
  for (auto& [node, said] : node_logs_) {
    if (!said.says_unusable || unusable.contains(node)) continue;
    said.says_unusable = false;
    Log(LogLevel::kInfo, "node_usable",
        {{"cluster", cluster_}, {"node", node}});
  }
  std::erase_if(node_logs_, [&](const auto& entry) {
    return !entry.second.says_unusable &&
           now - entry.second.unusable_time >= kMinNodeLogInterval;
  });
}

}  // namespace slotplanner
