// SPDX-License-Identifier: Apache-2.0
// What the analyses of keys and of workloads have in common.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "slotplanner/v1/advisor_service.pb.h"

#include "service/answers/api_error.h"

namespace slotplanner {

// Reads the settings of a stream's message, apart from all else in it. False:
// they are none, or more than protobuf is left with of a request
// (`WireReader::kMaxUnusualSize`): twice the largest pasted topology.
bool ParseSettings(std::string_view bytes, v1::AnalysisSettings& settings);

// OUT_OF_RANGE for `max_entries`. Does not look at `cluster` and `what_if`.
std::optional<ApiError> Validate(const v1::AnalysisSettings& settings);

// How many entries each list of the answer has at most: `max_entries`, or what
// 0 means. Requires: `settings` are valid.
size_t MaxEntriesOf(const v1::AnalysisSettings& settings);

}  // namespace slotplanner
