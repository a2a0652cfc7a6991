// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/planning/plan_batch.h"
#include "tests/support/plan_fixture.h"

namespace slotplanner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(FanOutTest, FollowsTheTipsOfTheCatalog) {  // Rule C7.
  const std::vector<std::pair<std::string, MergeOperation>> all_shards = {
      {"DBSIZE", MergeOperation::kSum},
      {"KEYS *", MergeOperation::kConcatenate},
      {"SCRIPT EXISTS a", MergeOperation::kLogicalAnd},
      {"FLUSHALL", MergeOperation::kAllSucceeded},
      {"FUNCTION KILL", MergeOperation::kOneSucceeded},
      {"INFO", MergeOperation::kByNode},
      {"RANDOMKEY", MergeOperation::kFirstNotNil},
      {"PING", MergeOperation::kAllSucceeded},
  };
  for (const auto& [command, merge] : all_shards) {
    const auto batch = Plan({command});
    EXPECT_EQ(batch.command(0).verdict, Verdict::kFanOut) << command;
    EXPECT_EQ(batch.command(0).part_count, 3) << command;
    EXPECT_EQ(batch.command(0).merge, merge) << command;
    EXPECT_EQ(batch.Text(),
              "7000: " + command + "; 7001: " + command + "; 7002: " + command);
  }
}

// A primary from which its replica has taken over is listed so for a moment.
TEST(FanOutTest, ReadsFromShardsThatMayHaveKeysOnly) {
  ClusterSnapshot snapshot = ThreeShards();
  std::vector<Shard> shards = snapshot.topology->shards();
  const Node newcomer{std::string(40, 'd'), "127.0.0.1", 7003, ""};
  shards.push_back({.slot_ranges = {}, .primary = newcomer, .replicas = {}});
  snapshot.topology = std::make_shared<const ClusterTopology>(
      *ClusterTopology::Make(std::move(shards)));
  const std::vector<std::string> commands = {"DBSIZE", "KEYS *", "RANDOMKEY",
                                             "FLUSHALL", "FUNCTION DELETE f"};
  const auto part_counts = [&] {
    const PlannedBatch batch(snapshot, commands);
    std::vector<int> counts;
    for (size_t i = 0; i < commands.size(); ++i) {
      counts.push_back(batch.command(i).part_count);
    }
    return counts;
  };
  EXPECT_THAT(part_counts(), ElementsAre(3, 3, 3, 4, 4));

  // Its first slot is on the way: some keys have arrived.
  snapshot.migrations = {
      {HashSlot::OfKey("foo"),
       snapshot.topology->ShardOf(HashSlot::OfKey("foo"))->primary.node_id,
       newcomer.node_id}};
  EXPECT_THAT(part_counts(), ElementsAre(4, 4, 4, 4, 4));
}

TEST(FanOutTest, ReachesReplicasWhereTheTipSaysAllNodes) {  // Rule C7.
  for (const char* command :
       {"SCRIPT LOAD s", "CONFIG SET a b", "SLOWLOG LEN", "SCRIPT FLUSH"}) {
    const auto batch = Plan({command});
    EXPECT_EQ(batch.command(0).part_count, 9) << command;
    int replicas = 0;
    for (const NodePlan& plan : batch.plan().stages[0].node_plans) {
      if (plan.requires_readonly) ++replicas;
    }
    EXPECT_EQ(replicas, 6) << command;
  }
}

TEST(FanOutTest, SendsCommandsWithoutATipToOneNode) {  // Rule C7.
  for (const char* command : {"TIME", "PUBLISH c m", "ECHO x", "EVAL s 0",
                              "FCALL f 0", "COMMAND COUNT", "CONFIG GET a"}) {
    const auto batch = Plan({command});
    EXPECT_EQ(batch.command(0).verdict, Verdict::kAnyNode) << command;
    EXPECT_EQ(batch.command(0).part_count, 1) << command;
    EXPECT_FALSE(batch.plan().stages[0].node_plans[0].requires_readonly);
  }
}

TEST(FanOutTest, PrefersANodeThatTheBatchUsesAnyway) {
  EXPECT_EQ(Plan({"TIME", "GET foo"}).Text(), "7002: TIME | GET foo");
  EXPECT_EQ(Plan({"TIME"}).Text(), "7000: TIME");
}

TEST(FanOutTest, KeepsItsPlaceInEveryPipeline) {  // Rule D4.
  const auto batch = Plan({"SET foo 1", "FLUSHALL", "GET foo", "GET bar"});
  EXPECT_EQ(batch.Text(),
            "7000: FLUSHALL | GET bar; "
            "7002: SET foo 1 | FLUSHALL | GET foo; 7001: FLUSHALL");
  EXPECT_THAT(batch.command(1).lost_guarantees,
              ElementsAre(Guarantee::kAtomicWrite, Guarantee::kAllOrNothing));
}

TEST(FanOutTest, LosesNothingWithOneShard) {
  ClusterSnapshot snapshot = ThreeShards();
  snapshot.topology =
      std::make_shared<const ClusterTopology>(MakeEvenTopology(1));
  const PlannedBatch batch(snapshot, {"FLUSHALL", "DBSIZE"});
  EXPECT_EQ(batch.command(0).part_count, 1);
  EXPECT_THAT(batch.command(0).lost_guarantees, IsEmpty());
  EXPECT_THAT(batch.command(1).lost_guarantees, IsEmpty());
}

TEST(FanOutTest, LetsWaitRideOnThePipelinesThatWrote) {  // Rule C8.
  const auto batch =
      Plan({"SET foo 1", "GET bar", "WAIT 1 0", "SET bar 1", "WAIT 1 0"});
  EXPECT_EQ(batch.Text(),
            "7000: GET bar | SET bar 1 | WAIT 1 0; "
            "7002: SET foo 1 | WAIT 1 0 | WAIT 1 0");
  EXPECT_EQ(batch.command(2).part_count, 1);
  EXPECT_EQ(batch.command(4).part_count, 2);
  EXPECT_EQ(batch.command(4).merge, MergeOperation::kMin);
}

TEST(FanOutTest, RefusesCursorsOfOneNode) {  // Rule C9.
  const auto batch = Plan({"SCAN 0"});
  EXPECT_EQ(batch.reason(0), RefusalReason::kNotPlannable);
  ASSERT_EQ(batch.command(0).refusal->remedies.size(), 1u);
  EXPECT_EQ(batch.command(0).refusal->remedies[0].kind, RemedyKind::kPerNode);
}

TEST(FanOutTest, PlansScansOfOneKey) {
  EXPECT_EQ(Plan({"SSCAN foo 0"}).Text(), "7002: SSCAN foo 0");
}

}  // namespace
}  // namespace slotplanner
