// SPDX-License-Identifier: Apache-2.0
// Calls a server that does not exist, to show that headers and libraries are
// all there.
#include <iostream>
#include <memory>

#include "client/cpp/plan_executor.h"
#include "client/cpp/slot_planner_client.h"
#include "client/local/local_planner.h"

int main() {
  const std::shared_ptr<const slotplanner::SlotPlannerClient> client =
      slotplanner::MakeSlotPlannerClient(
          {.target = "unix:/nonexistent",
           .default_timeout = absl::Milliseconds(100)});
  slotplanner::v1::KeyslotRequest request;
  request.set_key("foo");
  if (client->Keyslot(request).ok()) return 1;

  const slotplanner::LocalPlanner planner(client);
  if (planner.Keyslot(request)->slot() != 12182) return 1;

  slotplanner::PlanExecutor executor({});
  const auto result = executor.Execute({}, {}, absl::InfiniteFuture());
  if (!result.ok() || !result->commands.empty()) return 1;
  std::cout << "slotplanner is installed\n";
  return 0;
}
