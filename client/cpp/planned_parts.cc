// SPDX-License-Identifier: Apache-2.0
#include "client/cpp/planned_parts.h"

#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/cpp/reply_merge.h"

namespace slotplanner {
namespace {

using Commands = google::protobuf::RepeatedPtrField<v1::Command>;

absl::Status Misfit(std::string_view what, int command_index) {
  return absl::InvalidArgumentError(
      absl::StrCat("The plan is not one of these commands: ", std::string(what),
                   " (command ", command_index, ")."));
}

absl::StatusOr<PlannedPart> ResolvePart(const Commands& commands,
                                        const v1::PlanBatchResponse& plan,
                                        const v1::NodePlan& node_plan,
                                        const v1::PlannedCommand& planned) {
  const int command_index = planned.command_index();
  if (command_index < 0 || command_index >= commands.size()) {
    return Misfit("there is no such command", command_index);
  }
  const v1::Node& node = node_plan.node();
  if (node.host().empty() || node.port() < 1 || node.port() > 65535) {
    return Misfit("a node has no endpoint", command_index);
  }
  const v1::Command& command = commands[command_index];
  PlannedPart part{
      .endpoint = {.host = node.host(), .port = node.port()},
      .requires_readonly = node_plan.requires_readonly(),
      .command_index = command_index,
      .part_index = planned.part_index(),
      .slot = {},
      .args = {},
      .arg_indexes = {},
      .reply_positions = {planned.reply_positions().begin(),
                          planned.reply_positions().end()},
  };
  if (planned.has_slot()) part.slot = planned.slot();
  if (planned.arg_indexes().empty()) {
    part.args.assign(command.args().begin(), command.args().end());
  }
  for (const int index : planned.arg_indexes()) {
    const bool is_literal = index < 0;
    const auto& args = is_literal ? plan.literals() : command.args();
    const int position = is_literal ? -1 - index : index;
    if (position >= args.size()) {
      return Misfit("there is no such argument", command_index);
    }
    part.args.push_back(args[position]);
    if (index > 0) part.arg_indexes.push_back(index);
  }
  if (part.args.empty()) return Misfit("a part is empty", command_index);
  return part;
}

}  // namespace

absl::StatusOr<std::vector<std::vector<PlannedPart>>> ResolvePlan(
    const Commands& commands, const v1::PlanBatchResponse& plan) {
  if (plan.command_plans_size() != commands.size()) {
    return Misfit("their numbers differ", plan.command_plans_size());
  }
  std::vector<std::vector<PlannedPart>> stages;
  std::set<std::pair<int, int>> seen;  // Command index, part index.
  for (const v1::Stage& stage : plan.stages()) {
    std::vector<PlannedPart>& parts = stages.emplace_back();
    for (const v1::NodePlan& node_plan : stage.node_plans()) {
      for (const v1::PlannedCommand& planned : node_plan.commands()) {
        auto part = ResolvePart(commands, plan, node_plan, planned);
        if (!part.ok()) return part.status();
        const int part_count =
            plan.command_plans(part->command_index).part_count();
        if (part->part_index < 0 || part->part_index >= part_count ||
            !seen.emplace(part->command_index, part->part_index).second) {
          return Misfit("a part is there twice or has no place",
                        part->command_index);
        }
        parts.push_back(*std::move(part));
      }
    }
  }

  // No part is there twice, so equal numbers mean that none is missing.
  std::vector<int> part_counts(static_cast<size_t>(commands.size()));
  for (const auto& [command_index, part_index] : seen) {
    ++part_counts[static_cast<size_t>(command_index)];
  }
  for (int i = 0; i < commands.size(); ++i) {
    const v1::CommandPlan& command_plan = plan.command_plans(i);
    if (part_counts[static_cast<size_t>(i)] != command_plan.part_count()) {
      return Misfit("parts are missing", i);
    }
    const bool is_refused = command_plan.verdict() == v1::VERDICT_REFUSED;
    if (is_refused != (command_plan.part_count() == 0)) {
      return Misfit("a command has no part and no refusal, or both", i);
    }
    const v1::MergeOperation operation = command_plan.merge().operation();
    if (!is_refused && !CanMerge(operation)) {
      return absl::UnimplementedError(
          absl::StrCat("Merge operation ", operation,
                       " is not known to this client; nothing was sent."));
    }
  }
  return stages;
}

}  // namespace slotplanner
