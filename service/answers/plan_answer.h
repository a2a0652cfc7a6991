// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/answers/plan_batch_input.h"
#include "service/answers/wire_writer.h"
#include "service/planning/batch_plan.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

// The plan of a request. Refers to `snapshot`. Requires: input that validation
// let pass.
BatchPlan MakePlan(const PlanBatchInput& input,
                   const ClusterSnapshot& snapshot);

// A PlanBatchResponse that says `plan`, which was made on `snapshot`.
WireBytes ToResponse(const BatchPlan& plan, const ClusterSnapshot& snapshot);

}  // namespace slotplanner
