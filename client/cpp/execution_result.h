// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slotplanner/v1/slot_planner_service.pb.h"

#include "client/cpp/reply_merge.h"
#include "service/resp/resp_value.h"

namespace slotplanner {

// What one command of a batch came to.
struct CommandResult {
  // The reply that a single server would have given, or an error that says
  // which parts were applied and which were not (see `MergeReplies`); for a
  // refused command the error `REFUSED`.
  RespValue reply;

  // Every part, by part index. Empty for a refused command. Where `BatchRunner`
  // had a part planned again, that plan's parts stand in its place.
  std::vector<PartResult> parts;

  // Why nothing was sent, for a command that the plan refuses.
  std::optional<v1::Refusal> refusal;
};

// What a batch came to.
struct ExecutionResult {
  // Parallel to the commands.
  std::vector<CommandResult> commands;

  // A node answered MOVED, or READONLY to a write: plan later batches anew,
  // with the topology version of this plan as `outdated_topology_version` (rule
  // F3).
  bool plan_outdated = false;

  // What to report by `TopologyService.ReportRedirection`: the first MOVED that
  // was met, as in `MOVED 3999 127.0.0.1:6381`, or the first other redirection
  // that stood to the end, such as CLUSTERDOWN. Empty when there was none.
  std::string redirection = {};
};

}  // namespace slotplanner
