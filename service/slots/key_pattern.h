// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "service/slots/hash_slot.h"

namespace slotplanner {

// The one slot that all keys matching the glob `pattern` are in, or nothing if
// they may be in several: a pattern has a slot iff none of `* ? [ \` stands
// before a complete non-empty hash tag, or it has none of them at all (rule
// B6). O(pattern size).
std::optional<HashSlot> SlotOfPattern(std::string_view pattern);

}  // namespace slotplanner
