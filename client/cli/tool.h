// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <istream>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

namespace slotplanner::cli {

// What the tool sees of its process.
struct Environment {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  // The value of an environment variable, if it is set.
  std::function<std::optional<std::string>(const std::string& name)> variable;
  // Whether somebody looks at `out` and at `err` while they are written.
  bool is_out_terminal = false;
  bool is_err_terminal = false;
};

// The exit codes of the tool.
enum class ExitCode { kAnswered = 0, kRefusedOrFailed = 1, kWrongUsage = 2 };

// Runs the tool with the words behind its name; returns its exit code. What is
// wrong is one line on `err`, but for a refusal or an error reply: those are
// answers and go to `out`.
ExitCode RunTool(std::span<const std::string_view> words,
                 const Environment& environment);

}  // namespace slotplanner::cli
