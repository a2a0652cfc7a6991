// SPDX-License-Identifier: Apache-2.0
#include "service/planning/pipelines.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slotplanner {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

PlannedCommand Command(int index, std::optional<int> slot = {}) {
  PlannedCommand command{.command_index = index};
  if (slot) command.slot = HashSlot::FromNumber(*slot);
  return command;
}

Node NodeNamed(const std::string& node_id) {
  Node node;
  node.node_id = node_id;
  return node;
}

Target PrimaryOf(size_t shard_index, const Node& node) {
  return {.shard_index = shard_index, .node = &node, .is_replica = false};
}

Target ReplicaOf(size_t shard_index, const Node& node) {
  return {.shard_index = shard_index, .node = &node, .is_replica = true};
}

TEST(PipelinesTest, HasNoStagesWithoutCommands) {
  EXPECT_THAT(Pipelines(1).TakeStages(), IsEmpty());
}

TEST(PipelinesTest, PutsNodesWithoutSlotsLastByNodeId) {
  const Node a = NodeNamed("a"), b = NodeNamed("b"), c = NodeNamed("c");
  Pipelines pipelines(3);
  pipelines.Add(PrimaryOf(1, b), Command(0));
  pipelines.Add(PrimaryOf(0, a), Command(0));
  pipelines.Add(PrimaryOf(2, c), Command(1, 9));
  const auto stages = std::move(pipelines).TakeStages();
  ASSERT_EQ(stages.size(), 1u);
  ASSERT_EQ(stages[0].node_plans.size(), 3u);
  EXPECT_EQ(stages[0].node_plans[0].node, &c);
  EXPECT_EQ(stages[0].node_plans[1].node, &a);
  EXPECT_EQ(stages[0].node_plans[2].node, &b);
}

TEST(PipelinesTest, KeepsTheNodesOfAShardApart) {
  const Node a = NodeNamed("a"), b = NodeNamed("b"), c = NodeNamed("c");
  Pipelines pipelines(1);
  pipelines.Add(PrimaryOf(0, a), Command(0, 1));
  pipelines.Add(ReplicaOf(0, b), Command(1, 2));
  pipelines.Add(ReplicaOf(0, c), Command(2, 3));
  pipelines.Add(ReplicaOf(0, b), Command(3, 2));
  pipelines.Add(PrimaryOf(0, a), Command(4, 1));
  const auto stages = std::move(pipelines).TakeStages();
  ASSERT_EQ(stages.size(), 1u);
  const std::vector<NodePlan>& plans = stages[0].node_plans;
  ASSERT_EQ(plans.size(), 3u);
  EXPECT_EQ(plans[0].node, &a);
  EXPECT_FALSE(plans[0].requires_readonly);
  EXPECT_EQ(plans[0].commands.size(), 2u);
  EXPECT_EQ(plans[1].node, &b);
  EXPECT_TRUE(plans[1].requires_readonly);
  EXPECT_EQ(plans[1].commands.size(), 2u);
  EXPECT_EQ(plans[2].node, &c);
}

TEST(PipelinesTest, LetsNothingQueueBehindABlockingCommand) {  // Rule C11.
  const Node a = NodeNamed("a"), b = NodeNamed("b");
  Pipelines pipelines(2);
  pipelines.Add(PrimaryOf(0, a), Command(0, 1), {.may_block = true});
  pipelines.Add(PrimaryOf(0, a), Command(1, 1), {.may_block = true});
  pipelines.Add(PrimaryOf(0, a), Command(2, 1));
  pipelines.Add(PrimaryOf(1, b), Command(3, 2));
  const auto stages = std::move(pipelines).TakeStages();
  ASSERT_EQ(stages.size(), 3u);
  EXPECT_EQ(stages[0].node_plans.size(), 2u);
  EXPECT_EQ(stages[2].node_plans[0].commands[0].command_index, 2);
}

TEST(PipelinesTest, RemembersWhoWroteAndWhoWatches) {
  const Node a = NodeNamed("a"), b = NodeNamed("b");
  Pipelines pipelines(2);
  pipelines.Add(PrimaryOf(0, a), Command(0));
  pipelines.Add(PrimaryOf(1, b), Command(1), {.writes = true});
  pipelines.Add(PrimaryOf(1, b), Command(2));
  pipelines.MarkWatching(PrimaryOf(0, a));
  EXPECT_THAT(pipelines.WrittenNodes(), ElementsAre(Field(&Target::node, &b)));
  EXPECT_THAT(pipelines.WatchingNodes(), ElementsAre(Field(&Target::node, &a)));
  pipelines.ClearWatching();
  EXPECT_THAT(pipelines.WatchingNodes(), IsEmpty());
}

}  // namespace
}  // namespace slotplanner
