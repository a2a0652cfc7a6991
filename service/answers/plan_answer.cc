// SPDX-License-Identifier: Apache-2.0
#include "service/answers/plan_answer.h"

#include <cstddef>
#include <string_view>
#include <vector>

#include "service/answers/plan_messages.h"
#include "service/answers/topology_messages.h"
#include "service/planning/plan_batch.h"

namespace slotplanner {

BatchPlan AnswerPlanBatch(const v1::PlanBatchRequest& request,
                          const ClusterSnapshot& snapshot,
                          v1::PlanBatchResponse& response) {
  // Views into the request: all arguments in one vector, a stretch of it for
  // each command.
  std::vector<std::string_view> args;
  std::vector<size_t> ends;
  ends.reserve(static_cast<size_t>(request.commands_size()));
  for (const v1::Command& command : request.commands()) {
    args.insert(args.end(), command.args().begin(), command.args().end());
    ends.push_back(args.size());
  }
  std::vector<CommandArgs> commands;
  commands.reserve(ends.size());
  size_t begin = 0;
  for (const size_t end : ends) {
    commands.push_back(CommandArgs(args).subspan(begin, end - begin));
    begin = end;
  }

  BatchPlan plan = PlanBatch(
      snapshot, {.commands = commands,
                 .read_preference = FromMessage(request.read_preference()),
                 .client_zone = request.client_zone(),
                 .split_policy = FromMessage(request.split_policy())});
  FillPlan(plan, response);
  FillStamp(snapshot, *response.mutable_topology());
  return plan;
}

}  // namespace slotplanner
