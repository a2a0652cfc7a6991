// SPDX-License-Identifier: Apache-2.0
#include "client/cli/subcommands.h"
#include "client/cli/text_format.h"

namespace slotplanner::cli {

absl::StatusOr<ExitCode> RunTags(const Job& job) {
  const Options& options = job.line.options;
  v1::MintHashTagsRequest request;
  request.set_cluster(options.cluster);
  request.set_count(options.count);
  request.mutable_slots()->Assign(options.slots.begin(), options.slots.end());
  request.mutable_nodes()->Assign(options.nodes.begin(), options.nodes.end());
  request.mutable_except_slots()->Assign(options.except_slots.begin(),
                                         options.except_slots.end());
  const auto response = job.client.MintHashTags(request, job.deadline);
  if (!response.ok()) return response.status();
  if (options.output == OutputFormat::kJson) {
    job.out << FormatJson(*response);
    return ExitCode::kAnswered;
  }
  for (const v1::PlacedHashTag& tag : response->tags()) {
    job.out << tag.slot() << "\t{" << tag.tag() << "}\n";
  }
  if (response->tags().empty()) {
    job.err << "slotplanner: no slot is left for a tag\n";
    return ExitCode::kRefusedOrFailed;
  }
  return ExitCode::kAnswered;
}

}  // namespace slotplanner::cli
