// SPDX-License-Identifier: Apache-2.0
#include "service/answers/plan_answer.h"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "service/answers/plan_messages.h"
#include "service/answers/topology_messages.h"
#include "service/planning/plan_batch.h"

namespace slotplanner {
namespace {

uint32_t ToVarint(int32_t value) { return static_cast<uint32_t>(value); }

// As a sint32 is written: small values of either sign are short.
uint32_t ToZigZag(int32_t value) {
  return static_cast<uint32_t>(value) << 1 ^ static_cast<uint32_t>(value >> 31);
}

void WriteCommand(const BatchPlan& plan, const PlannedCommand& command,
                  WireWriter& out) {
  using Message = v1::PlannedCommand;
  if (command.command_index != 0) {
    out.Number(Message::kCommandIndexFieldNumber,
               ToVarint(command.command_index));
  }
  if (command.part_index != 0) {
    out.Number(Message::kPartIndexFieldNumber, ToVarint(command.part_index));
  }
  if (command.slot) {
    out.Number(Message::kSlotFieldNumber, ToVarint(command.slot->value()));
  }
  out.Packed(Message::kArgIndexesFieldNumber, plan.Indexes(command.arg_indexes),
             ToZigZag);
  out.Packed(Message::kReplyPositionsFieldNumber,
             plan.Indexes(command.reply_positions), ToVarint);
}

void WriteNodePlan(const BatchPlan& plan, const NodePlan& node_plan,
                   WireWriter& out) {
  using Message = v1::NodePlan;
  v1::Node node;
  FillNode(*node_plan.node,
           node_plan.requires_readonly ? v1::NODE_ROLE_REPLICA
                                       : v1::NODE_ROLE_PRIMARY,
           node);
  out.Embed(Message::kNodeFieldNumber, node);
  for (const PlannedCommand& command : node_plan.commands) {
    out.Message(Message::kCommandsFieldNumber,
                [&] { WriteCommand(plan, command, out); });
  }
  if (node_plan.requires_readonly) {
    out.Number(Message::kRequiresReadonlyFieldNumber, 1);
  }
}

void WriteCommandPlan(const CommandPlan& command, WireWriter& out) {
  using Message = v1::CommandPlan;
  out.Number(Message::kVerdictFieldNumber,
             static_cast<uint32_t>(command.verdict));
  if (command.refusal) {
    v1::Refusal refusal;
    FillRefusal(*command.refusal, refusal);
    out.Embed(Message::kRefusalFieldNumber, refusal);
    return;
  }
  if (command.part_count != 0) {
    out.Number(Message::kPartCountFieldNumber, ToVarint(command.part_count));
  }
  out.Message(Message::kMergeFieldNumber, [&] {
    out.Number(v1::Merge::kOperationFieldNumber,
               static_cast<uint32_t>(command.merge));
  });
  out.Packed(
      Message::kLostGuaranteesFieldNumber, std::span(command.lost_guarantees),
      [](Guarantee guarantee) { return static_cast<uint32_t>(guarantee); });
  out.Number(Message::kRetrySafetyFieldNumber,
             static_cast<uint32_t>(command.retry_safety));
}

// Of a response without refusals: a dozen bytes for each command, planned or
// plan, two for each index, and a KiB or so for the rest.
size_t ExpectedSize(const BatchPlan& plan) {
  size_t commands = plan.command_plans.size();
  for (const Stage& stage : plan.stages) {
    for (const NodePlan& node_plan : stage.node_plans) {
      commands += node_plan.commands.size();
    }
  }
  return 12 * commands + 2 * plan.index_pool.size() + 1024;
}

}  // namespace

BatchPlan MakePlan(const PlanBatchInput& input,
                   const ClusterSnapshot& snapshot) {
  const v1::PlanBatchRequest& settings = input.settings();
  return PlanBatch(snapshot,
                   {.commands = input.commands(),
                    .read_preference = FromMessage(settings.read_preference()),
                    .client_zone = settings.client_zone(),
                    .split_policy = FromMessage(settings.split_policy())});
}

WireBytes ToResponse(const BatchPlan& plan, const ClusterSnapshot& snapshot) {
  using Response = v1::PlanBatchResponse;
  Response behind_the_commands;
  for (const std::string& literal : plan.literals) {
    behind_the_commands.add_literals(literal);
  }
  for (const SlotMigration& migration : plan.migrations) {
    FillMigration(migration, *behind_the_commands.add_migrations());
  }
  FillStamp(snapshot, *behind_the_commands.mutable_topology());

  WireWriter out(ExpectedSize(plan));
  for (const Stage& stage : plan.stages) {
    out.Message(Response::kStagesFieldNumber, [&] {
      for (const NodePlan& node_plan : stage.node_plans) {
        out.Message(v1::Stage::kNodePlansFieldNumber,
                    [&] { WriteNodePlan(plan, node_plan, out); });
      }
    });
  }
  for (const CommandPlan& command : plan.command_plans) {
    out.Message(Response::kCommandPlansFieldNumber,
                [&] { WriteCommandPlan(command, out); });
  }
  out.FieldsOf(behind_the_commands);
  return std::move(out).Take();
}

}  // namespace slotplanner
