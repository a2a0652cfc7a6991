// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "server/options.h"

namespace slotplanner {

// What a command line asks for.
struct CommandLine {
  enum class Action { kServe, kHealthcheck, kPrintManual, kPrintVersion };

  Action action = Action::kServe;
  // Those of the server to be, or of the one to ask.
  ServerOptions options;
  std::string healthcheck_service;  // What kHealthcheck asks for.
};

// Reads the arguments behind the program's name, and the file that --config
// names; a flag wins over the file. `--flag=value` and `--flag value` are the
// same; the last of several equal flags counts, but for --cluster, which adds
// up. INVALID_ARGUMENT, with one line that repeats no value, when anything is
// wrong. Sets Abseil's flags, but depends on no earlier call. Not thread-safe.
//
// To read the settings again, call it again with the same arguments.
absl::StatusOr<CommandLine> ParseCommandLine(
    std::span<const char* const> arguments);

// What --help prints: every flag with its default, examples, exit codes.
std::string Manual();

}  // namespace slotplanner
