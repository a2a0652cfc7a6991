// SPDX-License-Identifier: Apache-2.0
// Calls a server that does not exist, to show that headers and libraries are
// all there.
#include <iostream>

#include "client/cpp/plan_executor.h"
#include "client/cpp/slot_planner_client.h"

int main() {
  const auto client = slotplanner::MakeSlotPlannerClient(
      {.target = "unix:/nonexistent",
       .default_timeout = absl::Milliseconds(100)});
  slotplanner::v1::KeyslotRequest request;
  request.set_key("foo");
  if (client->Keyslot(request).ok()) return 1;

  slotplanner::PlanExecutor executor({});
  const auto result = executor.Execute({}, {}, absl::InfiniteFuture());
  if (!result.ok() || !result->commands.empty()) return 1;
  std::cout << "slotplanner is installed\n";
  return 0;
}
