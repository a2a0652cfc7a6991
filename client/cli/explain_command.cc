// SPDX-License-Identifier: Apache-2.0
#include "client/cli/subcommands.h"
#include "client/cli/text_format.h"

namespace slotplanner::cli {

absl::StatusOr<ExitCode> RunExplain(const Job& job) {
  v1::ExplainErrorRequest request;
  request.set_cluster(job.line.options.cluster);
  request.set_error(job.line.args.front());
  request.mutable_command()->mutable_args()->Assign(job.line.args.begin() + 1,
                                                    job.line.args.end());
  const auto explanation = job.client.ExplainError(request, job.deadline);
  if (!explanation.ok()) return explanation.status();
  job.out << (job.line.options.output == OutputFormat::kJson
                  ? FormatJson(*explanation)
                  : FormatExplanation(*explanation));
  return ExitCode::kAnswered;
}

}  // namespace slotplanner::cli
