// SPDX-License-Identifier: Apache-2.0
// Commands and plans for them, written by hand.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cpp/plan_executor.h"
#include "tests/support/fake_node.h"

namespace slotplanner {

// Commands and a plan for them, built side by side.
class PlannedBatch {
 public:
  // Adds a command. `AddPart` adds what is sent for it.
  PlannedBatch& AddCommand(
      std::vector<std::string> args,
      v1::MergeOperation operation = v1::MERGE_OPERATION_SINGLE,
      v1::RetrySafety retry_safety = v1::RETRY_SAFETY_UNSAFE) {
    v1::Command& command = *request_.add_commands();
    for (std::string& arg : args) command.add_args(std::move(arg));
    v1::CommandPlan& command_plan = *plan_.add_command_plans();
    command_plan.set_verdict(v1::VERDICT_SPLIT);
    command_plan.mutable_merge()->set_operation(operation);
    command_plan.set_retry_safety(retry_safety);
    return *this;
  }

  PlannedBatch& AddRefused(std::vector<std::string> args,
                           const std::string& message) {
    AddCommand(std::move(args));
    v1::CommandPlan& command_plan =
        *plan_.mutable_command_plans(plan_.command_plans_size() - 1);
    command_plan.set_verdict(v1::VERDICT_REFUSED);
    command_plan.mutable_refusal()->set_message(message);
    return *this;
  }

  // Sends a part of the last command to a node, behind what that node gets
  // already in this stage.
  PlannedBatch& AddPart(const RespEndpoint& endpoint,
                        const std::vector<int>& arg_indexes = {},
                        const std::vector<int>& reply_positions = {},
                        bool requires_readonly = false) {
    const int command_index = request_.commands_size() - 1;
    v1::CommandPlan& command_plan = *plan_.mutable_command_plans(command_index);
    v1::NodePlan& node_plan = NodePlanOf(endpoint);
    node_plan.set_requires_readonly(requires_readonly);
    v1::PlannedCommand& part = *node_plan.add_commands();
    part.set_command_index(command_index);
    part.set_part_index(command_plan.part_count());
    for (const int index : arg_indexes) part.add_arg_indexes(index);
    for (const int position : reply_positions) {
      part.add_reply_positions(position);
    }
    command_plan.set_part_count(command_plan.part_count() + 1);
    return *this;
  }

  // Says in which slot the keys of the last command are.
  PlannedBatch& InSlot(int slot) {
    v1::Stage& stage = *plan_.mutable_stages(plan_.stages_size() - 1);
    for (v1::NodePlan& node_plan : *stage.mutable_node_plans()) {
      for (v1::PlannedCommand& part : *node_plan.mutable_commands()) {
        if (part.command_index() == request_.commands_size() - 1) {
          part.set_slot(slot);
        }
      }
    }
    return *this;
  }

  PlannedBatch& AddStage() {
    plan_.add_stages();
    return *this;
  }

  // Says which topology the plan was made from.
  PlannedBatch& OnTopology(const std::string& version) {
    plan_.mutable_topology()->set_version(version);
    return *this;
  }

  const v1::PlanBatchRequest& request() const { return request_; }
  const v1::PlanBatchResponse& plan() const { return plan_; }

  ExecutionResult RunBy(PlanExecutor& executor,
                        absl::Time deadline = absl::Now() +
                                              absl::Seconds(60)) const {
    auto result = executor.Execute(request_.commands(), plan_, deadline);
    EXPECT_TRUE(result.ok()) << result.status();
    return *std::move(result);
  }

 private:
  v1::NodePlan& NodePlanOf(const RespEndpoint& endpoint) {
    if (plan_.stages().empty()) plan_.add_stages();
    v1::Stage& stage = *plan_.mutable_stages(plan_.stages_size() - 1);
    for (v1::NodePlan& node_plan : *stage.mutable_node_plans()) {
      if (node_plan.node().host() == endpoint.host &&
          node_plan.node().port() == endpoint.port) {
        return node_plan;
      }
    }
    v1::NodePlan& node_plan = *stage.add_node_plans();
    node_plan.mutable_node()->set_host(endpoint.host);
    node_plan.mutable_node()->set_port(endpoint.port);
    return node_plan;
  }

  v1::PlanBatchRequest request_;
  v1::PlanBatchResponse plan_;
};

inline RespValue Redirect(const std::string& kind, const RespEndpoint& target) {
  return RespValue::Error(absl::StrCat(kind, " 12182 ", ToString(target)));
}

inline PlannedBatch GetFoo(const FakeNode& node,
                           v1::RetrySafety safety = v1::RETRY_SAFETY_SAFE) {
  return PlannedBatch()
      .AddCommand({"GET", "foo"}, v1::MERGE_OPERATION_SINGLE, safety)
      .AddPart(node.endpoint());
}

}  // namespace slotplanner
