// SPDX-License-Identifier: Apache-2.0
// How arguments become requests, where several subcommands do it alike.
#include <string>
#include <utility>

#include "client/cli/escapes.h"
#include "client/cli/subcommands.h"

namespace slotplanner::cli {

absl::StatusOr<std::vector<std::string>> ReadKeys(const Job& job) {
  if (job.line.args != std::vector<std::string>{"-"}) return job.line.args;
  std::vector<std::string> keys;
  for (std::string key; std::getline(job.in, key);) {
    if (job.line.options.escapes) {
      auto decoded = DecodeEscapes(key);
      if (!decoded.ok()) return decoded.status();
      key = *std::move(decoded);
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

v1::PlanBatchRequest MakePlanRequest(const Job& job) {
  const Options& options = job.line.options;
  v1::PlanBatchRequest request;
  request.set_cluster(options.cluster);
  request.set_read_preference(options.read_preference);
  request.set_client_zone(options.zone);
  request.set_split_policy(options.split_policy);
  if (job.what_if) *request.mutable_what_if() = *job.what_if;
  for (const std::vector<std::string>& args : job.commands) {
    v1::Command& command = *request.add_commands();
    for (const std::string& arg : args) command.add_args(arg);
  }
  return request;
}

}  // namespace slotplanner::cli
