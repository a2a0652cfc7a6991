// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "service/commands/command_keys.h"
#include "service/planning/batch_plan.h"
#include "service/planning/command_policy.h"

namespace slotplanner {

// What the planner needs to know of a command's name, worked out once a batch,
// and what it counts by name.
struct CommandTraits {
  const CommandInfo* info = nullptr;  // Null when the catalog does not know it.
  BatchRole role = BatchRole::kOrdinary;
  Obstacle obstacle = Obstacle::kNone;
  bool only_reads = false;
  RetrySafety retry_safety = RetrySafety::kUnsafe;
  int32_t split_count = 0;
  int32_t cross_slot_refusal_count = 0;
};

// One command of a batch, as understood so far. A batch has many, most of one
// key: where exactly the keys stand, which few need to know, is found again for
// those. 24 bytes.
struct CommandAnalysis {
  int32_t traits = 0;                 // Index into BatchAnalysis::traits.
  IndexRange keys = {};               // In BatchAnalysis::key_slots.
  std::optional<HashSlot> slot = {};  // The first key's; nothing without keys.
  // The slot of the transaction, if a key in it has one.
  std::optional<HashSlot> transaction_slot = {};
  bool crosses_slots = false;   // Its keys, or SORT's patterns.
  bool may_block = false;       // Its connection (rule C11).
  bool in_transaction = false;  // MULTI, EXEC and WATCH included.
};

// The commands of a batch with their keys and slots.
struct BatchAnalysis {
  const CommandTraits& TraitsOf(const CommandAnalysis& command) const {
    return traits[static_cast<size_t>(command.traits)];
  }

  std::span<const HashSlot> SlotsOf(const CommandAnalysis& command) const {
    return std::span(key_slots).subspan(
        static_cast<size_t>(command.keys.first),
        static_cast<size_t>(command.keys.count));
  }

  // A command parsed once more. Requires: it parses.
  ParsedCommand ParsedOf(size_t index) const;

  // The keys of a command where they stand, those of SORT's patterns that have
  // a slot included. Requires: it parses.
  std::vector<KeyLocation> KeyLocationsOf(size_t index) const;

  std::span<const CommandArgs> args;      // Of each command.
  std::vector<CommandAnalysis> commands;  // As many.
  std::vector<CommandPlan> plans;         // As many, with refusals so far.
  std::vector<HashSlot> key_slots;        // Of all keys, command by command.
  // Of each different command. The first is for what is no command.
  absl::InlinedVector<CommandTraits, 4> traits;
  // About how many parts the plan has, those of keyless commands apart.
  size_t expected_parts = 0;
};

// Parses every command and hashes its keys. A command that is none, or can be
// in no plan, gets its refusal here.
BatchAnalysis AnalyzeBatch(const CommandCatalog& catalog,
                           std::span<const CommandArgs> commands);

}  // namespace slotplanner
