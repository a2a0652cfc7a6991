// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/planning/plan_batch.h"
#include "tests/support/plan_fixture.h"

namespace slotplanner {
namespace {

using testing::IsEmpty;

TEST(BatchTest, KeepsTheOrderOfCommandsOnEachNode) {  // Rule D1.
  const auto batch = Plan({"SET foo 1", "SET bar 1", "INCR foo", "GET bar",
                           "MGET foo bar", "DEL foo"});
  EXPECT_EQ(batch.Text(),
            "7000: SET bar 1 | GET bar | MGET bar; "
            "7002: SET foo 1 | INCR foo | MGET foo | DEL foo");
}

TEST(BatchTest, OrdersNodesByTheLowestSlotInEach) {
  const auto batch = Plan({"GET foo", "GET user:1", "GET bar", "GET user:3"});
  EXPECT_EQ(batch.Text(),
            "7000: GET bar | GET user:3; 7001: GET user:1; 7002: GET foo");
}

TEST(BatchTest, ReadsFromReplicasWhenAsked) {
  const PlannedBatch batch(ThreeShards(), {"GET foo", "MGET foo bar"},
                           ReadPreference::kReplica);
  // foo is in an even slot, bar in an odd one: first and second replica.
  EXPECT_EQ(batch.Text(), "7200: MGET bar; 7102: GET foo | MGET foo");
  for (const NodePlan& plan : batch.plan().stages[0].node_plans) {
    EXPECT_TRUE(plan.requires_readonly);
  }
}

TEST(BatchTest, ReadsFromThePrimaryWhatTheBatchWrites) {  // Rules D1, D2.
  const PlannedBatch batch(ThreeShards(),
                           {"GET foo", "SET foo 1", "GET {foo}2", "GET bar"},
                           ReadPreference::kReplica);
  EXPECT_EQ(batch.Text(),
            "7200: GET bar; 7002: GET foo | SET foo 1 | GET {foo}2");
}

TEST(BatchTest, ReadsFromPrimariesWhenTheBatchWritesEverySlot) {  // D2, D4.
  const PlannedBatch batch(ThreeShards(), {"GET foo", "FLUSHALL"},
                           ReadPreference::kReplica);
  EXPECT_EQ(batch.Text(),
            "7002: GET foo | FLUSHALL; 7000: FLUSHALL; "
            "7001: FLUSHALL");
}

TEST(BatchTest, TakesUnflaggedCommandsAsWrites) {  // Rule B10.
  const PlannedBatch batch(
      ThreeShards(), {"EVAL s 1 foo", "BITFIELD bar GET u8 0", "GET {u}1"},
      ReadPreference::kReplica);
  EXPECT_EQ(batch.Text().find("7102: EVAL"), std::string::npos);
  EXPECT_NE(batch.Text().find("7000: BITFIELD bar"), std::string::npos);
}

TEST(BatchTest, PlansTheRestWhenACommandIsRefused) {  // Rule D5.
  const auto batch =
      Plan({"SET foo 1", "NOSUCH x", "", "RENAME foo bar", "GET foo"});
  EXPECT_EQ(batch.Text(), "7002: SET foo 1 | GET foo");
  const NodePlan& node = batch.plan().stages[0].node_plans[0];
  EXPECT_EQ(node.commands[0].command_index, 0);
  EXPECT_EQ(node.commands[1].command_index, 4);
  EXPECT_EQ(batch.reason(1), RefusalReason::kUnknownCommand);
  EXPECT_EQ(batch.reason(2), RefusalReason::kSyntax);
  EXPECT_EQ(batch.reason(3), RefusalReason::kCrossSlot);
}

TEST(BatchTest, KnowsEveryCommandThoughNamesRepeat) {  // Rules B2, B9.
  const auto batch =
      Plan({"GET foo", "GET foo bar", "get foo", "GET foo", "OBJECT FREQ foo",
            "OBJECT ENCODING foo", "OBJECT NOSUCH foo", "OBJECT", "NOSUCH foo",
            "OBJECT FREQ bar", "", "GET foo"});
  EXPECT_EQ(batch.Text(),
            "7000: OBJECT FREQ bar; 7002: GET foo | get foo | GET foo | "
            "OBJECT FREQ foo | OBJECT ENCODING foo | GET foo");
  EXPECT_EQ(batch.reason(1), RefusalReason::kWrongArity);
  EXPECT_EQ(batch.reason(6), RefusalReason::kUnknownCommand);
  EXPECT_EQ(batch.reason(7), RefusalReason::kWrongArity);
  EXPECT_EQ(batch.reason(8), RefusalReason::kUnknownCommand);
  EXPECT_EQ(batch.reason(10), RefusalReason::kSyntax);
}

TEST(BatchTest, GivesABlockingCommandItsNodeForAStage) {  // Rule C11.
  const auto batch =
      Plan({"SET foo 1", "BLPOP {foo}q 0", "GET foo", "GET bar",
            "XREAD STREAMS foo 0", "XREAD BLOCK 0 STREAMS foo 0", "GET foo"});
  EXPECT_EQ(batch.Text(),
            "7000: GET bar; 7002: SET foo 1 // 7002: BLPOP {foo}q 0 // "
            "7002: GET foo | XREAD STREAMS foo 0 // "
            "7002: XREAD BLOCK 0 STREAMS foo 0 // 7002: GET foo");
}

TEST(BatchTest, RefusesKeysOfSlotsThatNobodyServes) {  // Rule G4.
  std::vector<Shard> shards = ThreeShards().topology->shards();
  shards.pop_back();  // 10923 to 16383.
  ClusterSnapshot snapshot = ThreeShards();
  snapshot.topology = std::make_shared<const ClusterTopology>(
      *ClusterTopology::Make(std::move(shards)));
  const PlannedBatch batch(snapshot, {"GET foo", "MGET foo bar", "GET bar",
                                      "PING", "MULTI", "GET foo", "EXEC"});
  EXPECT_EQ(batch.reason(0), RefusalReason::kSlotUnassigned);
  EXPECT_EQ(batch.reason(1), RefusalReason::kSlotUnassigned);
  EXPECT_EQ(batch.command(1).refusal->keys.size(), 1u);  // foo only.
  EXPECT_EQ(batch.command(2).verdict, Verdict::kSingleSlot);
  EXPECT_EQ(batch.command(3).verdict, Verdict::kFanOut);
  for (size_t i = 4; i < 7; ++i) {
    EXPECT_EQ(batch.reason(i), RefusalReason::kSlotUnassigned) << i;
  }
}

TEST(BatchTest, RefusesEverythingInAClusterWithoutShards) {
  ClusterSnapshot snapshot = ThreeShards();
  snapshot.topology =
      std::make_shared<const ClusterTopology>(*ClusterTopology::Make({}));
  const PlannedBatch batch(snapshot, {"GET foo", "TIME", "DBSIZE"});
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(batch.reason(i), RefusalReason::kSlotUnassigned) << i;
  }
  EXPECT_THAT(batch.plan().stages, IsEmpty());
}

}  // namespace
}  // namespace slotplanner
