// SPDX-License-Identifier: Apache-2.0
#include "service/planning/splitting.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "service/slots/key_groups.h"

namespace slotplanner {
namespace {

// The index of `text` among the literals, as arguments name it: -1 - position.
int32_t LiteralIndex(std::string text, BatchPlan& plan) {
  auto found = std::find(plan.literals.begin(), plan.literals.end(), text);
  if (found == plan.literals.end()) {
    found = plan.literals.insert(plan.literals.end(), std::move(text));
  }
  return static_cast<int32_t>(-1 - (found - plan.literals.begin()));
}

// Appends to the plan's index pool the arguments of the part that holds
// `key_indexes`.
IndexRange AppendArguments(const KeyRange& keys,
                           std::span<const int32_t> key_indexes,
                           size_t arg_count, BatchPlan& plan) {
  auto& pool = plan.index_pool;
  const auto first = static_cast<int32_t>(pool.size());
  for (int32_t i = 0; i < keys.first; ++i) {
    pool.push_back(keys.count_arg == i
                       ? LiteralIndex(std::to_string(key_indexes.size()), plan)
                       : i);
  }
  for (const int32_t key : key_indexes) {
    const int32_t begin = keys.PositionOf(key);
    const int32_t end =
        std::min(begin + keys.step, static_cast<int32_t>(arg_count));
    for (int32_t i = begin; i < end; ++i) pool.push_back(i);
  }
  for (int32_t i = keys.PositionOf(keys.count);
       i < static_cast<int32_t>(arg_count); ++i) {
    pool.push_back(i);
  }
  return {.first = first, .count = static_cast<int32_t>(pool.size()) - first};
}

}  // namespace

std::vector<PlannedCommand> SplitBySlot(
    const KeyRange& keys, std::span<const HashSlot> slots, size_t arg_count,
    int32_t command_index, bool gathers,
    absl::FunctionRef<bool(HashSlot)> is_moving, BatchPlan& plan) {
  const KeyGroups groups = GroupKeysBySlot(slots);
  std::vector<PlannedCommand> parts;
  parts.reserve(groups.groups.size());
  const auto add_part = [&](HashSlot slot, std::span<const int32_t> indexes) {
    PlannedCommand part{.command_index = command_index,
                        .part_index = static_cast<int32_t>(parts.size()),
                        .slot = slot};
    part.arg_indexes = AppendArguments(keys, indexes, arg_count, plan);
    if (gathers) {
      part.reply_positions = {
          .first = static_cast<int32_t>(plan.index_pool.size()),
          .count = static_cast<int32_t>(indexes.size())};
      plan.index_pool.insert(plan.index_pool.end(), indexes.begin(),
                             indexes.end());
    }
    parts.push_back(part);
  };
  for (const KeyGroups::Group& group : groups.groups) {
    const auto indexes = groups.KeyIndexesOf(group);
    if (!is_moving(group.lowest_slot)) {
      add_part(group.lowest_slot, indexes);
      continue;
    }
    for (size_t i = 0; i < indexes.size(); ++i) {
      add_part(group.lowest_slot, indexes.subspan(i, 1));
    }
  }
  return parts;
}

}  // namespace slotplanner
