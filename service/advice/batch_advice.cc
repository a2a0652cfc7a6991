// SPDX-License-Identifier: Apache-2.0
#include "service/advice/batch_advice.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "service/base/strings.h"
#include "service/planning/plan_batch.h"
#include "service/slots/hash_slot.h"

namespace slotplanner {
namespace {

// Which of some things hang together.
class DisjointSets {
 public:
  explicit DisjointSets(size_t size) : parents_(size) {
    std::iota(parents_.begin(), parents_.end(), size_t{0});
  }

  // The same for all that hang together: the first of them.
  size_t Find(size_t i) {
    while (parents_[i] != i) {
      parents_[i] = parents_[parents_[i]];
      i = parents_[i];
    }
    return i;
  }

  void Join(size_t a, size_t b) {
    a = Find(a);
    b = Find(b);
    parents_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<size_t> parents_;
};

bool IsNamed(CommandArgs command, std::string_view name) {
  return !command.empty() &&
         absl::EqualsIgnoreCase(ToAbsl(command[0]), ToAbsl(name));
}

// For each command its unit: itself, or the MULTI of its transaction.
std::vector<size_t> UnitsOf(std::span<const CommandArgs> commands) {
  std::vector<size_t> units(commands.size());
  size_t transaction = commands.size();  // None is open.
  for (size_t i = 0; i < commands.size(); ++i) {
    if (transaction == commands.size() && IsNamed(commands[i], "multi")) {
      transaction = i;
    }
    units[i] = std::min(transaction, i);
    if (IsNamed(commands[i], "exec") || IsNamed(commands[i], "discard")) {
      transaction = commands.size();
    }
  }
  return units;
}

// The positions of a command's keys, in the order of the key specifications;
// none if it is no command of the catalog.
std::vector<int32_t> KeyPositions(const CommandCatalog& catalog,
                                  CommandArgs command) {
  std::vector<int32_t> positions;
  const auto parsed = ParseCommand(catalog, command);
  const auto* const found = std::get_if<ParsedCommand>(&parsed);
  if (found == nullptr) return positions;
  for (const KeyRange& range : found->key_ranges) {
    for (int i = 0; i < range.count; ++i) {
      positions.push_back(range.PositionOf(i));
    }
  }
  return positions;
}

bool SpanSlots(const std::vector<std::string_view>& keys) {
  return std::any_of(keys.begin(), keys.end(), [&](std::string_view key) {
    return HashSlot::OfKey(key) != HashSlot::OfKey(keys.front());
  });
}

// A batch with its keys by what must share a slot.
class Groups {
 public:
  Groups(const CommandCatalog& catalog, std::span<const CommandArgs> commands)
      : commands_(commands), units_(UnitsOf(commands)), sets_(commands.size()) {
    absl::flat_hash_map<std::string_view, size_t> unit_of_key;
    for (size_t i = 0; i < commands.size(); ++i) {
      sets_.Join(units_[i], i);
      for (const int32_t position : KeyPositions(catalog, commands[i])) {
        const auto key = commands[i][static_cast<size_t>(position)];
        keys_.push_back({static_cast<int32_t>(i), position});
        // A key has one name: what uses it hangs together.
        sets_.Join(unit_of_key.try_emplace(key, i).first->second, i);
      }
    }
  }

  // Those whose keys are in several slots, with the commands of each.
  struct Group {
    SharedSlotGroup keys;
    std::vector<size_t> commands;
  };
  std::vector<Group> InSeveralSlots() {
    std::map<size_t, Group> groups;  // By the first command.
    for (size_t i = 0; i < commands_.size(); ++i) {
      groups[sets_.Find(i)].commands.push_back(i);
    }
    absl::flat_hash_set<std::string_view> known;
    for (const KeyPlace& place : keys_) {
      const auto key = At(place);
      if (!known.insert(key).second) continue;
      auto& group = groups[sets_.Find(static_cast<size_t>(place.index))];
      group.keys.keys.push_back(key);
      group.keys.places.push_back(place);
    }
    std::vector<Group> result;
    for (auto& [first, group] : groups) {
      if (SpanSlots(group.keys.keys)) result.push_back(std::move(group));
    }
    return result;
  }

 private:
  std::string_view At(const KeyPlace& place) const {
    return commands_[static_cast<size_t>(place.index)]
                    [static_cast<size_t>(place.arg_index)];
  }

  const std::span<const CommandArgs> commands_;
  const std::vector<size_t> units_;
  DisjointSets sets_;
  std::vector<KeyPlace> keys_;
};

// Whether each of the group's commands is in one slot once its keys have the
// names of the suggestion.
bool Works(const ClusterSnapshot& snapshot,
           std::span<const CommandArgs> commands, const Groups::Group& group,
           const HashTagSuggestion& suggestion) {
  absl::flat_hash_map<std::string_view, std::string_view> new_names;
  for (const KeyRenaming& renaming : suggestion.renamings) {
    new_names[group.keys.keys[renaming.key_index]] = renaming.new_key;
  }
  std::vector<std::vector<std::string_view>> renamed;
  renamed.reserve(group.commands.size());
  for (const size_t i : group.commands) {
    auto& args = renamed.emplace_back(commands[i].begin(), commands[i].end());
    for (const int32_t position : KeyPositions(*snapshot.catalog, args)) {
      std::string_view& arg = args[static_cast<size_t>(position)];
      const auto name = new_names.find(arg);
      if (name != new_names.end()) arg = name->second;
    }
  }
  const std::vector<CommandArgs> batch(renamed.begin(), renamed.end());
  const BatchPlan plan = PlanBatch(
      snapshot, {.commands = batch, .split_policy = SplitPolicy::kAtomic});
  return std::all_of(plan.command_plans.begin(), plan.command_plans.end(),
                     [](const CommandPlan& command) {
                       return command.verdict == Verdict::kSingleSlot ||
                              command.verdict == Verdict::kAnyNode;
                     });
}

// What else helps, if the suggestions leave something to be desired.
std::vector<Remedy> RemediesBeside(
    std::span<const HashTagSuggestion> suggestions) {
  if (!suggestions.empty() && suggestions.front().warnings.empty()) return {};
  return {{RemedyKind::kHashFields,
           "Keep what belongs together as fields of one hash, or as one value: "
           "one key is always in one slot."},
          {RemedyKind::kPipeline,
           "If these are several things of a kind, do not put them into one "
           "slot: send a command for each, in one batch, and let the plan "
           "spread them."}};
}

}  // namespace

BatchAdvice AdviseOnBatch(const ClusterSnapshot& snapshot,
                          std::span<const CommandArgs> commands,
                          size_t max_suggestions) {
  BatchAdvice advice;
  Groups groups(*snapshot.catalog, commands);
  for (Groups::Group& group : groups.InSeveralSlots()) {
    group.keys.suggestions = SuggestHashTags(group.keys.keys, max_suggestions);
    std::erase_if(group.keys.suggestions,
                  [&](const HashTagSuggestion& suggestion) {
                    return !Works(snapshot, commands, group, suggestion);
                  });
    group.keys.remedies = RemediesBeside(group.keys.suggestions);
    advice.groups.push_back(std::move(group.keys));
  }
  const BatchPlan plan = PlanBatch(snapshot, {.commands = commands});
  for (size_t i = 0; i < plan.command_plans.size(); ++i) {
    const OptionalRefusal& refusal = plan.command_plans[i].refusal;
    if (refusal && refusal->reason != RefusalReason::kCrossSlot &&
        refusal->reason != RefusalReason::kCrossSlotTransaction &&
        refusal->reason != RefusalReason::kSlotUnassigned) {
      advice.refused.emplace_back(static_cast<int32_t>(i), *refusal);
    }
  }
  return advice;
}

std::optional<SharedSlotGroup> AdviseOnKeys(
    std::span<const std::string_view> keys, size_t max_suggestions) {
  SharedSlotGroup group;
  absl::flat_hash_set<std::string_view> known;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!known.insert(keys[i]).second) continue;
    group.keys.push_back(keys[i]);
    group.places.push_back({.index = static_cast<int32_t>(i), .arg_index = 0});
  }
  if (!SpanSlots(group.keys)) return std::nullopt;
  group.suggestions = SuggestHashTags(group.keys, max_suggestions);
  group.remedies = RemediesBeside(group.suggestions);
  return group;
}

}  // namespace slotplanner
