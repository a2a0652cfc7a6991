// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "service/planning/batch_plan.h"
#include "service/rpc/owned_metrics.h"

namespace slotplanner {

// What calls for one cluster are like. Thread-safe.
class ClusterMetrics {
 public:
  // `registry` lives longer. Requires: no other ones of that cluster live.
  ClusterMetrics(const std::string& cluster, prometheus::Registry& registry);

  // The commands of one plan, by verdict, and those among them whose keys are
  // in several slots, by name.
  void CountPlan(const BatchPlan& plan);

  // A request names the current topology as out of date.
  void CountOutdatedVersion() { outdated_versions_.Increment(); }

  // A report of a redirection that tells something new.
  void CountReport() { reports_.Increment(); }

  // How many watch.
  prometheus::Gauge& watchers() { return watchers_; }

 private:
  static constexpr size_t kVerdictCount = 6;

  void CountCrossSlot(std::string_view command, std::string_view verdict,
                      int count);

  const std::string cluster_;
  std::mutex mutex_;
  OwnedMetrics metrics_;  // Guarded by mutex_ once constructed.
  std::array<prometheus::Counter*, kVerdictCount> verdicts_;  // Verdict - 1.
  prometheus::Counter& outdated_versions_;
  prometheus::Counter& reports_;
  prometheus::Gauge& watchers_;
  // By command and verdict: no more than the catalogs have names. Guarded by
  // mutex_.
  std::map<std::pair<std::string, std::string>, prometheus::Counter*>
      cross_slot_commands_;
};

}  // namespace slotplanner
