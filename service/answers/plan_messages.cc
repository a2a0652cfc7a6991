// SPDX-License-Identifier: Apache-2.0
#include "service/answers/plan_messages.h"

#include <span>

#include "service/answers/topology_messages.h"

namespace slotplanner {
namespace {

// The plan ring's enums have the numbers of the API, so that a cast translates
// them; the ends of each are held together here.
static_assert(static_cast<int>(Verdict::kSingleSlot) ==
              v1::VERDICT_SINGLE_SLOT);
static_assert(static_cast<int>(Verdict::kRefused) == v1::Verdict_MAX);
static_assert(static_cast<int>(MergeOperation::kSingle) ==
              v1::MERGE_OPERATION_SINGLE);
static_assert(static_cast<int>(MergeOperation::kFirstNotNil) ==
              v1::MergeOperation_MAX);
static_assert(static_cast<int>(Guarantee::kAllOrNothing) == v1::Guarantee_MAX);
static_assert(static_cast<int>(RetrySafety::kUnsafe) == v1::RetrySafety_MAX);
static_assert(static_cast<int>(RefusalReason::kSlotUnassigned) ==
              v1::RefusalReason_MAX);
static_assert(static_cast<int>(RemedyKind::kPerNode) == v1::RemedyKind_MAX);
static_assert(static_cast<int>(SplitPolicy::kEmulate) == v1::SplitPolicy_MAX);

void Append(std::span<const int32_t> values,
            google::protobuf::RepeatedField<int32_t>& field) {
  field.Add(values.begin(), values.end());
}

void FillCommand(const BatchPlan& plan, const PlannedCommand& command,
                 v1::PlannedCommand& message) {
  message.set_command_index(command.command_index);
  message.set_part_index(command.part_index);
  if (command.slot) message.set_slot(command.slot->value());
  Append(plan.Indexes(command.arg_indexes), *message.mutable_arg_indexes());
  Append(plan.Indexes(command.reply_positions),
         *message.mutable_reply_positions());
}

void FillStage(const BatchPlan& plan, const Stage& stage, v1::Stage& message) {
  for (const NodePlan& node_plan : stage.node_plans) {
    v1::NodePlan& out = *message.add_node_plans();
    FillNode(*node_plan.node,
             node_plan.requires_readonly ? v1::NODE_ROLE_REPLICA
                                         : v1::NODE_ROLE_PRIMARY,
             *out.mutable_node());
    out.mutable_commands()->Reserve(
        static_cast<int>(node_plan.commands.size()));
    for (const PlannedCommand& command : node_plan.commands) {
      FillCommand(plan, command, *out.add_commands());
    }
    out.set_requires_readonly(node_plan.requires_readonly);
  }
}

void FillRefusal(const Refusal& refusal, v1::Refusal& message) {
  message.set_reason(static_cast<v1::RefusalReason>(refusal.reason));
  message.set_message(refusal.message);
  for (const KeyLocation& key : refusal.keys) {
    v1::KeyLocation& out = *message.add_keys();
    out.set_arg_index(key.arg_index);
    out.set_slot(key.slot.value());
  }
  for (const Remedy& remedy : refusal.remedies) {
    v1::Remedy& out = *message.add_remedies();
    out.set_kind(static_cast<v1::RemedyKind>(remedy.kind));
    out.set_description(remedy.description);
  }
}

void FillCommandPlan(const CommandPlan& command, v1::CommandPlan& message) {
  message.set_verdict(static_cast<v1::Verdict>(command.verdict));
  if (command.refusal) {
    FillRefusal(*command.refusal, *message.mutable_refusal());
    return;
  }
  message.set_part_count(command.part_count);
  message.mutable_merge()->set_operation(
      static_cast<v1::MergeOperation>(command.merge));
  for (const Guarantee guarantee : command.lost_guarantees) {
    message.add_lost_guarantees(static_cast<v1::Guarantee>(guarantee));
  }
  message.set_retry_safety(static_cast<v1::RetrySafety>(command.retry_safety));
}

}  // namespace

ReadPreference FromMessage(v1::ReadPreference preference) {
  switch (preference) {
    case v1::READ_PREFERENCE_REPLICA:
      return ReadPreference::kReplica;
    case v1::READ_PREFERENCE_NEAREST:
      return ReadPreference::kNearest;
    default:
      return ReadPreference::kPrimary;
  }
}

SplitPolicy FromMessage(v1::SplitPolicy policy) {
  return policy == v1::SPLIT_POLICY_UNSPECIFIED
             ? SplitPolicy::kSplit
             : static_cast<SplitPolicy>(policy);
}

void FillPlan(const BatchPlan& plan, v1::PlanBatchResponse& message) {
  for (const Stage& stage : plan.stages) {
    FillStage(plan, stage, *message.add_stages());
  }
  for (const CommandPlan& command : plan.command_plans) {
    FillCommandPlan(command, *message.add_command_plans());
  }
  for (const std::string& literal : plan.literals) {
    message.add_literals(literal);
  }
  for (const SlotMigration& migration : plan.migrations) {
    FillMigration(migration, *message.add_migrations());
  }
}

}  // namespace slotplanner
