// SPDX-License-Identifier: Apache-2.0
// Files of commands that were sent, for `analyze --commands`.
#pragma once

#include <istream>
#include <span>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "client/cli/analysis_input.h"
#include "service/commands/command_keys.h"

namespace slotplanner::cli {

// Calls `add` for the commands of `in` (see `ReadSentCommand`), one at a time,
// or a transaction as a whole (see `ClientTransactions`). What scripts called
// is passed over: the planner never sees it, and it counts with the script.
// `name` stands for the file in messages. False when `bad` says so; an error
// when reading fails. O(bytes).
absl::StatusOr<bool> ReadWorkload(
    std::istream& in, const std::string& name, BadLines& bad,
    LineCounts& counts,
    absl::FunctionRef<void(std::span<const CommandArgs> commands)> add);

}  // namespace slotplanner::cli
