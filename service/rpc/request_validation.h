// SPDX-License-Identifier: Apache-2.0
// What is refused before any work is done. Inside, values are good.
#pragma once

#include <optional>

#include "slotplanner/v1/slot_planner_service.pb.h"

#include "service/rpc/rpc_status.h"
#include "service/rpc/services.h"

namespace slotplanner {

std::optional<ApiError> Validate(const v1::GroupKeysRequest& request,
                                 const RequestLimits& limits);
std::optional<ApiError> Validate(const v1::PlanBatchRequest& request,
                                 const RequestLimits& limits);

}  // namespace slotplanner
