// SPDX-License-Identifier: Apache-2.0
#include "service/planning/transactions.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/plan_fixture.h"

namespace slotplanner {
namespace {

TEST(TransactionTest, IsContiguousOnThePrimaryOfItsSlot) {  // Rule D3.
  const PlannedBatch batch(
      ThreeShards(),
      {"GET bar", "MULTI", "GET foo", "TIME", "INCR {foo}2", "EXEC", "GET bar"},
      ReadPreference::kReplica);
  EXPECT_EQ(batch.Text(),
            "7200: GET bar | GET bar; "
            "7002: MULTI | GET foo | TIME | INCR {foo}2 | EXEC");
  EXPECT_EQ(batch.command(1).verdict, Verdict::kAnyNode);
  EXPECT_EQ(batch.command(2).verdict, Verdict::kSingleSlot);
  EXPECT_EQ(batch.command(5).part_count, 1);
}

TEST(TransactionTest, IsRefusedAsAWholeWhenItsKeysAreInSeveralSlots) {
  const auto batch =  // Rule D3.
      Plan({"SET foo 0", "MULTI", "SET foo 1", "SET bar 1", "EXEC"});
  EXPECT_EQ(batch.Text(), "7002: SET foo 0");
  for (size_t i = 1; i < 5; ++i) {
    EXPECT_EQ(batch.reason(i), RefusalReason::kCrossSlotTransaction) << i;
  }
  EXPECT_EQ(batch.command(2).refusal->keys.size(), 1u);
  EXPECT_NE(batch.command(1).refusal->message.find("5061, 12182"),
            std::string::npos);
}

TEST(TransactionTest, IsNeverSplit) {
  const auto batch = Plan({"MULTI", "MGET foo bar", "EXEC"});
  EXPECT_EQ(batch.reason(1), RefusalReason::kCrossSlotTransaction);
}

TEST(TransactionTest, TakesTheWatchBeforeItAlong) {  // Rule D3.
  const auto good =
      Plan({"WATCH foo", "GET foo", "MULTI", "SET {foo}1 1", "EXEC"});
  EXPECT_EQ(good.Text(),
            "7002: WATCH foo | GET foo | MULTI | SET {foo}1 1 | EXEC");
  const auto bad = Plan({"WATCH bar", "MULTI", "SET foo 1", "EXEC", "GET bar"});
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(bad.reason(i), RefusalReason::kCrossSlotTransaction) << i;
  }
  EXPECT_EQ(bad.Text(), "7000: GET bar");
}

TEST(TransactionTest, GoesWhereItsWatchGoesWithoutKeysOfItsOwn) {
  EXPECT_EQ(Plan({"GET bar", "WATCH foo", "MULTI", "TIME", "EXEC"}).Text(),
            "7000: GET bar; 7002: WATCH foo | MULTI | TIME | EXEC");
}

TEST(TransactionTest, ForgetsAWatchThatIsTakenBack) {
  const auto batch =
      Plan({"WATCH bar", "UNWATCH", "MULTI", "SET foo 1", "EXEC"});
  EXPECT_EQ(batch.Text(),
            "7000: WATCH bar | UNWATCH; 7002: MULTI | SET foo 1 | EXEC");
}

TEST(TransactionTest, FallsWithARefusedCommand) {  // Rule D3.
  const auto batch = Plan({"MULTI", "SET foo 1", "NOSUCH x", "EXEC"});
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(batch.reason(i), RefusalReason::kUnknownCommand) << i;
  }
  EXPECT_NE(batch.command(3).refusal->message.find("index 2"),
            std::string::npos);
}

TEST(TransactionTest, RefusesWhatConcernsSeveralNodes) {
  EXPECT_EQ(Plan({"MULTI", "SET foo 1", "FLUSHALL", "EXEC"}).reason(0),
            RefusalReason::kNotPlannable);
  EXPECT_EQ(Plan({"MULTI", "DBSIZE", "EXEC"}).reason(1),
            RefusalReason::kNotPlannable);
  EXPECT_EQ(Plan({"MULTI", "PING", "EXEC"}).Text(),
            "7000: MULTI | PING | EXEC");
}

TEST(TransactionTest, NeedsItsBeginningAndItsEnd) {
  const auto open = Plan({"SET bar 1", "MULTI", "SET foo 1"});
  EXPECT_EQ(open.Text(), "7000: SET bar 1");
  EXPECT_EQ(open.reason(1), RefusalReason::kSyntax);
  EXPECT_EQ(open.reason(2), RefusalReason::kSyntax);
  const auto closed = Plan({"SET foo 1", "EXEC", "DISCARD"});
  EXPECT_EQ(closed.Text(), "7002: SET foo 1");
  EXPECT_EQ(closed.reason(1), RefusalReason::kSyntax);
  EXPECT_EQ(closed.reason(2), RefusalReason::kSyntax);
}

TEST(TransactionTest, CannotBeNested) {
  const auto batch = Plan({"MULTI", "MULTI", "SET foo 1", "EXEC"});
  EXPECT_EQ(batch.reason(0), RefusalReason::kSyntax);
  EXPECT_EQ(batch.Text(), "");
  EXPECT_EQ(Plan({"MULTI", "WATCH foo", "EXEC"}).reason(2),
            RefusalReason::kSyntax);
}

TEST(TransactionTest, MayBeDiscarded) {
  EXPECT_EQ(Plan({"MULTI", "SET foo 1", "DISCARD", "GET foo"}).Text(),
            "7002: MULTI | SET foo 1 | DISCARD | GET foo");
}

TEST(TransactionTest, DoesNotBlockInside) {  // Rule C11.
  EXPECT_EQ(Plan({"SET foo 1", "MULTI", "BLPOP {foo}q 0", "EXEC"}).Text(),
            "7002: SET foo 1 | MULTI | BLPOP {foo}q 0 | EXEC");
}

TEST(TransactionTest, MayFollowAnother) {
  EXPECT_EQ(
      Plan({"MULTI", "SET foo 1", "EXEC", "MULTI", "SET bar 1", "EXEC"}).Text(),
      "7000: MULTI | SET bar 1 | EXEC; 7002: MULTI | SET foo 1 | EXEC");
}

}  // namespace
}  // namespace slotplanner
