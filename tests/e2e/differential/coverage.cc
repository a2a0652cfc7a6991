// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/differential/coverage.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/e2e/differential/argument_source.h"
#include "tests/e2e/differential/reply_comparison.h"

namespace slotplanner::differential {
namespace {

// As the table names it: `cluster|*` stands for all subcommands.
bool Covers(const Exclusion& exclusion, std::string_view name) {
  const std::string& pattern = exclusion.command;
  if (absl::EndsWith(pattern, "|*")) {
    return name.substr(0, pattern.size() - 1) ==
           std::string_view(pattern).substr(0, pattern.size() - 1);
  }
  return pattern == name;
}

// The words that a syntax surely begins with.
Command NameOf(const Syntax& syntax) {
  Command name;
  for (const Syntax& piece : syntax.children) {
    if (piece.kind != Syntax::Kind::kWord) break;
    name.push_back(piece.prefix);
  }
  return name;
}

}  // namespace

Coverage::Coverage(const CommandCatalog& catalog, const CommandTable& table)
    : catalog_(catalog), table_(table) {
  for (const CommandInfo& info : catalog.commands()) {
    if (info.subcommands.empty() || info.AllowsArgumentCount(1)) {
      counts_[info.name];
    }
    for (const CommandInfo& subcommand : info.subcommands) {
      counts_[subcommand.name];
    }
  }
}

absl::Status Coverage::CheckTable() const {
  std::vector<std::string> problems;
  std::set<std::string> called;
  for (const CommandTemplate& entry : table_.templates) {
    for (const Syntax& syntax : entry.commands) {
      const Command name = NameOf(syntax);
      const CommandInfo* info = name.empty() ? nullptr : InfoOf(catalog_, name);
      if (info != nullptr) called.insert(info->name);
      if (info != nullptr && !HasRule(*info)) {
        problems.push_back(absl::StrCat(
            "No rule says how to compare the replies of ", info->name, "."));
      }
    }
  }
  for (const auto& [name, count] : counts_) {
    if (!called.contains(name) && ExclusionOf(name) == nullptr) {
      problems.push_back(
          absl::StrCat("The table neither calls nor leaves out ", name, "."));
    }
  }
  if (problems.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrJoin(problems, "\n"));
}

void Coverage::CountRefused(const Command& command) {
  if (Count* count = Find(command)) ++count->refused;
}

void Coverage::CountAnswered(const Command& command, bool with_error) {
  if (Count* count = Find(command))
    ++(with_error ? count->failed : count->answered);
}

std::string Coverage::Summary() const {
  size_t tried = 0;
  std::string not_tried;
  std::vector<std::string> only_refused;
  std::vector<std::string> only_failed;
  for (const auto& [name, count] : counts_) {
    const Exclusion* exclusion = ExclusionOf(name);
    if (count.answered + count.failed + count.refused > 0) {
      ++tried;
      if (count.answered + count.failed == 0) {
        only_refused.push_back(name);
      } else if (count.answered == 0) {
        only_failed.push_back(name);
      }
    } else {
      absl::StrAppend(
          &not_tried, "  ", name, ": ",
          exclusion == nullptr ? "not drawn in this run" : exclusion->reason,
          "\n");
    }
  }
  return absl::StrCat(
      "commands and subcommands tried: ", tried, " of ", counts_.size(),
      " in the live catalog\nonly refused: ", absl::StrJoin(only_refused, " "),
      "\nonly answered with errors: ", absl::StrJoin(only_failed, " "),
      "\nnot tried:\n", not_tried);
}

Coverage::Count* Coverage::Find(const Command& command) {
  const CommandInfo* info = InfoOf(catalog_, command);
  if (info == nullptr) return nullptr;
  const auto found = counts_.find(info->name);
  return found == counts_.end() ? nullptr : &found->second;
}

const Exclusion* Coverage::ExclusionOf(const std::string& name) const {
  const auto found = std::find_if(
      table_.exclusions.begin(), table_.exclusions.end(),
      [&](const Exclusion& exclusion) { return Covers(exclusion, name); });
  return found == table_.exclusions.end() ? nullptr : &*found;
}

}  // namespace slotplanner::differential
