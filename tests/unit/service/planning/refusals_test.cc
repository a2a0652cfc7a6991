// SPDX-License-Identifier: Apache-2.0
#include "service/planning/refusals.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/plan_fixture.h"

namespace slotplanner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<RemedyKind> RemediesOf(const std::string& command,
                                   SplitPolicy policy = SplitPolicy::kSplit) {
  const PlannedBatch batch(ThreeShards(), {command}, ReadPreference::kPrimary,
                           "", policy);
  std::vector<RemedyKind> kinds;
  for (const Remedy& remedy : batch.command(0).refusal.value().remedies) {
    kinds.push_back(remedy.kind);
  }
  return kinds;
}

TEST(RefusalTest, NamesTheKeysAndTheirSlots) {
  const auto batch = Plan({"SINTERSTORE foo bar foo"});
  const Refusal& refusal = *batch.command(0).refusal;
  EXPECT_THAT(refusal.keys,
              ElementsAre(KeyLocation{1, HashSlot::OfKey("foo")},
                          KeyLocation{2, HashSlot::OfKey("bar")},
                          KeyLocation{3, HashSlot::OfKey("foo")}));
  EXPECT_EQ(refusal.message,
            "SINTERSTORE works only on keys in one hash slot; its 3 keys are "
            "in 2 different slots (5061, 12182). Give them one hash tag.");
}

TEST(RefusalTest, ListsAFewSlotsOfMany) {
  std::string command = "PFCOUNT";
  for (int i = 0; i < 100; ++i) command += " k" + std::to_string(i);
  const auto batch = Plan({command});
  EXPECT_THAT(batch.command(0).refusal->message, HasSubstr(", ...)"));
  EXPECT_LT(batch.command(0).refusal->message.size(), 250u);
  EXPECT_EQ(batch.command(0).refusal->keys.size(), 100u);
}

TEST(RefusalTest, OffersTheFittingRemediesBestFirst) {
  using enum RemedyKind;
  EXPECT_THAT(RemediesOf("RENAME foo bar"), ElementsAre(kHashTag));
  EXPECT_THAT(RemediesOf("SUNION foo bar"), ElementsAre(kHashTag, kPipeline));
  EXPECT_THAT(RemediesOf("XREAD STREAMS foo bar 0 0"),
              ElementsAre(kHashTag, kPipeline));
  EXPECT_THAT(RemediesOf("PFCOUNT foo bar"), ElementsAre(kHashTag));
  EXPECT_THAT(RemediesOf("MSETNX foo 1 bar 2"),
              ElementsAre(kHashTag, kHashFields));
  EXPECT_THAT(RemediesOf("MGET foo bar", SplitPolicy::kAtomic),
              ElementsAre(kHashTag, kPipeline, kHashFields, kSplitPolicy));
  EXPECT_THAT(RemediesOf("DEL foo bar", SplitPolicy::kAtomic),
              ElementsAre(kHashTag, kPipeline, kSplitPolicy));
}

TEST(RefusalTest, HoldsNoBytesOfArguments) {
  const std::string secret = "s3cret";
  const auto batch =
      Plan({"RENAME " + secret + "1 " + secret + "2", secret + " x",
            "EVAL " + secret + " " + secret, "SELECT " + secret, "MULTI",
            "SET " + secret + "1 1", "SET " + secret + "2 1", "EXEC"});
  for (const CommandPlan& command : batch.plan().command_plans) {
    ASSERT_TRUE(command.refusal);
    EXPECT_THAT(command.refusal->message, Not(HasSubstr(secret)));
    for (const Remedy& remedy : command.refusal->remedies) {
      EXPECT_THAT(remedy.description, Not(HasSubstr(secret)));
    }
  }
}

TEST(RefusalTest, ExplainsPatternsOfSort) {  // Rule B6.
  const auto batch =
      Plan({"SORT {u}l BY w_*", "SORT {u}l BY {u}w_* GET {u}d_* GET #",
            "SORT {u}l BY {v}w_*", "SORT {u}l BY nosort"});
  EXPECT_EQ(batch.reason(0), RefusalReason::kCrossSlot);
  EXPECT_EQ(batch.command(1).verdict, Verdict::kSingleSlot);
  EXPECT_EQ(batch.reason(2), RefusalReason::kCrossSlot);
  EXPECT_EQ(batch.command(2).refusal->keys.size(), 2u);
  EXPECT_EQ(batch.command(3).verdict, Verdict::kSingleSlot);
}

}  // namespace
}  // namespace slotplanner
