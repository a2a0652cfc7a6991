// SPDX-License-Identifier: Apache-2.0
#include "service/planning/command_analysis.h"

#include <cstddef>
#include <utility>

#include "service/planning/refusals.h"
#include "service/slots/key_pattern.h"

namespace slotplanner {
namespace {

class Analyzer {
 public:
  Analyzer(const CommandCatalog& catalog, BatchAnalysis& analysis)
      : catalog_(catalog), analysis_(analysis) {}

  CommandAnalysis Analyze(CommandArgs args) {
    CommandAnalysis command{.args = args};
    auto parsed = ParseCommand(catalog_, args);
    if (const auto* error = std::get_if<CommandError>(&parsed)) {
      command.refusal = RefuseBadCommand(*error);
      return command;
    }
    command.parsed = std::get<ParsedCommand>(std::move(parsed));
    command.traits = TraitsOf(*command.parsed.info);
    HashKeys(command);
    if (const auto why = WhyUnplannable(command.parsed, args)) {
      command.refusal = RefuseUnplannable(*why);
      command.refusal->keys = analysis_.KeyLocationsOf(command);
    }
    return command;
  }

 private:
  const CommandTraits& TraitsOf(const CommandInfo& info) {
    const auto [found, inserted] = traits_.try_emplace(&info);
    if (inserted) {
      found->second = {.role = RoleOf(info),
                       .only_reads = OnlyReads(info),
                       .retry_safety = RetrySafetyOf(info)};
    }
    return found->second;
  }

  void HashKeys(CommandAnalysis& command) {
    auto& slots = analysis_.key_slots;
    command.keys.first = static_cast<int32_t>(slots.size());
    for (const KeyRange& range : command.parsed.key_ranges) {
      for (int key = 0; key < range.count; ++key) {
        const auto position = static_cast<size_t>(range.PositionOf(key));
        const HashSlot slot = HashSlot::OfKey(command.args[position]);
        slots.push_back(slot);
        if (!command.slot) command.slot = slot;
        if (slot != *command.slot) command.crosses_slots = true;
      }
    }
    command.keys.count =
        static_cast<int32_t>(slots.size()) - command.keys.first;
    for (const int position : command.parsed.pattern_args) {
      const auto slot =
          SlotOfPattern(command.args[static_cast<size_t>(position)]);
      if (slot != command.slot) command.crosses_slots = true;
    }
  }

  const CommandCatalog& catalog_;
  BatchAnalysis& analysis_;
  absl::flat_hash_map<const CommandInfo*, CommandTraits> traits_;
};

}  // namespace

std::vector<KeyLocation> BatchAnalysis::KeyLocationsOf(
    const CommandAnalysis& command) const {
  std::vector<KeyLocation> locations;
  locations.reserve(static_cast<size_t>(command.keys.count));
  size_t next = static_cast<size_t>(command.keys.first);
  for (const KeyRange& range : command.parsed.key_ranges) {
    for (int key = 0; key < range.count; ++key) {
      locations.push_back({range.PositionOf(key), key_slots[next++]});
    }
  }
  for (const int position : command.parsed.pattern_args) {
    const auto slot =
        SlotOfPattern(command.args[static_cast<size_t>(position)]);
    if (slot) locations.push_back({position, *slot});
  }
  return locations;
}

BatchAnalysis AnalyzeBatch(const CommandCatalog& catalog,
                           std::span<const CommandArgs> commands) {
  BatchAnalysis analysis;
  analysis.commands.reserve(commands.size());
  Analyzer analyzer(catalog, analysis);
  for (const CommandArgs args : commands) {
    analysis.commands.push_back(analyzer.Analyze(args));
  }
  return analysis;
}

}  // namespace slotplanner
