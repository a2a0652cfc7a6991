// SPDX-License-Identifier: Apache-2.0
// Batches whose plan has run, written by hand.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slotplanner/v1/slot_planner_service.pb.h"

#include "absl/status/status.h"
#include "absl/strings/str_split.h"
#include "client/cpp/execution_result.h"
#include "service/base/strings.h"

namespace slotplanner {

// What became of a part.
inline PartResult Applied(RespValue reply = RespValue::Status("OK")) {
  return {.outcome = PartOutcome::kApplied, .reply = std::move(reply)};
}
inline PartResult Failed(std::string error) {
  return {.outcome = PartOutcome::kFailed,
          .reply = RespValue::Error(std::move(error))};
}
inline PartResult NotSent(
    absl::Status cause = absl::UnavailableError("refused")) {
  return {.outcome = PartOutcome::kNotSent, .cause = std::move(cause)};
}
inline PartResult Unknown() {
  return {.outcome = PartOutcome::kUnknown,
          .cause = absl::UnavailableError("closed")};
}

// Commands, a plan for them in one stage, and what they came to, built side by
// side.
struct RanBatch {
  // Adds a command, its words with spaces between. `AddPart` adds its parts.
  RanBatch& AddCommand(
      std::string_view words,
      v1::RetrySafety retry_safety = v1::RETRY_SAFETY_UNSAFE,
      v1::Verdict verdict = v1::VERDICT_SINGLE_SLOT,
      v1::MergeOperation operation = v1::MERGE_OPERATION_SINGLE) {
    v1::Command& command = *request.add_commands();
    for (const absl::string_view word : absl::StrSplit(ToAbsl(words), ' ')) {
      command.add_args(std::string(word));
    }
    v1::CommandPlan& command_plan = *plan.add_command_plans();
    command_plan.set_verdict(verdict);
    command_plan.set_retry_safety(retry_safety);
    command_plan.mutable_merge()->set_operation(operation);
    result.commands.emplace_back();
    return *this;
  }

  RanBatch& AddRefused(std::string_view words, std::string_view message) {
    AddCommand(words, v1::RETRY_SAFETY_UNSPECIFIED, v1::VERDICT_REFUSED);
    v1::Refusal& refusal =
        *plan.mutable_command_plans(plan.command_plans_size() - 1)
             ->mutable_refusal();
    refusal.set_message(std::string(message));
    result.commands.back().refusal = refusal;
    result.commands.back().reply =
        RespValue::Error("REFUSED " + refusal.message());
    return *this;
  }

  // Adds a part of the last command. A negative slot means that it has none.
  RanBatch& AddPart(int slot, PartResult part,
                    const std::vector<int>& arg_indexes = {},
                    const std::vector<int>& reply_positions = {},
                    const std::string& host = "n") {
    const int index = request.commands_size() - 1;
    v1::CommandPlan& command_plan = *plan.mutable_command_plans(index);
    v1::PlannedCommand& planned = *NodePlanOf(host).add_commands();
    planned.set_command_index(index);
    planned.set_part_index(command_plan.part_count());
    if (slot >= 0) planned.set_slot(slot);
    for (const int i : arg_indexes) {
      planned.add_arg_indexes(i);
      if (i > 0) part.arg_indexes.push_back(i);
    }
    for (const int i : reply_positions) planned.add_reply_positions(i);
    command_plan.set_part_count(command_plan.part_count() + 1);
    part.node = host + ":7000";
    part.reply_positions = reply_positions;
    CommandResult& command = result.commands.back();
    command.parts.push_back(std::move(part));
    command.reply = ReplyOf(command_plan.merge().operation(), command.parts);
    return *this;
  }

  v1::PlanBatchRequest request;
  v1::PlanBatchResponse plan;
  ExecutionResult result;

 private:
  v1::NodePlan& NodePlanOf(const std::string& host) {
    if (plan.stages().empty()) plan.add_stages();
    v1::Stage& stage = *plan.mutable_stages(0);
    for (v1::NodePlan& node_plan : *stage.mutable_node_plans()) {
      if (node_plan.node().host() == host) return node_plan;
    }
    v1::NodePlan& node_plan = *stage.add_node_plans();
    node_plan.mutable_node()->set_host(host);
    node_plan.mutable_node()->set_port(7000);
    return node_plan;
  }
};

}  // namespace slotplanner
