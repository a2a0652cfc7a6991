// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "service/commands/command_catalog.h"

namespace slotplanner {

// The arguments of one command, the name first. Views into bytes of the caller.
using CommandArgs = std::span<const std::string_view>;

// Arguments that are keys: positions first, first + step, ..., `count` of them.
// With a step above 1 the arguments between belong to the key before them.
struct KeyRange {
  int first = 0;
  int count = 0;  // At least 1.
  int step = 1;   // At least 1.
  // Position of the argument that says how many keys there are, if one does.
  std::optional<int> count_arg = {};

  int PositionOf(int key) const { return first + key * step; }
  friend bool operator==(const KeyRange&, const KeyRange&) = default;
};

// A command of the catalog, with the arguments by which it is routed.
struct ParsedCommand {
  // The command, or the subcommand if it has one. Points into the catalog.
  const CommandInfo* info = nullptr;
  // The keys, and the shard channels that are routed like keys (rule B8), in
  // the order of the key specifications. Empty: the command has no keys.
  absl::InlinedVector<KeyRange, 2> key_ranges = {};
  // Positions of SORT's patterns that the server expands to keys (rule B6).
  std::vector<int> pattern_args = {};
};

// Why a command is none.
struct CommandError {
  enum class Kind {
    kUnknownCommand,  // No such command or subcommand.
    kWrongArity,      // Wrong number of arguments.
    kSyntax,          // The arguments do not parse.
    kUnknownKeys,     // The catalog does not tell where the keys are.
  };
  Kind kind;
  // For people, one sentence. Holds no bytes of the arguments.
  std::string message;
};

// The command or subcommand of `catalog` that `args` begins with.
std::variant<const CommandInfo*, CommandError> FindCommand(
    const CommandCatalog& catalog, CommandArgs args);

// Finds the keys of `args` by the key specifications of `info` (rules B3 to
// B9). No argument is read outside `args`, whatever it holds. O(number of
// arguments). Requires: `args` begins with the name of `info`.
std::variant<ParsedCommand, CommandError> FindKeys(const CommandInfo& info,
                                                   CommandArgs args);

// Both: the command of `args` and its keys (rules B1 to B9).
std::variant<ParsedCommand, CommandError> ParseCommand(
    const CommandCatalog& catalog, CommandArgs args);

}  // namespace slotplanner
