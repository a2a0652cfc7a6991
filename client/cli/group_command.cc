// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "client/cli/escapes.h"
#include "client/cli/subcommands.h"
#include "client/cli/text_format.h"

namespace slotplanner::cli {
namespace {

// The slot where that is what the keys share, their node, then the keys.
void PrintGroup(const v1::GroupKeysRequest& request,
                const v1::GroupKeysResponse& response,
                const v1::KeyGroup& group, std::ostream& out) {
  if (request.grouping() == v1::GROUPING_SLOT) {
    out << response.slots(group.key_indexes(0)) << '\t';
  }
  out << (group.has_node_index()
              ? FormatEndpoint(response.nodes(group.node_index()))
              : "-");
  for (const int index : group.key_indexes()) {
    out << '\t' << QuoteBytes(request.keys(index));
  }
  out << '\n';
}

}  // namespace

absl::StatusOr<ExitCode> RunGroup(const Job& job) {
  auto keys = ReadKeys(job);
  if (!keys.ok()) return keys.status();
  const Options& options = job.line.options;
  v1::GroupKeysRequest request;
  request.set_cluster(options.cluster);
  request.set_grouping(options.grouping);
  request.set_read_preference(options.read_preference);
  request.set_client_zone(options.zone);
  for (std::string& key : *keys) request.add_keys(std::move(key));
  const auto response = job.client.GroupKeys(request, job.deadline);
  if (!response.ok()) return response.status();
  if (options.output == OutputFormat::kJson) {
    job.out << FormatJson(*response);
    return ExitCode::kAnswered;
  }
  for (const v1::KeyGroup& group : response->groups()) {
    PrintGroup(request, *response, group, job.out);
  }
  return ExitCode::kAnswered;
}

}  // namespace slotplanner::cli
