// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "client/cli/escapes.h"
#include "client/cli/subcommands.h"
#include "client/cli/text_format.h"

namespace slotplanner::cli {

absl::StatusOr<ExitCode> RunKeyslot(const Job& job) {
  const auto keys = ReadKeys(job);
  if (!keys.ok()) return keys.status();
  for (const std::string& key : *keys) {
    v1::KeyslotRequest request;
    request.set_cluster(job.line.options.cluster);
    request.set_key(key);
    const auto response = job.client.Keyslot(request, job.deadline);
    if (!response.ok()) return response.status();
    if (job.line.options.output == OutputFormat::kJson) {
      job.out << FormatJson(*response);
      continue;
    }
    job.out << response->slot() << '\t'
            << (response->has_owner() ? FormatEndpoint(response->owner()) : "-")
            << '\t' << QuoteBytes(key) << '\n';
  }
  return ExitCode::kAnswered;
}

}  // namespace slotplanner::cli
