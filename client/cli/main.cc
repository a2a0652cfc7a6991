// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

#include "client/cli/tool.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  const auto variable =
      [](const std::string& name) -> std::optional<std::string> {
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
  return static_cast<int>(slotplanner::cli::RunTool(
      words, {.in = std::cin,
              .out = std::cout,
              .err = std::cerr,
              .variable = variable,
              .is_out_terminal = isatty(STDOUT_FILENO) != 0,
              .is_err_terminal = isatty(STDERR_FILENO) != 0}));
}
