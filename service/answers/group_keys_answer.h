// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "slotplanner/v1/slot_planner_service.pb.h"

#include "service/topology/topology_store.h"

namespace slotplanner {

// Whether an answer depends on the topology: by slot, keys can be grouped
// without.
bool NeedsTopology(const v1::GroupKeysRequest& request);

// Fills the response. `snapshot` may be null unless `NeedsTopology(request)`;
// then the groups have no nodes. Requires: enum values that validation let
// pass.
void AnswerGroupKeys(const v1::GroupKeysRequest& request,
                     const ClusterSnapshot* snapshot,
                     v1::GroupKeysResponse& response);

}  // namespace slotplanner
