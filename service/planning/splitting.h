// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "service/commands/command_keys.h"
#include "service/planning/batch_plan.h"

namespace slotplanner {

// Cuts a command into parts, one for each slot of its keys, in ascending order
// of slot; while a slot is moving, one for each of its keys (rules C1, C5, F1).
// A part holds the arguments before the keys, its keys with what belongs to
// them in their order, and the arguments behind the keys. A key count among the
// arguments is rewritten as a literal. With `gathers`, each part says where the
// elements of its reply belong. Appends to the pools of `plan`.
//
// Requires: one key range; `slots[i]` is the slot of its i-th key.
std::vector<PlannedCommand> SplitBySlot(
    const KeyRange& keys, std::span<const HashSlot> slots, size_t arg_count,
    int32_t command_index, bool gathers,
    absl::FunctionRef<bool(HashSlot)> is_moving, BatchPlan& plan);

}  // namespace slotplanner
