// SPDX-License-Identifier: Apache-2.0
#include "bench/load/results.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <string_view>
#include <thread>

#include <sys/utsname.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

double Median(std::vector<double> values) {
  const auto middle =
      values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// The figure `column` of every round.
std::vector<double> Column(const ContenderResult& contender, size_t column) {
  std::vector<double> values;
  for (const Figures& figures : contender.rounds) {
    values.push_back(figures[column].second);
  }
  return values;
}

// The median of the ratios within each round, and the smallest and largest.
std::string RatioText(const std::vector<double>& values,
                      const std::vector<double>& reference) {
  std::vector<double> ratios;
  for (size_t i = 0; i < values.size(); ++i) {
    ratios.push_back(values[i] / reference[i]);
  }
  const double median = Median(ratios);
  return std::isfinite(median) ? absl::StrFormat("x %.3f", median) : "-";
}

// The model of the processor, as Linux tells it on x86-64.
std::string ProcessorModel() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

// Names and models here hold nothing that JSON would have to escape.
std::string Quoted(std::string_view text) {
  return absl::StrCat("\"", ToAbsl(text), "\"");
}

std::string MachineJson() {
  utsname system = {};
  uname(&system);
  return absl::StrCat("{\"processor\": ", Quoted(ProcessorModel()),
                      ", \"processors\": ", std::thread::hardware_concurrency(),
                      ", \"kernel\": ",
                      Quoted(absl::StrCat(system.sysname, " ", system.release,
                                          " ", system.machine)),
                      ", \"time\": ",
                      Quoted(absl::FormatTime("%Y-%m-%d %H:%M UTC", absl::Now(),
                                              absl::UTCTimeZone())),
                      "}");
}

std::string ContenderJson(const ContenderResult& contender) {
  std::vector<std::string> columns;
  for (size_t i = 0; i < contender.rounds.front().size(); ++i) {
    columns.push_back(
        absl::StrCat(Quoted(contender.rounds.front()[i].first), ": [",
                     absl::StrJoin(Column(contender, i), ", "), "]"));
  }
  return absl::StrCat(
      "    {\"name\": ", Quoted(contender.name),
      ", \"is_reference\": ", contender.is_reference ? "true" : "false",
      ", \"rounds\": {", absl::StrJoin(columns, ", "), "}}");
}

std::string ScenarioJson(const ScenarioResult& result) {
  std::vector<std::string> contenders;
  for (const ContenderResult& contender : result.contenders) {
    contenders.push_back(ContenderJson(contender));
  }
  return absl::StrCat(
      "  {\"name\": ", Quoted(result.name), ", \"items\": ", result.items,
      ", \"request_bytes\": ", result.request_bytes,
      ", \"reply_bytes\": ", result.reply_bytes, ", \"contenders\": [\n",
      absl::StrJoin(contenders, ",\n"), "]}");
}

}  // namespace

std::string ToText(const ScenarioResult& result) {
  std::string text = absl::StrFormat(
      "%s: %d items, request of %d bytes, reply of %d bytes, %d rounds\n",
      result.name, result.items, result.request_bytes, result.reply_bytes,
      result.contenders.front().rounds.size());
  const Figures& header = result.contenders.front().rounds.front();
  absl::StrAppendFormat(&text, "  %-32s", "");
  for (const auto& [name, unused] : header) {
    absl::StrAppendFormat(&text, " %16s", name);
  }
  text += '\n';
  for (const ContenderResult& contender : result.contenders) {
    absl::StrAppendFormat(&text, "  %-32s", contender.name);
    for (size_t i = 0; i < header.size(); ++i) {
      absl::StrAppendFormat(&text, " %16.2f", Median(Column(contender, i)));
    }
    text += '\n';
    if (contender.is_reference) continue;
    for (const ContenderResult& reference : result.contenders) {
      if (!reference.is_reference) continue;
      absl::StrAppendFormat(&text, "    / %-28s", reference.name);
      for (size_t i = 0; i < header.size(); ++i) {
        absl::StrAppendFormat(
            &text, " %16s",
            RatioText(Column(contender, i), Column(reference, i)));
      }
      text += '\n';
    }
  }
  return text;
}

std::string ToJson(const std::vector<ScenarioResult>& results) {
  std::vector<std::string> scenarios;
  for (const ScenarioResult& result : results) {
    scenarios.push_back(ScenarioJson(result));
  }
  return absl::StrCat("{\"machine\": ", MachineJson(), ",\n \"scenarios\": [\n",
                      absl::StrJoin(scenarios, ",\n"), "]}\n");
}

}  // namespace slotplanner
