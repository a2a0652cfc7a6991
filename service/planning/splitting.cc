// SPDX-License-Identifier: Apache-2.0
#include "service/planning/splitting.h"

#include <algorithm>
#include <string>

#include "service/slots/key_groups.h"

namespace slotplanner {

int32_t Splitter::SplitBySlot(
    const Split& split,
    absl::FunctionRef<void(const PlannedCommand&)> add_part) {
  const KeyRange& keys = split.keys;
  const int32_t behind_keys =
      std::min(keys.PositionOf(keys.count), split.arg_count);
  const KeyGroups groups = GroupKeysBySlot(split.slots);
  int32_t part_count = 0;
  for (const KeyGroups::Group& group : groups.groups) {
    part_count += IsMoving(group.lowest_slot) ? group.count : 1;
  }

  // Every part repeats what is around the keys, and all together hold the keys
  // once. The pool grows once for all of them and is then filled in place.
  const int32_t repeated = keys.first + split.arg_count - behind_keys;
  auto next = static_cast<int32_t>(plan_.index_pool.size());
  plan_.index_pool.resize(plan_.index_pool.size() +
                          static_cast<size_t>(part_count) *
                              static_cast<size_t>(repeated) +
                          static_cast<size_t>(behind_keys - keys.first) +
                          (split.gathers ? split.slots.size() : 0));
  int32_t* const pool = plan_.index_pool.data();
  const auto append = [&next, pool](int32_t begin, int32_t end) {
    for (int32_t i = begin; i < end; ++i) pool[next++] = i;
  };

  PlannedCommand part{.command_index = split.command_index};
  const auto emit = [&](HashSlot slot, std::span<const int32_t> key_indexes) {
    part.slot = slot;
    part.arg_indexes.first = next;
    append(0, keys.first);
    if (keys.count_arg && *keys.count_arg < keys.first) {
      pool[part.arg_indexes.first + *keys.count_arg] =
          LiteralOf(static_cast<int32_t>(key_indexes.size()));
    }
    for (const int32_t key : key_indexes) {
      const int32_t begin = keys.PositionOf(key);
      append(begin, std::min(begin + keys.step, split.arg_count));
    }
    append(behind_keys, split.arg_count);
    part.arg_indexes.count = next - part.arg_indexes.first;
    if (split.gathers) {
      part.reply_positions = {
          .first = next, .count = static_cast<int32_t>(key_indexes.size())};
      std::copy(key_indexes.begin(), key_indexes.end(), pool + next);
      next += part.reply_positions.count;
    }
    add_part(part);
    ++part.part_index;
  };
  for (const KeyGroups::Group& group : groups.groups) {
    const auto indexes = groups.KeyIndexesOf(group);
    if (!IsMoving(group.lowest_slot)) {
      emit(group.lowest_slot, indexes);
      continue;
    }
    for (size_t i = 0; i < indexes.size(); ++i) {
      emit(group.lowest_slot, indexes.subspan(i, 1));
    }
  }
  return part_count;
}

bool Splitter::IsMoving(HashSlot slot) const {
  return FindMigration(migrations_, slot) != migrations_.end();
}

int32_t Splitter::LiteralOf(int32_t key_count) {
  const auto [found, inserted] = literal_of_key_count_.try_emplace(key_count);
  if (inserted) {
    plan_.literals.push_back(std::to_string(key_count));
    found->second = -static_cast<int32_t>(plan_.literals.size());
  }
  return found->second;
}

}  // namespace slotplanner
