// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/cluster_metrics.h"

namespace slotplanner {
namespace {

constexpr const char* kVerdictNames[] = {"single_slot", "any_node", "fan_out",
                                         "split",       "emulated", "refused"};

prometheus::Counter& RefreshRequestCounter(OwnedMetrics& metrics,
                                           const std::string& cluster,
                                           const std::string& cause) {
  return metrics.AddCounter("slotplanner_refresh_requests_total",
                            "Requests of callers to look at the cluster again, "
                            "by cause; many of them cost one refresh.",
                            {{"cluster", cluster}, {"cause", cause}});
}

}  // namespace

ClusterMetrics::ClusterMetrics(const std::string& cluster,
                               prometheus::Registry& registry)
    : cluster_(cluster),
      metrics_(registry),
      outdated_versions_(
          RefreshRequestCounter(metrics_, cluster, "outdated_version")),
      reports_(RefreshRequestCounter(metrics_, cluster, "redirection_report")),
      watchers_(metrics_.AddGauge("slotplanner_topology_watchers",
                                  "WatchTopology calls under way.",
                                  {{"cluster", cluster}})) {
  for (size_t verdict = 0; verdict < kVerdictCount; ++verdict) {
    verdicts_[verdict] = &metrics_.AddCounter(
        "slotplanner_commands_total", "Commands planned, by verdict.",
        {{"cluster", cluster}, {"verdict", kVerdictNames[verdict]}});
  }
}

void ClusterMetrics::CountPlan(const BatchPlan& plan) {
  std::array<int, kVerdictCount> counts = {};
  for (const CommandPlan& command : plan.command_plans) {
    ++counts[static_cast<size_t>(command.verdict) - 1];
  }
  for (size_t verdict = 0; verdict < kVerdictCount; ++verdict) {
    if (counts[verdict] > 0) verdicts_[verdict]->Increment(counts[verdict]);
  }
  for (const CrossSlotCommand& command : plan.cross_slot_commands) {
    CountCrossSlot(command.name, "split", command.split_count);
    CountCrossSlot(command.name, "refused", command.refused_count);
  }
}

void ClusterMetrics::CountCrossSlot(std::string_view command,
                                    std::string_view verdict, int count) {
  if (count == 0) return;
  const std::lock_guard lock(mutex_);
  const auto key = std::pair(std::string(command), std::string(verdict));
  prometheus::Counter*& counter = cross_slot_commands_[key];
  if (counter == nullptr) {
    counter = &metrics_.AddCounter(
        "slotplanner_cross_slot_commands_total",
        "Commands whose keys were in several slots, by name and verdict.",
        {{"cluster", cluster_},
         {"command", key.first},
         {"verdict", key.second}});
  }
  counter->Increment(count);
}

}  // namespace slotplanner
