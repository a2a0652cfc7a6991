// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "slotplanner/v1/slot_planner_service.pb.h"

#include "service/planning/batch_plan.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

// Fills the response, and returns the plan that it was made from, for whoever
// counts. The plan refers to `snapshot`. Requires: enum values that validation
// let pass.
BatchPlan AnswerPlanBatch(const v1::PlanBatchRequest& request,
                          const ClusterSnapshot& snapshot,
                          v1::PlanBatchResponse& response);

}  // namespace slotplanner
