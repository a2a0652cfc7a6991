// SPDX-License-Identifier: Apache-2.0
// The table of multi-key commands in docs/api.md is made by planning each of
// them, so that it cannot drift. SLOTPLANNER_UPDATE_DOCS=1 writes it anew.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/planning/refusals.h"
#include "tests/support/invocations.h"
#include "tests/support/plan_fixture.h"

namespace slotplanner {
namespace {

constexpr char kBegin[] = "<!-- multi-key commands: begin -->\n";
constexpr char kEnd[] = "<!-- multi-key commands: end -->\n";

const char* NameOf(MergeOperation operation) {
  switch (operation) {
    case MergeOperation::kGather:
      return "gathered by position";
    case MergeOperation::kSum:
      return "added";
    case MergeOperation::kAllSucceeded:
      return "the first one, if all parts succeed";
    default:
      return "merged as its response policy says";
  }
}

const char* NameOf(RemedyKind kind) {
  switch (kind) {
    case RemedyKind::kHashTag:
      return "hash tag";
    case RemedyKind::kPipeline:
      return "pipeline of single commands";
    case RemedyKind::kHashFields:
      return "one hash";
    case RemedyKind::kSplitPolicy:
      return "split policy";
    case RemedyKind::kPerNode:
      return "one by node";
  }
  return "";
}

// What becomes of a call whose keys are in several slots.
std::string OutcomeOf(const CommandPlan& plan) {
  if (!plan.refusal) {
    return absl::StrCat("split; replies ", NameOf(plan.merge));
  }
  std::vector<std::string> remedies;
  for (const Remedy& remedy : plan.refusal->remedies) {
    remedies.emplace_back(NameOf(remedy.kind));
  }
  std::string text = plan.refusal->reason == RefusalReason::kNotPlannable
                         ? "refused, whatever the slots"
                         : "refused";
  if (!remedies.empty()) {
    absl::StrAppend(&text, "; ", absl::StrJoin(remedies, ", "));
  }
  return text;
}

// A call with keys in several slots; nothing for commands of one key at most.
std::optional<std::vector<std::string>> CrossingCall(const CommandInfo& info) {
  if (info.name == "sort") return {{"SORT", "k1", "STORE", "k2"}};
  if (info.name == "migrate") {
    return {{"MIGRATE", "h", "1", "", "0", "1", "KEYS", "k1", "k2"}};
  }
  if (info.key_specs.empty()) return std::nullopt;
  int last = 0;
  const auto call =
      MakeInvocation(info, 2, [&last] { return absl::StrCat("k", ++last); });
  if (!call || call->key_positions.size() < 2) return std::nullopt;
  return call->args;
}

void AddRow(const CommandInfo& info, std::vector<std::string>& rows) {
  const auto call = CrossingCall(info);
  if (!call) return;
  std::string text = absl::StrJoin(*call, " ");
  for (size_t i; (i = text.find("  ")) != std::string::npos;) {
    text.replace(i, 2, " '' ");
  }
  const PlannedBatch batch(ThreeShards(), {text});
  rows.push_back(absl::StrCat("| `", DisplayName(info), "` | ",
                              OutcomeOf(batch.command(0)), " |\n"));
}

std::string MakeTable() {
  std::vector<std::string> rows;
  for (const CommandInfo& info : CommandCatalog::Redis70()->commands()) {
    AddRow(info, rows);
    for (const CommandInfo& subcommand : info.subcommands) {
      AddRow(subcommand, rows);
    }
  }
  return absl::StrCat("| command | with keys in several slots |\n",
                      "| --- | --- |\n", absl::StrJoin(rows, ""));
}

TEST(CommandTableTest, IsWhatThePlannerDoes) {
  const char* path = std::getenv("SLOTPLANNER_API_DOC");
  ASSERT_NE(path, nullptr);
  std::ifstream in(path);
  const std::string doc{std::istreambuf_iterator<char>(in), {}};
  const size_t begin = doc.find(kBegin);
  const size_t end = doc.find(kEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  const size_t first = begin + sizeof(kBegin) - 1;
  const std::string table = MakeTable();
  if (std::getenv("SLOTPLANNER_UPDATE_DOCS") != nullptr) {
    std::ofstream(path) << doc.substr(0, first) << table << doc.substr(end);
    return;
  }
  EXPECT_EQ(doc.substr(first, end - first), table);
}

}  // namespace
}  // namespace slotplanner
