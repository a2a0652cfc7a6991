// SPDX-License-Identifier: Apache-2.0
#include "service/planning/pipelines.h"

#include <optional>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slotplanner {
namespace {

using testing::ElementsAre;
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

TEST(PipelinesTest, HasNoStagesWithoutCommands) {
  EXPECT_THAT(Pipelines().TakeStages(), IsEmpty());
}

TEST(PipelinesTest, PutsNodesWithoutSlotsLastByNodeId) {
  const Node a = NodeNamed("a"), b = NodeNamed("b"), c = NodeNamed("c");
  Pipelines pipelines;
  pipelines.Add(b, false, Command(0));
  pipelines.Add(a, false, Command(0));
  pipelines.Add(c, false, Command(1, 9));
  const auto stages = std::move(pipelines).TakeStages();
  ASSERT_EQ(stages.size(), 1u);
  ASSERT_EQ(stages[0].node_plans.size(), 3u);
  EXPECT_EQ(stages[0].node_plans[0].node, &c);
  EXPECT_EQ(stages[0].node_plans[1].node, &a);
  EXPECT_EQ(stages[0].node_plans[2].node, &b);
}

TEST(PipelinesTest, LetsNothingQueueBehindABlockingCommand) {  // Rule C11.
  const Node a = NodeNamed("a"), b = NodeNamed("b");
  Pipelines pipelines;
  pipelines.Add(a, false, Command(0, 1), /*may_block=*/true);
  pipelines.Add(a, false, Command(1, 1), /*may_block=*/true);
  pipelines.Add(a, false, Command(2, 1));
  pipelines.Add(b, false, Command(3, 2));
  const auto stages = std::move(pipelines).TakeStages();
  ASSERT_EQ(stages.size(), 3u);
  EXPECT_EQ(stages[0].node_plans.size(), 2u);
  EXPECT_EQ(stages[2].node_plans[0].commands[0].command_index, 2);
}

TEST(PipelinesTest, RemembersWhoWroteAndWhoWatches) {
  const Node a = NodeNamed("a"), b = NodeNamed("b");
  Pipelines pipelines;
  pipelines.Add(a, false, Command(0));
  pipelines.Add(b, false, Command(1));
  pipelines.MarkWritten(b);
  pipelines.MarkWatching(a);
  EXPECT_THAT(pipelines.WrittenNodes(), ElementsAre(&b));
  EXPECT_THAT(pipelines.WatchingNodes(), ElementsAre(&a));
  pipelines.ClearWatching();
  EXPECT_THAT(pipelines.WatchingNodes(), IsEmpty());
}

}  // namespace
}  // namespace slotplanner
