// SPDX-License-Identifier: Apache-2.0
#include "client/cli/subcommands.h"
#include "client/cli/text_format.h"

namespace slotplanner::cli {

absl::StatusOr<ExitCode> RunPlan(const Job& job) {
  const v1::PlanBatchRequest request = MakePlanRequest(job);
  const auto plan = job.client.PlanBatch(request, job.deadline);
  if (!plan.ok()) return plan.status();
  job.out << (job.line.options.output == OutputFormat::kJson
                  ? FormatJson(*plan)
                  : FormatPlan(request.commands(), *plan));
  for (const v1::CommandPlan& command_plan : plan->command_plans()) {
    if (command_plan.verdict() == v1::VERDICT_REFUSED) {
      return ExitCode::kRefusedOrFailed;
    }
  }
  return ExitCode::kAnswered;
}

}  // namespace slotplanner::cli
