// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "service/planning/plan_batch.h"
#include "tests/support/words.h"

namespace slotplanner {

// A cluster of three shards (slots 0-5460, 5461-10922, 10923-16383), primaries
// at ports 7000 to 7002 in zones a, b, c, each with the two replicas 71xx and
// 72xx in the two other zones. Commands of Redis 7.0.
inline ClusterSnapshot ThreeShards() {
  const char* const zones[] = {"a", "b", "c", "a", "b"};
  std::vector<Shard> shards = MakeEvenTopology(3).shards();
  for (size_t i = 0; i < 3; ++i) {
    shards[i].primary.zone = zones[i];
    for (const int step : {1, 2}) {
      Node replica = shards[i].primary;
      replica.node_id.front() = step == 1 ? 'e' : 'f';
      replica.port += 100 * step;
      replica.zone = zones[i + static_cast<size_t>(step)];
      shards[i].replicas.push_back(replica);
    }
  }
  return {.topology = std::make_shared<const ClusterTopology>(
              *ClusterTopology::Make(std::move(shards))),
          .catalog = CommandCatalog::Redis70(),
          .confirm_time = absl::UnixEpoch()};
}

// A batch of commands written as words, and its plan.
class PlannedBatch {
 public:
  PlannedBatch(ClusterSnapshot snapshot, const std::vector<std::string>& texts,
               ReadPreference preference = ReadPreference::kPrimary,
               std::string_view zone = "",
               SplitPolicy policy = SplitPolicy::kSplit)
      : snapshot_(std::move(snapshot)) {
    words_.reserve(texts.size());
    for (const std::string& text : texts) words_.emplace_back(text);
    for (const Words& words : words_) commands_.emplace_back(words.views());
    plan_ = PlanBatch(snapshot_, {.commands = commands_,
                                  .read_preference = preference,
                                  .client_zone = zone,
                                  .split_policy = policy});
  }
  PlannedBatch(PlannedBatch&&) = default;

  const BatchPlan& plan() const { return plan_; }
  const CommandPlan& command(size_t index) const {
    return plan_.command_plans.at(index);
  }
  RefusalReason reason(size_t index) const {
    return command(index).refusal.value().reason;
  }

  // What goes where: "PORT: words | words; PORT: ..." for each stage, stages
  // apart by " // ". A part's words are those that its indexes name.
  std::string Text() const {
    std::string text;
    for (const Stage& stage : plan_.stages) {
      if (!text.empty()) text += " // ";
      bool first = true;
      for (const NodePlan& node_plan : stage.node_plans) {
        if (!first) text += "; ";
        first = false;
        text += std::to_string(node_plan.node->port) + ":";
        const char* separator = " ";
        for (const PlannedCommand& command : node_plan.commands) {
          text += separator + CommandText(command);
          separator = " | ";
        }
      }
    }
    return text;
  }

  // The reply positions of all parts of a command, "0 2 | 1".
  std::string PositionsText(int command_index) const {
    std::string text;
    for (const Stage& stage : plan_.stages) {
      for (const NodePlan& node_plan : stage.node_plans) {
        for (const PlannedCommand& command : node_plan.commands) {
          if (command.command_index != command_index) continue;
          if (!text.empty()) text += " |";
          for (const int position : plan_.Indexes(command.reply_positions)) {
            text += (text.empty() ? "" : " ") + std::to_string(position);
          }
        }
      }
    }
    return text;
  }

 private:
  std::string CommandText(const PlannedCommand& planned) const {
    const CommandArgs args =
        commands_[static_cast<size_t>(planned.command_index)];
    std::string text;
    const auto add = [&text](std::string_view word) {
      if (!text.empty()) text += ' ';
      text += word;
    };
    if (planned.arg_indexes.count == 0) {
      for (const std::string_view arg : args) add(arg);
    }
    for (const int index : plan_.Indexes(planned.arg_indexes)) {
      add(index >= 0 ? args[static_cast<size_t>(index)]
                     : plan_.literals[static_cast<size_t>(-1 - index)]);
    }
    return text;
  }

  ClusterSnapshot snapshot_;
  std::vector<Words> words_;
  std::vector<CommandArgs> commands_;
  BatchPlan plan_;
};

inline PlannedBatch Plan(const std::vector<std::string>& texts) {
  return PlannedBatch(ThreeShards(), texts);
}

}  // namespace slotplanner
