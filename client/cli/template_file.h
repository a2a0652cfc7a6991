// SPDX-License-Identifier: Apache-2.0
// Commands in a file, with the lines that they are on.
#pragma once

#include <istream>
#include <string>
#include <utility>
#include <vector>

namespace slotplanner::cli {

// A file of commands with templates for arguments.
struct TemplateFile {
  struct Command {
    int line;  // From 1.
    std::vector<std::string> args;
  };
  std::vector<Command> commands;
  // The lines that are none, from 1, each with what is wrong.
  std::vector<std::pair<int, std::string>> mistakes;
};

// Reads commands as `ReadCommands` does, but goes on behind a wrong line.
TemplateFile ReadTemplates(std::istream& in);

}  // namespace slotplanner::cli
