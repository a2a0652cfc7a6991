// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "client/cli/json_text.h"
#include "client/cli/reply_format.h"
#include "client/cli/subcommands.h"
#include "client/cli/text_format.h"
#include "client/cpp/batch_runner.h"
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

// The reply; for a refused command, with the ways out.
std::string FormatResult(std::span<const std::string> words,
                         const CommandResult& command) {
  std::string text = FormatReply(words, command.reply);
  if (command.refusal) text += FormatRemedies(command.refusal->remedies());
  return text;
}

}  // namespace

absl::StatusOr<ExitCode> RunExec(const Job& job) {
  BatchRunner runner(job.client, job.node_access.connections,
                     {.address_map = job.node_access.address_map});
  const auto result = runner.Run(MakePlanRequest(job), job.deadline);
  if (!result.ok()) return result.status();
  ExitCode code = ExitCode::kAnswered;
  for (size_t i = 0; i < job.commands.size(); ++i) {
    const CommandResult& command = result->commands[i];
    job.out << (job.line.options.output == OutputFormat::kJson
                    ? FormatResultJson(command, result->plan_outdated)
                    : FormatResult(job.commands[i], command));
    if (command.reply.is_error()) code = ExitCode::kRefusedOrFailed;
  }
  return code;
}

}  // namespace slotplanner::cli
