// SPDX-License-Identifier: Apache-2.0
#include "service/commands/key_positions.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <variant>

namespace slotplanner {
namespace {

// Their options decide about keys (special_keys.cc) or about the plan
// (service/planning/command_policy.cc: COPY's DB, SELECT's number, BLOCK). None
// has a value among its arguments.
constexpr std::string_view kReadAll[] = {"copy",    "select", "sort",
                                         "sort_ro", "xread",  "xreadgroup"};

// The positions of STORE and STOREDIST, from which on special_keys.cc looks for
// them.
constexpr int kFirstOptionOfGeoRadius = 5;

// What is read to find the keys of `spec`. Requires: the specification is
// neither unknown nor incomplete.
ReadRange RangeOf(const KeySpec& spec) {
  const auto* begin = std::get_if<BeginSearchIndex>(&spec.begin_search);
  if (begin == nullptr) {
    // Any argument that the search meets may be the keyword, and any behind it
    // a key.
    const auto& keyword = std::get<BeginSearchKeyword>(spec.begin_search);
    return {.first = std::max(keyword.start_from, 1)};
  }
  if (const auto* by_number = std::get_if<FindKeysKeynum>(&spec.find_keys)) {
    return {.first = begin->index + by_number->first_key,
            .step = by_number->key_step,
            .count_arg = begin->index + by_number->keynum_index};
  }
  const auto& range = std::get<FindKeysRange>(spec.find_keys);
  if (range.last_key == -1 && range.limit > 1) {
    // The keys are the first of several equal portions, which no range can say.
    // No command of Redis or Valkey has them without a keyword.
    return {.first = begin->index};
  }
  return {.first = begin->index,
          .last = range.last_key < 0 ? range.last_key
                                     : begin->index + range.last_key,
          .step = range.key_step};
}

std::vector<ReadRange> RangesOf(const std::vector<KeySpec>& specs) {
  std::vector<ReadRange> ranges;
  for (const KeySpec& spec : specs) {
    // Here the planner gives up, whatever the arguments.
    if (spec.incomplete || spec.is_unknown()) break;
    ranges.push_back(RangeOf(spec));
  }
  return ranges;
}

}  // namespace

KeyPositions KeyPositionsOf(const CommandInfo& info) {
  KeyPositions positions{.command = info.name};
  if (!info.subcommands.empty()) {
    positions.is_container = true;
    return positions;
  }
  if (std::find(std::begin(kReadAll), std::end(kReadAll), info.name) !=
      std::end(kReadAll)) {
    positions.reads_all = true;
    return positions;
  }
  if (info.is_movable_keys && info.name == "migrate") {
    positions.reads_all = true;
    positions.hidden = {{.word = "auth", .count = 1, .first = 6},
                        {.word = "auth2", .count = 2, .first = 6},
                        {.word = "keys", .count = 0, .first = 6}};
    return positions;
  }
  if (info.is_movable_keys &&
      (info.name == "georadius" || info.name == "georadiusbymember")) {
    positions.ranges = {{.first = 1, .last = 1},
                        {.first = kFirstOptionOfGeoRadius}};
    return positions;
  }
  positions.ranges = RangesOf(info.key_specs);
  if (info.name == "msetex") {
    for (ReadRange& range : positions.ranges) range.reads_behind = true;
  }
  return positions;
}

std::vector<KeyPositions> KeyPositionsOf(const CommandCatalog& catalog) {
  std::vector<KeyPositions> all;
  for (const CommandInfo& command : catalog.commands()) {
    all.push_back(KeyPositionsOf(command));
    for (const CommandInfo& subcommand : command.subcommands) {
      all.push_back(KeyPositionsOf(subcommand));
    }
  }
  std::sort(all.begin(), all.end(),
            [](const KeyPositions& a, const KeyPositions& b) {
              return a.command < b.command;
            });
  return all;
}

}  // namespace slotplanner
