// SPDX-License-Identifier: Apache-2.0
#include "service/planning/command_analysis.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_map.h"
#include "service/planning/refusals.h"
#include "service/slots/key_pattern.h"

namespace slotplanner {
namespace {

class Analyzer {
 public:
  Analyzer(const CommandCatalog& catalog, BatchAnalysis& analysis)
      : catalog_(catalog), analysis_(analysis) {
    analysis_.traits.emplace_back();
  }

  // Analyses the command at `index`; gives its refusal, if it has one already.
  OptionalRefusal Analyze(size_t index) {
    const CommandArgs args = analysis_.args[index];
    if (!RepeatsLastName(args)) {
      auto found = FindCommand(catalog_, args);
      if (auto* error = std::get_if<CommandError>(&found)) {
        return RefuseBadCommand(std::move(*error));
      }
      last_name_ = args[0];
      last_info_ = std::get<const CommandInfo*>(found);
      last_traits_ = IndexOfTraits(*last_info_);
    }
    auto result = FindKeys(*last_info_, args);
    if (auto* error = std::get_if<CommandError>(&result)) {
      return RefuseBadCommand(std::move(*error));
    }
    const auto& parsed = std::get<ParsedCommand>(result);
    CommandAnalysis& command = analysis_.commands[index];
    command.traits = last_traits_;
    command.may_block = MayBlock(parsed, args);
    HashKeys(parsed, args, command);
    analysis_.expected_parts +=
        command.crosses_slots
            ? static_cast<size_t>(std::min(command.keys.count, kHashSlotCount))
            : 1;
    const Obstacle obstacle = analysis_.TraitsOf(command).obstacle;
    if (obstacle == Obstacle::kNone) return {};
    auto why = WhyUnplannable(obstacle, parsed, args);
    if (!why) return {};
    return RefuseUnplannable(*std::move(why), analysis_.KeyLocationsOf(index));
  }

 private:
  // Whether `args` begin with the name of the command found last. Batches
  // repeat names, and a GET whose name need not be looked up costs a quarter
  // less. The full name of a subcommand is longer than the first argument.
  bool RepeatsLastName(CommandArgs args) const {
    return last_info_ != nullptr && !args.empty() && args[0] == last_name_ &&
           last_info_->name.size() == last_name_.size() &&
           last_info_->subcommands.empty();
  }

  // The index of the command's traits, worked out if they are new.
  int32_t IndexOfTraits(const CommandInfo& info) {
    auto& traits = analysis_.traits;
    const auto [found, inserted] = index_of_traits_.try_emplace(
        &info, static_cast<int32_t>(traits.size()));
    if (inserted) {
      traits.push_back({.info = &info,
                        .role = RoleOf(info),
                        .obstacle = ObstacleOf(info),
                        .only_reads = OnlyReads(info),
                        .retry_safety = RetrySafetyOf(info)});
    }
    return found->second;
  }

  void HashKeys(const ParsedCommand& parsed, CommandArgs args,
                CommandAnalysis& command) {
    auto& slots = analysis_.key_slots;
    command.keys.first = static_cast<int32_t>(slots.size());
    for (const KeyRange& range : parsed.key_ranges) {
      for (int key = 0; key < range.count; ++key) {
        const auto position = static_cast<size_t>(range.PositionOf(key));
        const HashSlot slot = HashSlot::OfKey(args[position]);
        slots.push_back(slot);
        if (!command.slot) command.slot = slot;
        if (slot != *command.slot) command.crosses_slots = true;
      }
    }
    command.keys.count =
        static_cast<int32_t>(slots.size()) - command.keys.first;
    for (const int position : parsed.pattern_args) {
      const auto slot = SlotOfPattern(args[static_cast<size_t>(position)]);
      if (slot != command.slot) command.crosses_slots = true;
    }
  }

  const CommandCatalog& catalog_;
  BatchAnalysis& analysis_;
  absl::flat_hash_map<const CommandInfo*, int32_t> index_of_traits_;
  // The command found last, if one was, and its name as the caller wrote it.
  std::string_view last_name_;
  const CommandInfo* last_info_ = nullptr;
  int32_t last_traits_ = 0;  // Index into the traits.
};

}  // namespace

ParsedCommand BatchAnalysis::ParsedOf(size_t index) const {
  return std::get<ParsedCommand>(
      FindKeys(*TraitsOf(commands[index]).info, args[index]));
}

std::vector<KeyLocation> BatchAnalysis::KeyLocationsOf(size_t index) const {
  const ParsedCommand parsed = ParsedOf(index);
  const IndexRange keys = commands[index].keys;
  std::vector<KeyLocation> locations;
  locations.reserve(static_cast<size_t>(keys.count));
  auto next = static_cast<size_t>(keys.first);
  for (const KeyRange& range : parsed.key_ranges) {
    for (int key = 0; key < range.count; ++key) {
      locations.push_back({range.PositionOf(key), key_slots[next++]});
    }
  }
  for (const int position : parsed.pattern_args) {
    const auto slot = SlotOfPattern(args[index][static_cast<size_t>(position)]);
    if (slot) locations.push_back({position, *slot});
  }
  return locations;
}

BatchAnalysis AnalyzeBatch(const CommandCatalog& catalog,
                           std::span<const CommandArgs> commands) {
  BatchAnalysis analysis;
  analysis.args = commands;
  analysis.commands.resize(commands.size());
  analysis.plans.resize(commands.size());
  analysis.key_slots.reserve(commands.size());
  Analyzer analyzer(catalog, analysis);
  for (size_t i = 0; i < commands.size(); ++i) {
    analysis.plans[i].refusal = analyzer.Analyze(i);
  }
  return analysis;
}

}  // namespace slotplanner
