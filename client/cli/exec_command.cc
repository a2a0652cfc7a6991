// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "client/cli/json_text.h"
#include "client/cli/reply_format.h"
#include "client/cli/subcommands.h"
#include "client/cli/text_format.h"
#include "client/cpp/plan_executor.h"
#include "service/base/strings.h"

namespace slotplanner::cli {
namespace {

std::string_view NameOf(PartOutcome outcome) {
  switch (outcome) {
    case PartOutcome::kNotSent:
      return "NOT_SENT";
    case PartOutcome::kApplied:
      return "APPLIED";
    case PartOutcome::kFailed:
      return "FAILED";
    case PartOutcome::kUnknown:
      return "UNKNOWN";
  }
  return "";
}

// One command, on one line.
std::string FormatResultJson(const CommandResult& command, bool plan_outdated) {
  std::string json = absl::StrCat(
      R"({"reply":)", FormatReplyJson(command.reply), R"(,"parts":[)");
  for (size_t i = 0; i < command.parts.size(); ++i) {
    const PartResult& part = command.parts[i];
    absl::StrAppend(&json, i == 0 ? "" : ",", R"({"node":)",
                    JsonString(part.node), R"(,"outcome":")",
                    ToAbsl(NameOf(part.outcome)), R"("})");
  }
  return absl::StrCat(json, R"(],"planOutdated":)",
                      plan_outdated ? "true" : "false", "}\n");
}

}  // namespace

absl::StatusOr<ExitCode> RunExec(const Job& job) {
  const v1::PlanBatchRequest request = MakePlanRequest(job);
  const auto plan = job.client.PlanBatch(request, job.deadline);
  if (!plan.ok()) return plan.status();
  PlanExecutor executor(
      {.user = job.line.options.redis_user, .password = job.redis_password});
  const auto result = executor.Execute(request.commands(), *plan, job.deadline);
  if (!result.ok()) return result.status();
  ExitCode code = ExitCode::kAnswered;
  for (size_t i = 0; i < job.commands.size(); ++i) {
    const CommandResult& command = result->commands[i];
    job.out << (job.line.options.output == OutputFormat::kJson
                    ? FormatResultJson(command, result->plan_outdated)
                    : FormatReply(job.commands[i], command.reply));
    if (command.reply.is_error()) code = ExitCode::kRefusedOrFailed;
  }
  return code;
}

}  // namespace slotplanner::cli
