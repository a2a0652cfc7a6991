// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "service/commands/command_keys.h"
#include "service/planning/batch_plan.h"
#include "service/planning/read_routing.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

// What the caller wants planned.
struct BatchRequest {
  // In the order in which the caller would send them.
  std::span<const CommandArgs> commands;
  ReadPreference read_preference = ReadPreference::kPrimary;
  std::string_view client_zone = {};
  SplitPolicy split_policy = SplitPolicy::kSplit;
};

// The plan of a batch on one picture of the cluster, by the rules of planning
// (docs/api.md). Pure and deterministic: the same input gives the same plan. A
// command that cannot be planned is refused on its own (rule D5). O(arguments).
// Requires: fewer than 2^31 arguments. `snapshot` outlives the plan.
BatchPlan PlanBatch(const ClusterSnapshot& snapshot,
                    const BatchRequest& request);

}  // namespace slotplanner
