// SPDX-License-Identifier: Apache-2.0
// What was measured, for people and for programs.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace slotplanner {

// Named figures of one contender in one round, in the order of the columns.
// Every round of a scenario has the same names.
using Figures = std::vector<std::pair<std::string, double>>;

// A server that took part in a scenario.
struct ContenderResult {
  std::string name;
  // Others are held against this one: a floor, most of the time.
  bool is_reference = false;
  std::vector<Figures> rounds = {};
};

// A scenario that was run.
struct ScenarioResult {
  std::string name;
  // Keys or commands in one request.
  int64_t items = 0;
  int64_t request_bytes = 0;
  int64_t reply_bytes = 0;
  // Their rounds were run in turns: round i of one is next to round i of all.
  std::vector<ContenderResult> contenders = {};
};

// A table of medians, and for each contender that is no reference the median of
// its ratios to each reference within a round.
std::string ToText(const ScenarioResult& result);

// One JSON object with every round of every scenario, and the machine.
std::string ToJson(const std::vector<ScenarioResult>& results);

}  // namespace slotplanner
