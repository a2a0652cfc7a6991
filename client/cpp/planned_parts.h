// SPDX-License-Identifier: Apache-2.0
// A plan, checked against its commands and turned into what is to be sent.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "slotplanner/v1/slot_planner_service.pb.h"

#include "absl/status/statusor.h"
#include "service/resp/resp_endpoint.h"

namespace slotplanner {

// One command to send. Its views point into the commands and the plan that it
// was made from.
struct PlannedPart {
  RespEndpoint endpoint;
  bool requires_readonly;
  int command_index;
  int part_index;
  // The slot that its keys share; nothing without keys.
  std::optional<int> slot;
  // The name, then the arguments; never empty.
  std::vector<std::string_view> args;
  // Indexes of the request's arguments in `args`, the name left out; empty for
  // a command that goes out unchanged.
  std::vector<int> arg_indexes;
  std::vector<int> reply_positions;
};

// The parts of each stage, in the order in which they must be sent.
// INVALID_ARGUMENT when the plan is not one of these commands: an index that
// points nowhere, a part that is missing or there twice. UNIMPLEMENTED when it
// needs a merge operation that this client does not know, so that nothing is
// sent whose replies cannot be merged.
absl::StatusOr<std::vector<std::vector<PlannedPart>>> ResolvePlan(
    const google::protobuf::RepeatedPtrField<v1::Command>& commands,
    const v1::PlanBatchResponse& plan);

}  // namespace slotplanner
