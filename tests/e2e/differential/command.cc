// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/differential/command.h"

#include "absl/strings/str_cat.h"
#include "client/cli/escapes.h"

namespace slotplanner::differential {

const CommandInfo* InfoOf(const CommandCatalog& catalog,
                          const Command& command) {
  const CommandInfo* info = catalog.Find(command[0]);
  if (info == nullptr || info->subcommands.empty() || command.size() == 1) {
    return info;
  }
  return CommandCatalog::FindSubcommand(*info, command[1]);
}

std::string ToLine(const Command& command) {
  std::string line;
  for (const std::string& arg : command) {
    absl::StrAppend(&line, line.empty() ? "" : " ", cli::QuoteBytes(arg));
  }
  return line;
}

}  // namespace slotplanner::differential
