// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace slotplanner {

// Whether `name` may be that of a cluster or of a caller: 1 to 63 lower-case
// letters, digits, `-` and `_`, a letter first. Names stand in metrics and logs
// as they are.
bool IsConfigName(std::string_view name);

}  // namespace slotplanner
