// SPDX-License-Identifier: Apache-2.0
// What is refused before any work is done. Inside, values are good.
#pragma once

#include <optional>

#include "service/answers/api_error.h"
#include "service/answers/group_keys_input.h"
#include "service/answers/plan_batch_input.h"
#include "service/answers/request_limits.h"

namespace slotplanner {

std::optional<ApiError> Validate(const GroupKeysInput& input,
                                 const RequestLimits& limits);
// Requires: `limits` are those that `input` was made with.
std::optional<ApiError> Validate(const PlanBatchInput& input,
                                 const RequestLimits& limits);

}  // namespace slotplanner
