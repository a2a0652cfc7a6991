// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <variant>

#include "service/commands/command_keys.h"

namespace slotplanner {

// Finds the keys of the few commands whose key specifications do not tell the
// whole truth (rules B4 to B7): SORT, SORT_RO, MIGRATE, GEORADIUS,
// GEORADIUSBYMEMBER and XREADGROUP. Nothing for all others, and with fewer
// arguments than the key needs. Requires: the arity holds.
std::optional<std::variant<ParsedCommand, CommandError>> ParseSpecialCommand(
    const CommandInfo& info, CommandArgs args);

}  // namespace slotplanner
