// SPDX-License-Identifier: Apache-2.0
// From counted keys to messages, and back.
#pragma once

#include <optional>
#include <string_view>

#include "slotplanner/v1/advisor_service.pb.h"

#include "service/advice/key_counts.h"
#include "service/answers/api_error.h"

namespace slotplanner {

// Fills the whole of the message. Without `show_keys` it has no hash tags, and
// errors that allow for that.
void FillKeyCounts(const KeyCounts& counts, bool show_keys,
                   v1::KeyCounts& message);

// Adds to `counts` what the message holds: that of an earlier analysis, or what
// somebody made up, so each number is checked. OUT_OF_RANGE, TOO_MANY; then
// `counts` are as before.
std::optional<ApiError> AddKeyCounts(const v1::KeyCounts& message,
                                     KeyCounts& counts);

// The same of the bytes of a message. TOO_MANY also for more than 3 MiB of them
// (no analysis has more than 2.6 MiB), MALFORMED_REQUEST if they are no
// message, or hold groups. Takes up to 24 times their memory.
std::optional<ApiError> AddSerializedKeyCounts(std::string_view bytes,
                                               KeyCounts& counts);

}  // namespace slotplanner
