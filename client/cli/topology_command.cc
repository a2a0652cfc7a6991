// SPDX-License-Identifier: Apache-2.0
#include "client/cli/subcommands.h"
#include "client/cli/text_format.h"

namespace slotplanner::cli {

absl::StatusOr<ExitCode> RunTopology(const Job& job) {
  v1::GetTopologyRequest request;
  request.set_cluster(job.line.options.cluster);
  const auto response = job.client.GetTopology(request, job.deadline);
  if (!response.ok()) return response.status();
  job.out << (job.line.options.output == OutputFormat::kJson
                  ? FormatJson(*response)
                  : FormatTopology(response->topology()));
  return ExitCode::kAnswered;
}

}  // namespace slotplanner::cli
