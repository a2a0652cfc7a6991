// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "slotplanner/v1/slot_planner_service.pb.h"

#include "service/topology/topology_store.h"

namespace slotplanner {

// Fills the response: slot and hash tag always, the owner if `snapshot` is not
// null and the slot is assigned.
void AnswerKeyslot(const v1::KeyslotRequest& request,
                   const ClusterSnapshot* snapshot,
                   v1::KeyslotResponse& response);

}  // namespace slotplanner
