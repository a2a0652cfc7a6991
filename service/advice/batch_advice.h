// SPDX-License-Identifier: Apache-2.0
// How commands, or keys, would get along in one slot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/advice/hash_tag_suggestions.h"
#include "service/commands/command_keys.h"
#include "service/planning/batch_plan.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

// Where a key stands: among keys (then `arg_index` is 0), or as an argument of
// a command.
struct KeyPlace {
  int32_t index;
  int32_t arg_index;

  friend bool operator==(const KeyPlace&, const KeyPlace&) = default;
};

// Keys that must be in one slot, because a command or a transaction has them
// together, or because two of these have one key.
struct SharedSlotGroup {
  std::vector<std::string_view> keys;  // Each once, in the order of the batch.
  std::vector<KeyPlace> places;        // Parallel: where each stands first.
  std::vector<HashTagSuggestion> suggestions;  // The best first.
  // What else helps; empty if the first suggestion has no warning.
  std::vector<Remedy> remedies;
};

// What would make each command of a batch, and each transaction, run in one
// slot.
struct BatchAdvice {
  // Those whose keys are in several slots, in the order of the batch.
  std::vector<SharedSlotGroup> groups;
  // Commands that no renaming helps, each with its refusal.
  std::vector<std::pair<int32_t, Refusal>> refused;
};

// Advice for a batch on one picture of the cluster. Each suggestion was planned
// with the new names: every command of its group is then in a single slot. Pure
// and deterministic. Views are into `commands`.
BatchAdvice AdviseOnBatch(const ClusterSnapshot& snapshot,
                          std::span<const CommandArgs> commands,
                          size_t max_suggestions);

// Advice for keys that must all be in one slot; nothing if they are. Views are
// into `keys`.
std::optional<SharedSlotGroup> AdviseOnKeys(
    std::span<const std::string_view> keys, size_t max_suggestions);

}  // namespace slotplanner
