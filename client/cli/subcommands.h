// SPDX-License-Identifier: Apache-2.0
// What the tool can do: one function a subcommand, each in a file of its own.
#pragma once

#include <istream>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cli/command_line.h"
#include "client/cli/node_access.h"
#include "client/cli/tool.h"
#include "client/cpp/slot_planner_client.h"

namespace slotplanner::cli {

// What a subcommand works on.
struct Job {
  const CommandLine& line;
  // Of `plan` and `exec`: the command that the arguments are, or those of
  // `--file`.
  const std::vector<std::vector<std::string>>& commands;
  // The topology to look at instead of the cluster's, if one is wanted.
  const std::optional<v1::HypotheticalTopology>& what_if;
  const SlotPlannerClient& client;
  absl::Time deadline;
  const NodeAccess& node_access;
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  const Environment& environment;
};

// Each prints the answer; an error reply and a refusal are answers too, with
// `kRefusedOrFailed`. It fails with the status of the call that failed.
absl::StatusOr<ExitCode> RunKeyslot(const Job& job);
absl::StatusOr<ExitCode> RunGroup(const Job& job);
absl::StatusOr<ExitCode> RunPlan(const Job& job);
absl::StatusOr<ExitCode> RunExec(const Job& job);
absl::StatusOr<ExitCode> RunTopology(const Job& job);
absl::StatusOr<ExitCode> RunExplain(const Job& job);
absl::StatusOr<ExitCode> RunAdvise(const Job& job);
absl::StatusOr<ExitCode> RunTags(const Job& job);
absl::StatusOr<ExitCode> RunLint(const Job& job);
absl::StatusOr<ExitCode> RunAnalyze(const Job& job);

// The keys that the arguments name: themselves, or with the one argument `-`
// the lines of standard input. INVALID_ARGUMENT when an escape is wrong.
absl::StatusOr<std::vector<std::string>> ReadKeys(const Job& job);

// The request to plan the commands, on `what_if` if that is given.
v1::PlanBatchRequest MakePlanRequest(const Job& job);

}  // namespace slotplanner::cli
