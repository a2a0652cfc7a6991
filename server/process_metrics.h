// SPDX-License-Identifier: Apache-2.0
// What the operating system tells of this process, under the names that the
// client libraries of Prometheus share.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

namespace slotplanner {

// What is exported of /proc/PID/stat, in its units.
struct ProcessStat {
  int64_t cpu_ticks = 0;
  int64_t thread_count = 0;
  int64_t start_ticks = 0;  // Since the machine started.
  int64_t virtual_bytes = 0;
  int64_t resident_pages = 0;
};

// Reads the text of such a file, if it is one.
std::optional<ProcessStat> ParseProcessStat(std::string_view text);

// The time at which the machine started, in Unix seconds, from the text of
// /proc/stat, if it is there.
std::optional<int64_t> ParseBootTime(std::string_view text);

// process_*, the heap, and what the log left out, read when they are collected.
// What the system does not tell is left out. Thread-safe.
class ProcessMetrics final : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override;
};

}  // namespace slotplanner
