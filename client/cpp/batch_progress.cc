// SPDX-License-Identifier: Apache-2.0
#include "client/cpp/batch_progress.h"

#include <iterator>
#include <utility>

#include "absl/status/status.h"
#include "client/cpp/what_to_plan_again.h"

namespace slotplanner {
namespace {

// The parts of each command, by part index.
using PlannedCommands = std::vector<std::vector<const v1::PlannedCommand*>>;

// Requires: `ResolvePlan` takes the plan.
PlannedCommands PlannedCommandsOf(const v1::PlanBatchResponse& plan) {
  PlannedCommands commands;
  for (const v1::CommandPlan& command_plan : plan.command_plans()) {
    commands.emplace_back(static_cast<size_t>(command_plan.part_count()));
  }
  for (const v1::Stage& stage : plan.stages()) {
    for (const v1::NodePlan& node_plan : stage.node_plans()) {
      for (const v1::PlannedCommand& planned : node_plan.commands()) {
        commands[static_cast<size_t>(planned.command_index())]
                [static_cast<size_t>(planned.part_index())] = &planned;
      }
    }
  }
  return commands;
}

// What `PlannedCommand.arg_indexes` means, the short form spelled out.
std::vector<int> ArgIndexesOf(const v1::PlannedCommand& planned,
                              const v1::Command& command) {
  std::vector<int> indexes(planned.arg_indexes().begin(),
                           planned.arg_indexes().end());
  for (int i = 0; planned.arg_indexes().empty() && i < command.args_size();
       ++i) {
    indexes.push_back(i);
  }
  return indexes;
}

// A part as a command of its own.
v1::Command CommandOf(const std::vector<int>& arg_indexes,
                      const v1::Command& command,
                      const v1::PlanBatchResponse& plan) {
  v1::Command part;
  for (const int index : arg_indexes) {
    part.add_args(index >= 0 ? command.args(index) : plan.literals(-1 - index));
  }
  return part;
}

// `indexes` into `outer`, as what `outer` has there. -1 where it has nothing,
// which no merge accepts.
std::vector<int> Compose(const std::vector<int>& indexes,
                         const std::vector<int>& outer) {
  std::vector<int> composed;
  composed.reserve(indexes.size());
  for (const int index : indexes) {
    const bool is_within =
        index >= 0 && static_cast<size_t>(index) < outer.size();
    composed.push_back(is_within ? outer[static_cast<size_t>(index)] : -1);
  }
  return composed;
}

// What a part came to that was planned again and did not fall apart.
PartResult AsOnePart(const PartResult& replaced, CommandResult result) {
  PartResult part;
  if (result.refusal) {
    part.node = replaced.node;
    part.cause = absl::FailedPreconditionError(result.refusal->message());
  } else {
    part = std::move(result.parts.front());
  }
  part.arg_indexes = replaced.arg_indexes;
  part.reply_positions = replaced.reply_positions;
  return part;
}

}  // namespace

BatchProgress::BatchProgress(const v1::PlanBatchRequest& request)
    : request_(&request) {
  const auto count = static_cast<size_t>(request.commands_size());
  for (size_t i = 0; i < count; ++i) {
    origins_.push_back({.command_index = i, .part = {}, .arg_indexes = {}});
  }
  result_.commands.resize(count);
  operations_.resize(count);
  next_request_.set_cluster(request.cluster());
  next_request_.set_client_zone(request.client_zone());
  next_request_.set_split_policy(request.split_policy());
  next_request_.set_read_preference(v1::READ_PREFERENCE_PRIMARY);
}

void BatchProgress::Take(const v1::PlanBatchResponse& plan,
                         ExecutionResult result) {
  const std::vector<PlanAgain> again =
      WhatToPlanAgain(request_->commands(), plan, result.commands);
  const PlannedCommands planned =
      again.empty() ? PlannedCommands() : PlannedCommandsOf(plan);
  google::protobuf::RepeatedPtrField<v1::Command> next_commands;
  std::vector<Origin> next_origins;
  size_t grown = 0;  // How many parts its command has gained before a part.
  auto next_again = again.begin();
  for (size_t i = 0; i < origins_.size(); ++i) {
    Origin& origin = origins_[i];
    const v1::Command& command = request_->commands(static_cast<int>(i));
    const v1::CommandPlan& command_plan =
        plan.command_plans(static_cast<int>(i));
    if (i == 0 || origins_[i - 1].command_index != origin.command_index) {
      grown = 0;
    }
    if (origin.part) {
      *origin.part += grown;
      grown += ReplacePart(origin, command_plan.verdict(),
                           std::move(result.commands[i])) -
               1;
    } else {
      operations_[origin.command_index] = command_plan.merge().operation();
      result_.commands[origin.command_index] = std::move(result.commands[i]);
    }
    for (; next_again != again.end() &&
           static_cast<size_t>(next_again->command_index) == i;
         ++next_again) {
      if (!next_again->part_index) {
        next_origins.push_back(origin);
        *next_commands.Add() = command;
        continue;
      }
      const auto part = static_cast<size_t>(*next_again->part_index);
      const std::vector<int> indexes = ArgIndexesOf(*planned[i][part], command);
      *next_commands.Add() = CommandOf(indexes, command, plan);
      next_origins.push_back(
          {.command_index = origin.command_index,
           .part = origin.part.value_or(0) + part,
           .arg_indexes =
               origin.part ? Compose(indexes, origin.arg_indexes) : indexes});
    }
  }
  result_.plan_outdated = result_.plan_outdated || result.plan_outdated;
  if (!result.redirection.empty()) {
    result_.redirection = std::move(result.redirection);
  }
  next_request_.mutable_commands()->Swap(&next_commands);
  next_request_.set_outdated_topology_version(plan.topology().version());
  origins_ = std::move(next_origins);
  request_ = &next_request_;
}

size_t BatchProgress::ReplacePart(const Origin& origin, v1::Verdict verdict,
                                  CommandResult result) {
  std::vector<PartResult>& parts = result_.commands[origin.command_index].parts;
  const auto place = parts.begin() + static_cast<std::ptrdiff_t>(*origin.part);
  in_pieces_.insert(origin.command_index);
  if (verdict != v1::VERDICT_SPLIT) {
    *place = AsOnePart(*place, std::move(result));
    return 1;
  }
  // The planner merges the parts of a part as it merges those of the whole.
  for (PartResult& part : result.parts) {
    part.arg_indexes = Compose(part.arg_indexes, origin.arg_indexes);
    std::erase_if(part.arg_indexes, [](int index) { return index < 0; });
    part.reply_positions =
        Compose(part.reply_positions, place->reply_positions);
  }
  *place = std::move(result.parts.front());
  parts.insert(std::next(place),
               std::make_move_iterator(std::next(result.parts.begin())),
               std::make_move_iterator(result.parts.end()));
  return result.parts.size();
}

ExecutionResult BatchProgress::Finish() && {
  for (const size_t i : in_pieces_) {
    CommandResult& command = result_.commands[i];
    command.reply = ReplyOf(operations_[i], command.parts);
  }
  return std::move(result_);
}

}  // namespace slotplanner
