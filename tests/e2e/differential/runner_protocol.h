// SPDX-License-Identifier: Apache-2.0
// What is said to a runner of the conformance suite and what it answers: one
// JSON object a line each, as tests/conformance/README.md specifies.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "slotplanner/v1/slot_planner_service.pb.h"

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cpp/execution_result.h"

namespace slotplanner::differential {

// The line, without its end, that has a runner execute the commands of
// `request` with its read preference and split policy, within `timeout`.
std::string ExecuteRequestLine(int64_t id, const v1::PlanBatchRequest& request,
                               absl::Duration timeout);

// What a runner answered to the request `id` of `command_count` commands. All
// texts of replies are bulk strings, as the protocol does not tell them from
// statuses; `redirection`, `plan_outdated` and `reply_positions` are not part
// of it either. The message of a `cause` is empty.
//
// The runner's own error, by its code, if nothing could be run. INTERNAL when
// the line is not what the protocol says, or answers another request.
absl::StatusOr<ExecutionResult> ParseExecuteAnswer(std::string_view line,
                                                   int64_t id,
                                                   int command_count);

}  // namespace slotplanner::differential
