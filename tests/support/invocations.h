// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "service/commands/command_catalog.h"

namespace slotplanner {

// A made-up call of a command, with the positions of its keys.
struct Invocation {
  std::vector<std::string> args;
  std::vector<int> key_positions;
};

// A call of `info` that its arity and key specifications allow, as its
// documentation would have it and without a look at ParseCommand: `keys` keys
// wherever their number is free, each made by `next_key`; "1" for all other
// arguments. Nothing for commands with unknown key specifications.
std::optional<Invocation> MakeInvocation(
    const CommandInfo& info, int keys,
    const std::function<std::string()>& next_key);

}  // namespace slotplanner
