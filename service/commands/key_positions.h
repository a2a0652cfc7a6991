// SPDX-License-Identifier: Apache-2.0
// Which arguments a plan depends on, as plain data. Each item stands for the
// message of the same name in proto/slotplanner/v1/topology_service.proto,
// where its meaning is written; here a range is called `ReadRange`, since a
// `KeyRange` is one of a command at hand.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/commands/command_catalog.h"

namespace slotplanner {

struct ReadRange {
  int first = 1;
  int last = -1;
  int step = 1;
  std::optional<int> count_arg = {};
  bool reads_behind = false;

  friend bool operator==(const ReadRange&, const ReadRange&) = default;
};

struct HiddenArguments {
  std::string_view word;  // A literal.
  int count = 0;
  int first = 1;

  friend bool operator==(const HiddenArguments&,
                         const HiddenArguments&) = default;
};

struct KeyPositions {
  std::string_view command;  // As `CommandInfo::name`, where it points.
  bool is_container = false;
  bool reads_all = false;
  std::vector<ReadRange> ranges = {};
  std::vector<HiddenArguments> hidden = {};

  friend bool operator==(const KeyPositions&, const KeyPositions&) = default;
};

// Which arguments of `info`, a command or a subcommand, are read to plan it.
KeyPositions KeyPositionsOf(const CommandInfo& info);

// The same of all commands and subcommands, ascending by name. Points into
// `catalog`. O(number of commands).
std::vector<KeyPositions> KeyPositionsOf(const CommandCatalog& catalog);

}  // namespace slotplanner
