// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "slotplanner/v1/topology_service.pb.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cpp/slot_planner_client.h"
#include "service/resp/resp_endpoint.h"
#include "tests/e2e/differential/redis_session.h"

namespace slotplanner::differential {

RespEndpoint EndpointOf(const v1::Node& node);

// The topology of the planner's default cluster once its nodes have the roles
// that it says, and each replica has applied what its primary had executed
// before the call. DEADLINE_EXCEEDED when that takes more than a minute.
absl::StatusOr<v1::Topology> WaitForReplicas(const SlotPlannerClient& planner);

}  // namespace slotplanner::differential
