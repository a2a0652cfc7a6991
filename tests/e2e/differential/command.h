// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "service/commands/command_catalog.h"

namespace slotplanner::differential {

// A command as a caller would send it, the name first.
using Command = std::vector<std::string>;

// What `catalog` has for the command: the subcommand if it names one. Null for
// a command that the catalog does not know.
const CommandInfo* InfoOf(const CommandCatalog& catalog,
                          const Command& command);

// The command as redis-cli and `slotplanner exec --file` read it: one line,
// every argument in double quotes, what is not printable as \xHH.
std::string ToLine(const Command& command);

}  // namespace slotplanner::differential
