// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "service/commands/command_keys.h"
#include "service/planning/batch_plan.h"

namespace slotplanner {

// The migration of `slot`, or the end. Requires: `migrations` ascend by slot.
inline std::vector<SlotMigration>::const_iterator FindMigration(
    const std::vector<SlotMigration>& migrations, HashSlot slot) {
  const auto found = std::lower_bound(
      migrations.begin(), migrations.end(), slot,
      [](const SlotMigration& m, HashSlot s) { return m.slot < s; });
  return found != migrations.end() && found->slot == slot ? found
                                                          : migrations.end();
}

// A command to split. Requires: `slots[i]` is the slot of its i-th key.
struct Split {
  int32_t command_index;
  int32_t arg_count;
  KeyRange keys;  // Its only ones.
  std::span<const HashSlot> slots;
  bool gathers;  // Each part says where the elements of its reply belong.
};

// Cuts commands of a batch into parts, one for each slot of their keys, in
// ascending order of slot; while a slot is moving, one for each of its keys
// (rules C1, C5, F1). A part holds the arguments before the keys, its keys with
// what belongs to them in their order, and the arguments behind the keys. A key
// count among the arguments is rewritten as a literal.
class Splitter {
 public:
  // Appends to the pools of `plan`. `migrations` ascend by slot. Both outlive
  // this.
  Splitter(const std::vector<SlotMigration>& migrations, BatchPlan& plan)
      : migrations_(migrations), plan_(plan) {}

  // Hands each part to `add_part`. Returns how many there are.
  int32_t SplitBySlot(const Split& split,
                      absl::FunctionRef<void(const PlannedCommand&)> add_part);

 private:
  bool IsMoving(HashSlot slot) const;

  // The literal of a key count, as arguments name it: -1 - position.
  int32_t LiteralOf(int32_t key_count);

  const std::vector<SlotMigration>& migrations_;
  BatchPlan& plan_;
  absl::flat_hash_map<int32_t, int32_t> literal_of_key_count_;
};

}  // namespace slotplanner
