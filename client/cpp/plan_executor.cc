// SPDX-License-Identifier: Apache-2.0
#include "client/cpp/plan_executor.h"

#include <cstddef>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/cpp/deliveries.h"
#include "client/cpp/planned_parts.h"

namespace slotplanner {
namespace {

CommandResult Conclude(const v1::CommandPlan& command_plan,
                       std::vector<PartResult> parts) {
  CommandResult result{.reply = {}, .parts = std::move(parts), .refusal = {}};
  if (command_plan.verdict() == v1::VERDICT_REFUSED) {
    result.refusal = command_plan.refusal();
    result.reply = RespValue::Error(
        absl::StrCat("REFUSED ", command_plan.refusal().message()));
    return result;
  }
  result.reply = ReplyOf(command_plan.merge().operation(), result.parts);
  return result;
}

}  // namespace

PlanExecutor::PlanExecutor(NodeConnectionsOptions options,
                           const BackoffOptions& backoff,
                           AddressMap address_map)
    : connections_(std::move(options)),
      options_{.backoff = backoff, .address_map = std::move(address_map)} {}

absl::StatusOr<ExecutionResult> PlanExecutor::Execute(
    const google::protobuf::RepeatedPtrField<v1::Command>& commands,
    const v1::PlanBatchResponse& plan, absl::Time deadline) {
  const auto stages = ResolvePlan(commands, plan);
  if (!stages.ok()) return stages.status();
  const auto deliveries = GroupIntoDeliveries(*stages);
  if (!deliveries.ok()) return deliveries.status();
  PlanRunResult run =
      RunPlan(plan, *deliveries, connections_, options_, deadline);
  ExecutionResult result;
  result.plan_outdated = run.plan_outdated;
  result.redirection = std::move(run.redirection);
  for (size_t i = 0; i < run.parts.size(); ++i) {
    result.commands.push_back(Conclude(plan.command_plans(static_cast<int>(i)),
                                       std::move(run.parts[i])));
  }
  return result;
}

}  // namespace slotplanner
