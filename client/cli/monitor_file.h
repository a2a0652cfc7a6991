// SPDX-License-Identifier: Apache-2.0
// Files of commands that were sent: what MONITOR shows, or one command a line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace slotplanner::cli {

// A command that was sent.
struct SentCommand {
  // The name first; never empty.
  std::vector<std::string> args = {};
  // Who sent it, as MONITOR has it: `127.0.0.1:60866`, or `unix:/path`, which
  // all clients of that socket share. Empty in a file of commands alone.
  std::string client = {};
  // Whether a script called it, within the EVAL of a client that comes before
  // it. No client routes such a command.
  bool is_of_script = false;

  friend bool operator==(const SentCommand&, const SentCommand&) = default;
};

// Reads a line, without its end, of one of two kinds:
//
//   1339518083.107412 [0 127.0.0.1:60866] "GET" "user:1"
//   GET user:1
//
// The first is MONITOR's, as redis-cli prints it, or with the `+` of the wire;
// the sender may also be `lua` or `unix:/path`. What it hides, it shows as
// `(redacted)`. The second is for `SplitArguments`. Both may be in one file.
// Nothing: the line is blank, a comment (#), or the OK before the first command
// of MONITOR. INVALID_ARGUMENT says why it is none of these, without bytes of
// the line. O(line size).
//
// MONITOR shows a command when it runs, and not at all if it is refused or
// queued in vain. So a transaction is its MULTI, later what was queued, and
// EXEC right behind that; commands of other clients stand behind MULTI only,
// those of scripts behind the EVAL that was queued. DISCARD stands right behind
// its MULTI. Found with Redis 7.0, which a test asks again.
absl::StatusOr<std::optional<SentCommand>> ReadSentCommand(
    std::string_view line);

}  // namespace slotplanner::cli
