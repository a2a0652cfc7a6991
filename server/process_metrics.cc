// SPDX-License-Identifier: Apache-2.0
#include "server/process_metrics.h"

#include <cstddef>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <dirent.h>
#include <prometheus/metric_type.h>
#include <sys/resource.h>
#include <unistd.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/heap.h"
#include "server/log.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

// Empty if it cannot be read.
std::string ReadFile(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// How many descriptors are open, the one apart with which this counts. Reads
// names only: a server has as many as connections.
std::optional<int64_t> CountOpenFiles() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/fd"),
                                                   &closedir);
  if (folder == nullptr) return std::nullopt;
  int64_t count = -1;
  while (const dirent* entry = readdir(folder.get())) {
    if (entry->d_name[0] != '.') ++count;
  }
  return count;
}

std::optional<double> MaxOpenFiles() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return static_cast<double>(limit.rlim_cur);
}

MetricFamily MakeFamily(std::string name, std::string help, MetricType type,
                        double value) {
  MetricFamily family{.name = std::move(name),
                      .help = std::move(help),
                      .type = type,
                      .metric = std::vector<prometheus::ClientMetric>(1)};
  family.metric[0].counter.value = value;
  family.metric[0].gauge.value = value;
  return family;
}

void AddStat(const ProcessStat& stat, std::optional<int64_t> boot_time,
             std::vector<MetricFamily>& families) {
  const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto page_bytes = static_cast<double>(sysconf(_SC_PAGESIZE));
  families.push_back(MakeFamily(
      "process_cpu_seconds_total",
      "Processor time that the process used, in seconds.", MetricType::Counter,
      static_cast<double>(stat.cpu_ticks) / ticks_per_second));
  families.push_back(MakeFamily(
      "process_resident_memory_bytes",
      "Memory of the process that is in RAM, in bytes.", MetricType::Gauge,
      static_cast<double>(stat.resident_pages) * page_bytes));
  families.push_back(MakeFamily("process_virtual_memory_bytes",
                                "Addresses that the process has, in bytes.",
                                MetricType::Gauge,
                                static_cast<double>(stat.virtual_bytes)));
  families.push_back(MakeFamily("process_threads", "Threads of the process.",
                                MetricType::Gauge,
                                static_cast<double>(stat.thread_count)));
  if (!boot_time) return;
  families.push_back(
      MakeFamily("process_start_time_seconds",
                 "When the process started, in Unix time.", MetricType::Gauge,
                 static_cast<double>(*boot_time) +
                     static_cast<double>(stat.start_ticks) / ticks_per_second));
}

}  // namespace

std::optional<ProcessStat> ParseProcessStat(std::string_view text) {
  // The second field is the program's name in parentheses, which may hold any
  // byte; numbers and one letter follow. Fields are numbered as in proc(5).
  constexpr size_t kFirstField = 3;
  constexpr size_t kLastField = 24;
  const size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  const std::vector<absl::string_view> fields = absl::StrSplit(
      ToAbsl(text.substr(name_end + 1)), ' ', absl::SkipWhitespace());
  if (fields.size() <= kLastField - kFirstField) return std::nullopt;
  bool is_valid = true;
  const auto number = [&](size_t field) {
    int64_t value = 0;
    is_valid &= absl::SimpleAtoi(fields[field - kFirstField], &value);
    return value;
  };
  const ProcessStat stat = {.cpu_ticks = number(14) + number(15),
                            .thread_count = number(20),
                            .start_ticks = number(22),
                            .virtual_bytes = number(23),
                            .resident_pages = number(kLastField)};
  if (!is_valid) return std::nullopt;
  return stat;
}

std::optional<int64_t> ParseBootTime(std::string_view text) {
  for (absl::string_view line : absl::StrSplit(ToAbsl(text), '\n')) {
    if (!absl::ConsumePrefix(&line, "btime ")) continue;
    int64_t seconds = 0;
    if (absl::SimpleAtoi(line, &seconds)) return seconds;
  }
  return std::nullopt;
}

std::vector<MetricFamily> ProcessMetrics::Collect() const {
  std::vector<MetricFamily> families;
  if (const auto stat = ParseProcessStat(ReadFile("/proc/self/stat"))) {
    AddStat(*stat, ParseBootTime(ReadFile("/proc/stat")), families);
  }
  if (const auto count = CountOpenFiles()) {
    families.push_back(MakeFamily("process_open_fds", "Open file descriptors.",
                                  MetricType::Gauge,
                                  static_cast<double>(*count)));
  }
  if (const auto most = MaxOpenFiles()) {
    families.push_back(MakeFamily("process_max_fds",
                                  "Most file descriptors that may be open.",
                                  MetricType::Gauge, *most));
  }
  if (const auto heap = CurrentHeap()) {
    families.push_back(MakeFamily(
        "slotplanner_heap_used_bytes", "Memory that malloc has handed out.",
        MetricType::Gauge, static_cast<double>(heap->used)));
    families.push_back(MakeFamily(
        "slotplanner_heap_free_bytes",
        "Memory that malloc keeps for the next requests, in RAM or not.",
        MetricType::Gauge, static_cast<double>(heap->free)));
  }
  families.push_back(MakeFamily(
      "slotplanner_suppressed_log_lines_total",
      "Lines that the log left out because too many came.", MetricType::Counter,
      static_cast<double>(SuppressedLogLineCount())));
  return families;
}

}  // namespace slotplanner
