// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace slotplanner {

// Appends one request to `out` as it goes over the wire: an array of bulk
// strings. Requires: `args` not empty. O(bytes).
void AppendRequest(std::span<const std::string_view> args, std::string& out);

}  // namespace slotplanner
