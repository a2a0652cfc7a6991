// SPDX-License-Identifier: Apache-2.0
#include "service/slots/key_groups.h"

#include <algorithm>
#include <cstddef>

namespace slotplanner {
namespace {

// Below this many keys a comparison sort is cheaper than touching the 64 KiB of
// counters that a counting sort needs.
constexpr size_t kFewKeys = 1024;

// The indexes of `slots`, ordered by slot, then by index.
std::vector<int32_t> IndexesBySlot(std::span<const HashSlot> slots) {
  std::vector<int32_t> indexes(slots.size());
  if (slots.size() < kFewKeys) {
    std::vector<uint64_t> keyed(slots.size());
    for (size_t i = 0; i < slots.size(); ++i) {
      keyed[i] = static_cast<uint64_t>(slots[i].value()) << 32 | i;
    }
    std::sort(keyed.begin(), keyed.end());
    for (size_t i = 0; i < slots.size(); ++i) {
      indexes[i] = static_cast<int32_t>(keyed[i] & 0x7fffffff);
    }
    return indexes;
  }
  std::vector<int32_t> next(kHashSlotCount + 1);
  for (const HashSlot slot : slots) {
    ++next[static_cast<size_t>(slot.value()) + 1];
  }
  for (size_t s = 1; s < next.size(); ++s) next[s] += next[s - 1];
  for (size_t i = 0; i < slots.size(); ++i) {
    int32_t& position = next[static_cast<size_t>(slots[i].value())];
    indexes[static_cast<size_t>(position++)] = static_cast<int32_t>(i);
  }
  return indexes;
}

}  // namespace

KeyGroups GroupKeysBySlot(std::span<const HashSlot> slots) {
  KeyGroups result;
  result.key_indexes = IndexesBySlot(slots);
  for (size_t i = 0; i < result.key_indexes.size(); ++i) {
    const HashSlot slot = slots[static_cast<size_t>(result.key_indexes[i])];
    if (result.groups.empty() || result.groups.back().lowest_slot != slot) {
      result.groups.push_back({.lowest_slot = slot,
                               .owner = 0,
                               .first = static_cast<int32_t>(i),
                               .count = 0});
    }
    ++result.groups.back().count;
  }
  return result;
}

KeyGroups GroupKeysByOwner(std::span<const HashSlot> slots, int owner_count,
                           absl::FunctionRef<int(HashSlot)> owner_of) {
  const KeyGroups by_slot = GroupKeysBySlot(slots);
  KeyGroups result;
  // Groups open in the order of their lowest slots, because slots ascend.
  std::vector<int> group_of_owner(static_cast<size_t>(owner_count), -1);
  std::vector<int> group_of_slot_group;
  group_of_slot_group.reserve(by_slot.groups.size());
  for (const KeyGroups::Group& slot_group : by_slot.groups) {
    const int owner = owner_of(slot_group.lowest_slot);
    int& group = group_of_owner[static_cast<size_t>(owner)];
    if (group < 0) {
      group = static_cast<int>(result.groups.size());
      result.groups.push_back({.lowest_slot = slot_group.lowest_slot,
                               .owner = owner,
                               .first = 0,
                               .count = 0});
    }
    result.groups[static_cast<size_t>(group)].count += slot_group.count;
    group_of_slot_group.push_back(group);
  }
  int32_t first = 0;
  std::vector<int32_t> next;
  for (KeyGroups::Group& group : result.groups) {
    group.first = first;
    next.push_back(first);
    first += group.count;
  }
  result.key_indexes.resize(slots.size());
  for (size_t g = 0; g < by_slot.groups.size(); ++g) {
    const auto indexes = by_slot.KeyIndexesOf(by_slot.groups[g]);
    int32_t& position = next[static_cast<size_t>(group_of_slot_group[g])];
    std::copy(indexes.begin(), indexes.end(),
              result.key_indexes.begin() + position);
    position += static_cast<int32_t>(indexes.size());
  }
  return result;
}

}  // namespace slotplanner
