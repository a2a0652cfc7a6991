// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "service/slots/hash_slot.h"

namespace slotplanner {

// Keys, named by their indexes, dealt into groups: every index is in exactly
// one group. Duplicate keys are different indexes.
struct KeyGroups {
  struct Group {
    HashSlot lowest_slot;
    int owner;      // What `owner_of` returned; 0 when grouped by slot.
    int32_t first;  // The group is key_indexes[first, first + count).
    int32_t count;  // At least 1.
  };

  std::span<const int32_t> KeyIndexesOf(const Group& group) const {
    return std::span(key_indexes)
        .subspan(static_cast<size_t>(group.first),
                 static_cast<size_t>(group.count));
  }

  std::vector<Group> groups;         // Ascending by lowest slot.
  std::vector<int32_t> key_indexes;  // In a group by slot, then by index.
};

// One group per slot. `slots[i]` is the slot of key i. O(n), with up to 70 KiB
// beyond the result, however many keys there are. Requires: fewer than 2^31
// keys.
KeyGroups GroupKeysBySlot(std::span<const HashSlot> slots);

// One group per owner. `owner_of` maps a slot to a number in [0, owner_count)
// and is called once per distinct slot, in ascending order. O(n + owners), with
// up to 140 KiB beyond the result and 4 bytes for each owner.
KeyGroups GroupKeysByOwner(std::span<const HashSlot> slots, int owner_count,
                           absl::FunctionRef<int(HashSlot)> owner_of);

}  // namespace slotplanner
