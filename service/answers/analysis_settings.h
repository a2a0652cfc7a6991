// SPDX-License-Identifier: Apache-2.0
// What the analyses of keys and of workloads have in common.
#pragma once

#include <cstddef>
#include <optional>

#include "slotplanner/v1/advisor_service.pb.h"

#include "service/answers/api_error.h"

namespace slotplanner {

// OUT_OF_RANGE for `max_entries`. Does not look at `cluster` and `what_if`.
std::optional<ApiError> Validate(const v1::AnalysisSettings& settings);

// How many entries each list of the answer has at most: `max_entries`, or what
// 0 means. Requires: `settings` are valid.
size_t MaxEntriesOf(const v1::AnalysisSettings& settings);

}  // namespace slotplanner
