// SPDX-License-Identifier: Apache-2.0
#include "service/advice/template_check.h"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/base/strings.h"
#include "service/planning/command_policy.h"
#include "service/planning/plan_batch.h"
#include "service/planning/refusals.h"
#include "service/slots/hash_tag.h"
#include "service/slots/key_pattern.h"

namespace slotplanner {
namespace {

// Two different templates get into one slot by chance once in 16384 times, so
// that even the third values are hardly ever tried.
constexpr int kMaxTries = 16;

// The values of placeholders, all of them different. Filled-in arguments live
// as long as this.
class Values {
 public:
  // `args` with the values of `number` 0, 1, ... in place of all placeholders.
  std::vector<std::string_view> FillIn(CommandArgs args, int number) {
    std::vector<std::string_view> filled;
    filled.reserve(args.size());
    for (const std::string_view arg : args) {
      filled.push_back(arg.find('<') == std::string_view::npos
                           ? arg
                           : filled_.emplace_back(FillIn(arg, number)));
    }
    return filled;
  }

  std::string FillIn(std::string_view text, int number) {
    std::string value;
    return slotplanner::FillIn(text, [&](std::string_view name) {
      const size_t index =
          indexes_.try_emplace(name, indexes_.size()).first->second;
      value = absl::StrCat("p", index, ".", number);
      return std::string_view(value);
    });
  }

 private:
  absl::flat_hash_map<std::string_view, size_t> indexes_;
  std::deque<std::string> filled_;
};

// The pattern of a command that walks over all keys of a node. In its metadata
// it is no key.
std::optional<size_t> PatternOverAllKeys(const CommandInfo& info,
                                         CommandArgs args) {
  if (info.name == "keys" && args.size() > 1) return 1;
  if (info.name != "scan") return std::nullopt;
  std::optional<size_t> pattern;  // The last one counts.
  for (size_t i = 2; i + 1 < args.size(); i += 2) {
    if (absl::EqualsIgnoreCase(ToAbsl(args[i]), "match")) pattern = i + 1;
  }
  return pattern;
}

// A key, or a pattern that has a slot.
TemplateKey KeyAt(size_t position, std::string_view key, bool is_pattern) {
  TemplateKey result{.arg_index = static_cast<int32_t>(position),
                     .is_pattern = is_pattern};
  const std::string_view hashed = HashedPart(key);
  const std::vector<TemplateToken> tokens = TokensOf(hashed);
  if (std::none_of(
          tokens.begin(), tokens.end(),
          [](const TemplateToken& token) { return token.is_placeholder; })) {
    result.slot = HashSlot::OfKey(key);
  }
  if (!hashed.empty()) {
    result.hashed =
        ByteRange{.offset = static_cast<int32_t>(hashed.data() - key.data()),
                  .length = static_cast<int32_t>(hashed.size())};
  }
  return result;
}

// What the templates of one command tell.
struct Keys {
  BatchRole role = BatchRole::kOrdinary;
  std::string name = {};  // For people; empty if it is no command.
  std::vector<TemplateKey> keys = {};
  std::vector<std::string_view> hashed_parts = {};
  bool has_pattern_of_sort = false;
  // Of SORT, which may be in several slots.
  bool has_pattern_without_slot = false;
};

// `filled` is the command with values: they do not decide where keys are, but
// without them a `<` might be taken for more than it is.
Keys FindTemplateKeys(const CommandCatalog& catalog, CommandArgs command,
                      CommandArgs filled) {
  Keys result;
  const auto found = ParseCommand(catalog, filled);
  const auto* const parsed = std::get_if<ParsedCommand>(&found);
  if (parsed == nullptr) return result;
  result.role = RoleOf(*parsed->info);
  result.name = DisplayName(*parsed->info);
  const auto add = [&](size_t position, bool is_pattern) {
    result.keys.push_back(KeyAt(position, command[position], is_pattern));
    result.hashed_parts.push_back(HashedPart(command[position]));
  };
  const auto add_pattern = [&](size_t position) {
    // Names of placeholders have neither wildcards nor braces.
    const bool has_slot = SlotOfPattern(command[position]).has_value();
    if (has_slot) {
      add(position, true);
    } else {
      result.keys.push_back(
          {.arg_index = static_cast<int32_t>(position), .is_pattern = true});
    }
    return has_slot;
  };
  for (const KeyRange& range : parsed->key_ranges) {
    for (int i = 0; i < range.count; ++i) {
      add(static_cast<size_t>(range.PositionOf(i)), false);
    }
  }
  for (const int position : parsed->pattern_args) {
    result.has_pattern_of_sort = true;
    if (!add_pattern(static_cast<size_t>(position))) {
      result.has_pattern_without_slot = true;
    }
  }
  if (const auto position = PatternOverAllKeys(*parsed->info, command)) {
    add_pattern(*position);
  }
  return result;
}

TemplateAgreement AgreementOfKeys(const Keys& keys) {
  if (keys.has_pattern_without_slot) {
    return {.agreement = SlotAgreement::kNever};
  }
  return AgreementOf(keys.hashed_parts);
}

// Commands that must be in one slot together: one, or those of a transaction.
struct Unit {
  std::vector<size_t> commands = {};
  std::optional<size_t> multi = {};  // With `exec`.
  std::optional<size_t> exec = {};
};

// The units as the planner has them (service/planning/transactions.cc), each
// command in one of them.
std::vector<Unit> UnitsOf(const std::vector<Keys>& commands) {
  std::vector<Unit> units;
  std::vector<size_t> watches;  // Not yet followed by a MULTI.
  std::optional<Unit> transaction;
  const auto end_watches = [&] {
    for (const size_t i : watches) units.push_back({.commands = {i}});
    watches.clear();
  };
  for (size_t i = 0; i < commands.size(); ++i) {
    const BatchRole role = commands[i].role;
    if (transaction) {
      transaction->commands.push_back(i);
      if (role == BatchRole::kExec) {
        transaction->exec = i;
        units.push_back(*std::exchange(transaction, std::nullopt));
      }
    } else if (role == BatchRole::kMulti) {
      transaction = Unit{.commands = std::exchange(watches, {}), .multi = i};
      transaction->commands.push_back(i);
    } else if (role == BatchRole::kWatch) {
      watches.push_back(i);
    } else {
      if (role == BatchRole::kRidesOnWatches) end_watches();
      units.push_back({.commands = {i}});
    }
  }
  end_watches();
  if (transaction) units.push_back(*std::move(transaction));
  return units;
}

// All that the commands of a unit have.
Keys TogetherOf(const Unit& unit, const std::vector<Keys>& commands) {
  Keys together;
  for (const size_t i : unit.commands) {
    const Keys& keys = commands[i];
    together.hashed_parts.insert(together.hashed_parts.end(),
                                 keys.hashed_parts.begin(),
                                 keys.hashed_parts.end());
    together.has_pattern_without_slot |= keys.has_pattern_without_slot;
  }
  return together;
}

// The first values by which the parts are in several slots. Requires: it
// depends on the values.
int NumberForSeveralSlots(std::span<const std::string_view> hashed_parts,
                          Values& values) {
  int number = 0;
  for (; number < kMaxTries; ++number) {
    const auto slot_of = [&](std::string_view part) {
      return HashSlot::OfKey(values.FillIn(part, number));
    };
    const HashSlot first = slot_of(hashed_parts.front());
    if (std::any_of(
            hashed_parts.begin(), hashed_parts.end(),
            [&](std::string_view part) { return slot_of(part) != first; })) {
      break;
    }
  }
  return number;
}

// The refusal of a plan without the slots that only its values have.
Refusal ForTemplates(const Refusal& planned, const Keys& command) {
  Refusal refusal = planned;
  refusal.keys.clear();
  for (const TemplateKey& key : command.keys) {
    if (key.slot) refusal.keys.push_back({key.arg_index, *key.slot});
  }
  if (planned.reason == RefusalReason::kCrossSlotTransaction) {
    refusal.message =
        "All keys of a transaction, those of WATCH included, must be in one "
        "hash slot. Give them one hash tag.";
  } else if (planned.reason == RefusalReason::kCrossSlot &&
             !command.has_pattern_of_sort) {
    refusal.message = absl::StrCat(
        command.name, " works only on keys in one hash slot. Give its ",
        command.keys.size(), " keys one hash tag.");
  }
  return refusal;
}

}  // namespace

std::vector<TemplateCheck> CheckTemplates(
    const ClusterSnapshot& snapshot, std::span<const CommandArgs> commands) {
  Values values;
  std::vector<std::vector<std::string_view>> filled;
  std::vector<Keys> keys;
  filled.reserve(commands.size());
  keys.reserve(commands.size());
  std::vector<TemplateCheck> checks(commands.size());
  for (size_t i = 0; i < commands.size(); ++i) {
    filled.push_back(values.FillIn(commands[i], 0));
    keys.push_back(
        FindTemplateKeys(*snapshot.catalog, commands[i], filled.back()));
    checks[i].agreement = AgreementOfKeys(keys.back());
  }
  for (const Unit& unit : UnitsOf(keys)) {
    const Keys together = TogetherOf(unit, keys);
    TemplateAgreement agreement = AgreementOfKeys(together);
    if (agreement.agreement == SlotAgreement::kDepends) {
      const int number = NumberForSeveralSlots(together.hashed_parts, values);
      if (number != 0) {
        for (const size_t i : unit.commands) {
          filled[i] = values.FillIn(commands[i], number);
        }
      }
    }
    if (unit.exec) {
      checks[*unit.exec].multi_index = static_cast<int32_t>(*unit.multi);
      checks[*unit.exec].agreement = std::move(agreement);
    }
  }
  const std::vector<CommandArgs> batch(filled.begin(), filled.end());
  const BatchPlan plan = PlanBatch(snapshot, {.commands = batch});
  for (size_t i = 0; i < commands.size(); ++i) {
    const CommandPlan& planned = plan.command_plans[i];
    checks[i].verdict = planned.verdict;
    if (planned.refusal) {
      checks[i].refusal = ForTemplates(*planned.refusal, keys[i]);
    }
    checks[i].keys = std::move(keys[i].keys);
  }
  return checks;
}

}  // namespace slotplanner
