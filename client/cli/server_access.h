// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"
#include "client/cli/command_line.h"
#include "client/cli/tool.h"
#include "client/cpp/slot_planner_client.h"

namespace slotplanner::cli {

// How to reach the slotplanner server. Fails, with one line, when a file that
// the flags name cannot be read.
absl::StatusOr<SlotPlannerClientOptions> ReadServerAccess(
    const Options& options, const Environment& environment);

}  // namespace slotplanner::cli
