// SPDX-License-Identifier: Apache-2.0
// Plans of any batch, by any catalog, point into the request and cover every
// key of a split exactly once.
//
// Input: lines are commands, blanks part their arguments. A first line
// "%a b c d e f" declares the command x with key specifications made of the
// bytes a to f.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/planning/plan_batch.h"
#include "tests/support/plan_fixture.h"

namespace slotplanner {
namespace {

#define FUZZ_CHECK(condition) \
  if (!(condition)) std::abort()

std::vector<std::string_view> SplitAt(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// A catalog with one command whose numbers come from the input.
std::shared_ptr<const CommandCatalog> MakeCatalog(std::string_view bytes) {
  const auto number = [&bytes](size_t i) {
    return RespValue::Integer(
        i < bytes.size() ? static_cast<signed char>(bytes[i]) : 0);
  };
  const auto text = [](const char* t) { return RespValue::String(t); };
  const bool keynum = !bytes.empty() && bytes[0] % 2 == 0;
  const bool keyword = bytes.size() > 1 && bytes[1] % 2 == 0;
  RespValue begin = keyword ? RespValue::Array({text("keyword"), text("k"),
                                                text("startfrom"), number(2)})
                            : RespValue::Array({text("index"), number(2)});
  RespValue find =
      keynum ? RespValue::Array({text("keynumidx"), number(3), text("firstkey"),
                                 number(4), text("keystep"), number(5)})
             : RespValue::Array({text("lastkey"), number(3), text("limit"),
                                 number(4), text("keystep"), number(5)});
  const RespValue spec = RespValue::Array(
      {text("begin_search"),
       RespValue::Array({text("type"), text(keyword ? "keyword" : "index"),
                         text("spec"), std::move(begin)}),
       text("find_keys"),
       RespValue::Array({text("type"), text(keynum ? "keynum" : "range"),
                         text("spec"), std::move(find)})});
  auto catalog =
      CommandCatalog::FromCommandReply(RespValue::Array({RespValue::Array(
          {text("x"), RespValue::Integer(-1), RespValue::Array({}),
           RespValue::Integer(0), RespValue::Integer(0), RespValue::Integer(0),
           RespValue::Array({}),
           RespValue::Array({text("request_policy:multi_shard")}),
           RespValue::Array({spec}), RespValue::Array({})})}));
  FUZZ_CHECK(catalog.ok());
  return std::make_shared<const CommandCatalog>(*std::move(catalog));
}

void CheckPart(const BatchPlan& plan, const PlannedCommand& part,
               CommandArgs args, std::vector<int>& seen_positions) {
  for (const int index : plan.Indexes(part.arg_indexes)) {
    if (index >= 0) {
      FUZZ_CHECK(static_cast<size_t>(index) < args.size());
    } else {
      FUZZ_CHECK(static_cast<size_t>(-1 - index) < plan.literals.size());
    }
  }
  for (const int position : plan.Indexes(part.reply_positions)) {
    FUZZ_CHECK(position >= 0);
    seen_positions.push_back(position);
  }
}

void CheckPlan(const std::vector<CommandArgs>& commands,
               const BatchPlan& plan) {
  FUZZ_CHECK(plan.command_plans.size() == commands.size());
  std::vector<int> parts(commands.size());
  std::vector<std::vector<int>> positions(commands.size());
  for (const Stage& stage : plan.stages) {
    FUZZ_CHECK(!stage.node_plans.empty());
    for (const NodePlan& node_plan : stage.node_plans) {
      FUZZ_CHECK(node_plan.node != nullptr && !node_plan.commands.empty());
      for (const PlannedCommand& part : node_plan.commands) {
        const auto index = static_cast<size_t>(part.command_index);
        FUZZ_CHECK(index < commands.size());
        ++parts[index];
        CheckPart(plan, part, commands[index], positions[index]);
      }
    }
  }
  for (size_t i = 0; i < commands.size(); ++i) {
    const CommandPlan& command = plan.command_plans[i];
    FUZZ_CHECK(command.part_count == parts[i]);
    FUZZ_CHECK(command.refusal.has_value() == (parts[i] == 0));
    if (command.refusal) {
      for (const KeyLocation& key : command.refusal->keys) {
        FUZZ_CHECK(key.arg_index >= 0 &&
                   static_cast<size_t>(key.arg_index) < commands[i].size());
      }
    }
    std::sort(positions[i].begin(), positions[i].end());
    for (size_t p = 0; p < positions[i].size(); ++p) {
      FUZZ_CHECK(positions[i][p] == static_cast<int>(p));
    }
  }
}

}  // namespace
}  // namespace slotplanner

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace slotplanner;  // NOLINT: one function.
  static const ClusterSnapshot* const kCluster =
      new ClusterSnapshot(ThreeShards());
  ClusterSnapshot snapshot = *kCluster;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.starts_with('%')) {
    const size_t end = std::min(text.find('\n'), text.size());
    snapshot.catalog = MakeCatalog(text.substr(1, end - 1));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  std::vector<std::vector<std::string_view>> words;
  for (const std::string_view line : SplitAt(text, '\n')) {
    words.push_back(SplitAt(line, ' '));
  }
  const std::vector<CommandArgs> commands(words.begin(), words.end());
  for (const auto policy : {SplitPolicy::kSplit, SplitPolicy::kAtomic}) {
    CheckPlan(commands,
              PlanBatch(snapshot, {.commands = commands,
                                   .read_preference = ReadPreference::kReplica,
                                   .split_policy = policy}));
  }
  return 0;
}
