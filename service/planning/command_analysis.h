// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "service/commands/command_keys.h"
#include "service/planning/batch_plan.h"
#include "service/planning/command_policy.h"

namespace slotplanner {

// What the planner needs to know of a command's name, worked out once a batch.
struct CommandTraits {
  BatchRole role;
  bool only_reads;
  RetrySafety retry_safety;
};

// One command of a batch, as understood so far.
struct CommandAnalysis {
  CommandArgs args = {};
  ParsedCommand parsed = {};  // Without `info` when it did not parse.
  CommandTraits traits = {};
  IndexRange keys = {};               // In BatchAnalysis::key_slots.
  bool crosses_slots = false;         // Its keys, or SORT's patterns.
  std::optional<HashSlot> slot = {};  // The first key's; nothing without keys.
  bool in_transaction = false;        // MULTI, EXEC and WATCH included.
  // The slot of the transaction, if a key in it has one.
  std::optional<HashSlot> transaction_slot = {};
  std::optional<Refusal> refusal = {};
};

// The commands of a batch with their keys and slots.
struct BatchAnalysis {
  std::span<const HashSlot> SlotsOf(const CommandAnalysis& command) const {
    return std::span(key_slots).subspan(
        static_cast<size_t>(command.keys.first),
        static_cast<size_t>(command.keys.count));
  }

  // The keys of a command where they stand, those of SORT's patterns that have
  // a slot included.
  std::vector<KeyLocation> KeyLocationsOf(const CommandAnalysis& command) const;

  std::vector<CommandAnalysis> commands;
  std::vector<HashSlot> key_slots;  // Of all keys, command by command.
};

// Parses every command and hashes its keys. A command that is none, or can be
// in no plan, gets its refusal here.
BatchAnalysis AnalyzeBatch(const CommandCatalog& catalog,
                           std::span<const CommandArgs> commands);

}  // namespace slotplanner
