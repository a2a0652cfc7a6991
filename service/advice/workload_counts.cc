// SPDX-License-Identifier: Apache-2.0
#include "service/advice/workload_counts.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "service/advice/template_of_key.h"
#include "service/base/strings.h"
#include "service/planning/plan_batch.h"
#include "service/planning/refusals.h"
#include "service/slots/hash_slot.h"

namespace slotplanner {
namespace {

// With how many kept examples those of dropped uses are looked for: a fourth
// more than there are uses, so that each look finds as many to drop.
constexpr size_t kMaxExamples =
    HeavyHitters::kMaxItems + HeavyHitters::kMaxItems / 4;

// One byte has room for the size of a name in a use.
static_assert(WorkloadCounts::kMaxUseBytes <= 256);
static_assert(WorkloadCounts::kMaxUseBytes <= HeavyHitters::kMaxItemBytes);

bool IsBare(CommandArgs command, std::string_view name) {
  return command.size() == 1 &&
         absl::EqualsIgnoreCase(ToAbsl(command[0]), ToAbsl(name));
}

// How many commands `commands` has up to the first EXEC or DISCARD; nothing
// without one.
std::optional<size_t> SizeUpToEnd(std::span<const CommandArgs> commands) {
  const auto end =
      std::find_if(commands.begin(), commands.end(), [](CommandArgs command) {
        return IsBare(command, "exec") || IsBare(command, "discard");
      });
  if (end == commands.end()) return std::nullopt;
  return static_cast<size_t>(end - commands.begin()) + 1;
}

// For each command of a plan, how many different nodes it goes to.
std::vector<int32_t> NodeCounts(const BatchPlan& plan) {
  std::vector<std::pair<int32_t, const Node*>> targets;
  for (const Stage& stage : plan.stages) {
    for (const NodePlan& node_plan : stage.node_plans) {
      for (const PlannedCommand& command : node_plan.commands) {
        const std::pair target(command.command_index, node_plan.node);
        if (targets.empty() || targets.back() != target) {
          targets.push_back(target);
        }
      }
    }
  }
  std::sort(targets.begin(), targets.end());
  const auto end = std::unique(targets.begin(), targets.end());
  std::vector<int32_t> counts(plan.command_plans.size());
  for (auto target = targets.begin(); target != end; ++target) {
    ++counts[static_cast<size_t>(target->first)];
  }
  return counts;
}

int64_t& CountOf(Verdict verdict, CommandLoad& load) {
  switch (verdict) {
    case Verdict::kSingleSlot:
      return load.single_slot;
    case Verdict::kAnyNode:
      return load.any_node;
    case Verdict::kFanOut:
      return load.fan_out;
    case Verdict::kSplit:
      return load.split;
    case Verdict::kEmulated:
      return load.emulated;
    case Verdict::kRefused:
      return load.refused;
  }
  return load.refused;
}

void AddTo(CommandLoad& sum, const CommandLoad& load) {
  sum.calls += load.calls;
  sum.single_slot += load.single_slot;
  sum.any_node += load.any_node;
  sum.fan_out += load.fan_out;
  sum.split += load.split;
  sum.emulated += load.emulated;
  sum.refused += load.refused;
  sum.parts += load.parts;
  sum.nodes += load.nodes;
  sum.max_parts = std::max(sum.max_parts, load.max_parts);
  sum.max_nodes = std::max(sum.max_nodes, load.max_nodes);
  sum.what_if_nodes += load.what_if_nodes;
}

// Appends the keys of `command`, if the catalog tells which these are.
void AppendKeys(const CommandCatalog& catalog, CommandArgs command,
                std::vector<std::string_view>& keys) {
  const auto parsed = ParseCommand(catalog, command);
  const auto* const found = std::get_if<ParsedCommand>(&parsed);
  if (found == nullptr) return;
  for (const KeyRange& range : found->key_ranges) {
    for (int i = 0; i < range.count; ++i) {
      keys.push_back(command[static_cast<size_t>(range.PositionOf(i))]);
    }
  }
}

bool SpanSlots(std::span<const std::string_view> keys) {
  if (keys.size() < 2) return false;
  const HashSlot first = HashSlot::OfKey(keys.front());
  return std::any_of(keys.begin() + 1, keys.end(), [=](std::string_view key) {
    return HashSlot::OfKey(key) != first;
  });
}

// Names, each behind its size in one byte.
void AppendName(std::string_view name, std::string& bytes) {
  bytes += static_cast<char>(static_cast<unsigned char>(name.size()));
  bytes += name;
}

std::vector<std::string> NamesIn(std::string_view bytes) {
  std::vector<std::string> names;
  while (!bytes.empty()) {
    const size_t size = static_cast<unsigned char>(bytes[0]);
    names.emplace_back(bytes.substr(1, size));
    bytes.remove_prefix(1 + size);
  }
  return names;
}

// The bytes by which a use is told apart: its name, then its templates.
std::string UseOf(std::string_view name,
                  std::span<const std::string_view> keys) {
  std::string use;
  AppendName(name, use);
  std::vector<std::string> templates;
  for (const std::string_view key : keys) {
    std::string key_template = TemplateOfKey(key);
    if (std::find(templates.begin(), templates.end(), key_template) !=
        templates.end()) {
      continue;
    }
    if (templates.size() == WorkloadCounts::kMaxTemplates ||
        use.size() + 1 + key_template.size() > WorkloadCounts::kMaxUseBytes) {
      break;
    }
    AppendName(key_template, use);
    templates.push_back(std::move(key_template));
  }
  return use;
}

// The different ones of `keys`, in their order; none if they are too large to
// keep.
std::vector<std::string> ExampleOf(std::span<const std::string_view> keys) {
  absl::flat_hash_set<std::string_view> known;
  std::vector<std::string> example;
  size_t bytes = 0;
  for (const std::string_view key : keys) {
    if (!known.insert(key).second) continue;
    bytes += key.size();
    if (bytes > WorkloadCounts::kMaxExampleBytes ||
        example.size() == WorkloadCounts::kMaxExampleKeys) {
      return {};
    }
    example.emplace_back(key);
  }
  return example;
}

}  // namespace

void WorkloadCounts::Add(const ClusterSnapshot& snapshot,
                         std::span<const CommandArgs> commands,
                         const ClusterSnapshot* what_if) {
  bool may_end = true;  // Whether the end of a transaction may be to come.
  while (!commands.empty()) {
    size_t size = 1;
    if (may_end && IsBare(commands[0], "multi")) {
      const auto transaction = SizeUpToEnd(commands);
      may_end = transaction.has_value();
      size = transaction.value_or(1);
    }
    AddUnit(snapshot, commands.first(size), what_if);
    commands = commands.subspan(size);
  }
}

void WorkloadCounts::AddUnit(const ClusterSnapshot& snapshot,
                             std::span<const CommandArgs> unit,
                             const ClusterSnapshot* what_if) {
  const BatchPlan plan = PlanBatch(snapshot, {.commands = unit});
  const std::vector<int32_t> node_counts = NodeCounts(plan);
  const std::vector<int32_t> what_if_node_counts =
      what_if == nullptr ? std::vector<int32_t>(unit.size())
                         : NodeCounts(PlanBatch(*what_if, {.commands = unit}));
  std::vector<std::string_view> keys;
  for (size_t i = 0; i < unit.size(); ++i) {
    const CommandPlan& command = plan.command_plans[i];
    CommandLoad& load = LoadOf(*snapshot.catalog, unit[i]);
    ++load.calls;
    ++CountOf(command.verdict, load);
    load.parts += command.part_count;
    load.nodes += node_counts[i];
    load.max_parts = std::max(load.max_parts, command.part_count);
    load.max_nodes = std::max(load.max_nodes, node_counts[i]);
    load.what_if_nodes += what_if_node_counts[i];
    AppendKeys(*snapshot.catalog, unit[i], keys);
  }
  for (const std::string_view key : keys) keys_.Add(key);
  if (SpanSlots(keys)) {
    AddUse(LoadOf(*snapshot.catalog, unit.front()).name, keys);
  }
}

CommandLoad& WorkloadCounts::LoadOf(const CommandCatalog& catalog,
                                    CommandArgs command) {
  const auto found = FindCommand(catalog, command);
  const auto* const info = std::get_if<const CommandInfo*>(&found);
  if (info == nullptr) return loads_[""];
  CommandLoad& load = loads_[(*info)->name];
  if (load.name.empty()) load.name = DisplayName(**info);
  return load;
}

void WorkloadCounts::AddUse(std::string_view name,
                            std::span<const std::string_view> keys) {
  const std::string use = UseOf(name, keys);
  uses_.Add(use, 1);
  if (!examples_.contains(use)) KeepExample(use, ExampleOf(keys));
}

void WorkloadCounts::KeepExample(const std::string& use,
                                 std::vector<std::string> keys) {
  if (keys.empty()) return;
  if (examples_.size() == kMaxExamples) {
    absl::erase_if(examples_, [this](const auto& example) {
      return uses_.CountOf(example.first) == 0;
    });
  }
  examples_[use] = std::move(keys);
}

void WorkloadCounts::Merge(const WorkloadCounts& other) {
  for (const auto& [name, load] : other.loads_) {
    CommandLoad& sum = loads_[name];
    sum.name = load.name;
    AddTo(sum, load);
  }
  keys_.Merge(other.keys_);
  uses_.Merge(other.uses_);
  for (const auto& [use, keys] : other.examples_) {
    if (uses_.CountOf(use) > 0 && !examples_.contains(use)) {
      KeepExample(use, keys);
    }
  }
}

std::vector<CommandLoad> WorkloadCounts::Loads() const {
  std::vector<CommandLoad> loads;
  loads.reserve(loads_.size());
  for (const auto& [name, load] : loads_) loads.push_back(load);
  std::sort(loads.begin(), loads.end(),
            [](const CommandLoad& a, const CommandLoad& b) {
              return std::tie(b.calls, a.name) < std::tie(a.calls, b.name);
            });
  return loads;
}

CommandLoad WorkloadCounts::Total() const {
  CommandLoad total;
  for (const auto& [name, load] : loads_) AddTo(total, load);
  return total;
}

std::vector<CrossSlotUse> WorkloadCounts::TopUses(size_t max) const {
  std::vector<CrossSlotUse> uses;
  for (const HeavyHitters::Item& item : uses_.Top(max)) {
    std::vector<std::string> names = NamesIn(item.item);
    std::string command = std::move(names.front());
    names.erase(names.begin());
    const auto example = examples_.find(item.item);
    uses.push_back({.command = std::move(command),
                    .key_templates = std::move(names),
                    .calls = item.count,
                    .keys = example == examples_.end()
                                ? std::vector<std::string>()
                                : example->second});
  }
  return uses;
}

}  // namespace slotplanner
