// SPDX-License-Identifier: Apache-2.0
#include "service/planning/splitting.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/plan_fixture.h"

namespace slotplanner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// user:3 is in slot 2648 (7000), user:2 in 6777 (7001), user:1 in 10778 (7001),
// foo in 12182 (7002).

TEST(SplitTest, SendsCommandsOfOneSlotUnchanged) {  // Rule C4.
  const auto batch = Plan({"MGET {u}1 {u}2 {u}1", "GET foo", "SET bar 1"});
  EXPECT_EQ(batch.Text(),
            "7000: SET bar 1; 7002: MGET {u}1 {u}2 {u}1 | GET foo");
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(batch.command(i).verdict, Verdict::kSingleSlot);
    EXPECT_EQ(batch.command(i).part_count, 1);
    EXPECT_EQ(batch.command(i).merge, MergeOperation::kSingle);
    EXPECT_THAT(batch.command(i).lost_guarantees, IsEmpty());
  }
  EXPECT_THAT(batch.plan().index_pool, IsEmpty());
}

TEST(SplitTest, MakesOnePartForEachSlotNotForEachNode) {  // Rules A5, C1.
  const auto batch = Plan({"MGET user:1 user:2 user:3"});
  EXPECT_EQ(batch.Text(), "7000: MGET user:3; 7001: MGET user:2 | MGET user:1");
  EXPECT_EQ(batch.PositionsText(0), "2 | 1 | 0");
  EXPECT_EQ(batch.command(0).verdict, Verdict::kSplit);
  EXPECT_EQ(batch.command(0).part_count, 3);
  EXPECT_EQ(batch.command(0).merge, MergeOperation::kGather);
  EXPECT_THAT(batch.command(0).lost_guarantees,
              ElementsAre(Guarantee::kSnapshotRead));  // Rule C6.
  EXPECT_EQ(batch.command(0).retry_safety, RetrySafety::kSafe);
}

TEST(SplitTest, KeepsDuplicatesAndTheirOrder) {  // Rule C5.
  const auto batch = Plan({"MGET foo bar foo {foo}2 bar",
                           "MSET foo 1 bar 2 foo 3", "EXISTS foo bar foo"});
  EXPECT_EQ(batch.Text(),
            "7000: MGET bar bar | MSET bar 2 | EXISTS bar; "
            "7002: MGET foo foo {foo}2 | MSET foo 1 foo 3 | EXISTS foo foo");
  EXPECT_EQ(batch.PositionsText(0), "1 4 | 0 2 3");
  EXPECT_EQ(batch.PositionsText(2), "");  // Sums need no positions.
}

TEST(SplitTest, KnowsHowToMergeEachSplittableCommand) {  // Rule C1.
  const auto batch = Plan({"MSET foo 1 bar 2", "DEL foo bar", "UNLINK foo bar",
                           "EXISTS foo bar", "TOUCH foo bar"});
  EXPECT_EQ(batch.command(0).merge, MergeOperation::kAllSucceeded);
  for (size_t i = 1; i < 5; ++i) {
    EXPECT_EQ(batch.command(i).merge, MergeOperation::kSum) << i;
  }
  for (size_t i = 0; i < 3; ++i) {  // Writes; rules C6 and E4.
    EXPECT_THAT(batch.command(i).lost_guarantees,
                ElementsAre(Guarantee::kAtomicWrite, Guarantee::kAllOrNothing));
    EXPECT_EQ(batch.command(i).retry_safety, RetrySafety::kSameState);
  }
}

TEST(SplitTest, NeverSplitsAConditionOverAllKeys) {  // Rule C2.
  const auto batch = Plan({"MSETNX foo 1 bar 2", "MSETNX {u}1 1 {u}2 2"});
  EXPECT_EQ(batch.reason(0), RefusalReason::kCrossSlot);
  EXPECT_EQ(batch.command(1).verdict, Verdict::kSingleSlot);
}

TEST(SplitTest, NeverSplitsWhatHasNoTip) {  // Rule C3.
  const std::vector<std::string> commands = {
      "RENAME foo bar",
      "RENAMENX foo bar",
      "COPY foo bar",
      "SMOVE foo bar m",
      "LMOVE foo bar LEFT LEFT",
      "BLMOVE foo bar LEFT LEFT 0",
      "RPOPLPUSH foo bar",
      "SINTER foo bar",
      "SINTERCARD 2 foo bar",
      "SINTERSTORE {u}d foo bar",
      "SUNION foo bar",
      "SUNIONSTORE d foo bar",
      "SDIFF foo bar",
      "SDIFFSTORE d foo bar",
      "ZUNION 2 foo bar",
      "ZINTER 2 foo bar",
      "ZDIFF 2 foo bar",
      "ZUNIONSTORE d 2 foo bar",
      "ZRANGESTORE foo bar 0 -1",
      "GEOSEARCHSTORE foo bar FROMMEMBER m "
      "BYRADIUS 1 m",
      "LCS foo bar",
      "BITOP AND d foo bar",
      "PFMERGE foo bar",
      "PFCOUNT foo bar",
      "BLPOP foo bar 0",
      "BZPOPMIN foo bar 0",
      "LMPOP 2 foo bar LEFT",
      "ZMPOP 2 foo bar MIN",
      "XREAD STREAMS foo bar 0 0",
      "EVAL s 2 foo bar",
      "FCALL f 2 foo bar",
      "WATCH foo bar",
      "MIGRATE h 1 '' 0 1 KEYS foo bar",
      "SORT foo STORE bar",
      "GEORADIUS foo 1 2 3 m STORE bar"};
  const auto batch = Plan(commands);
  for (size_t i = 0; i < commands.size(); ++i) {
    ASSERT_TRUE(batch.command(i).refusal) << commands[i];
    EXPECT_EQ(batch.reason(i), RefusalReason::kCrossSlot) << commands[i];
    EXPECT_GE(batch.command(i).refusal->keys.size(), 2u) << commands[i];
  }
  EXPECT_EQ(batch.Text(), "");
}

TEST(SplitTest, RefusesToSplitWhenThePolicyForbidsIt) {
  const PlannedBatch batch(ThreeShards(), {"MGET foo bar", "MGET foo foo"},
                           ReadPreference::kPrimary, "", SplitPolicy::kAtomic);
  EXPECT_EQ(batch.reason(0), RefusalReason::kSplitForbidden);
  EXPECT_EQ(batch.command(1).verdict, Verdict::kSingleSlot);
}

TEST(SplitTest, PlansEmulateAsSplit) {
  const PlannedBatch batch(ThreeShards(), {"MGET foo bar", "RENAME foo bar"},
                           ReadPreference::kPrimary, "", SplitPolicy::kEmulate);
  EXPECT_EQ(batch.command(0).verdict, Verdict::kSplit);
  EXPECT_EQ(batch.reason(1), RefusalReason::kCrossSlot);
}

TEST(SplitTest, SendsOneKeyAPartWhileASlotMoves) {  // Rule F1.
  ClusterSnapshot snapshot = ThreeShards();
  snapshot.migrations = {{HashSlot::OfKey("foo"), "source", "target"},
                         {HashSlot::OfKey("nobody"), "source", "target"}};
  std::sort(snapshot.migrations.begin(), snapshot.migrations.end(),
            [](const auto& a, const auto& b) { return a.slot < b.slot; });
  const PlannedBatch batch(snapshot, {"MGET foo bar {foo}2 foo {bar}2"});
  EXPECT_EQ(batch.Text(),
            "7000: MGET bar {bar}2; "
            "7002: MGET foo | MGET {foo}2 | MGET foo");
  EXPECT_EQ(batch.PositionsText(0), "1 4 | 0 | 2 | 3");
  ASSERT_EQ(batch.plan().migrations.size(), 1u);  // Of slots in the plan only.
  EXPECT_EQ(batch.plan().migrations[0].slot, HashSlot::OfKey("foo"));
}

// A command of a newer server or a module; `step` and `extra` as in its
// documentation.
ClusterSnapshot WithCommand(const std::string& name, int64_t arity,
                            std::vector<RespValue> find_keys,
                            const std::string& response_policy,
                            const char* find_type = "range") {
  const auto text = [](const std::string& t) { return RespValue::String(t); };
  const RespValue spec = RespValue::Array(
      {text("begin_search"),
       RespValue::Array(
           {text("type"), text("index"), text("spec"),
            RespValue::Array({text("index"), RespValue::Integer(1)})}),
       text("find_keys"),
       RespValue::Array({text("type"), text(find_type), text("spec"),
                         RespValue::Array(std::move(find_keys))})});
  std::vector<RespValue> tips = {text("request_policy:multi_shard")};
  if (!response_policy.empty()) {
    tips.push_back(text("response_policy:" + response_policy));
  }
  const RespValue entry = RespValue::Array(
      {text(name), RespValue::Integer(arity), RespValue::Array({text("write")}),
       RespValue::Integer(1), RespValue::Integer(-1), RespValue::Integer(1),
       RespValue::Array({}), RespValue::Array(std::move(tips)),
       RespValue::Array({spec}), RespValue::Array({})});
  ClusterSnapshot snapshot = ThreeShards();
  snapshot.catalog = std::make_shared<const CommandCatalog>(
      *CommandCatalog::FromCommandReply(RespValue::Array({entry})));
  return snapshot;
}

std::vector<RespValue> Range(int64_t last_key, int64_t step) {
  return {RespValue::String("lastkey"), RespValue::Integer(last_key),
          RespValue::String("keystep"), RespValue::Integer(step),
          RespValue::String("limit"),   RespValue::Integer(0)};
}

std::vector<RespValue> Keynum(int64_t step) {
  return {RespValue::String("keynumidx"), RespValue::Integer(0),
          RespValue::String("firstkey"),  RespValue::Integer(1),
          RespValue::String("keystep"),   RespValue::Integer(step)};
}

TEST(SplitTest, RepeatsTheArgumentsAroundTheKeys) {  // Rule C1.
  const PlannedBatch mget(WithCommand("json.mget", -3, Range(-2, 1), ""),
                          {"JSON.MGET foo bar {foo}2 $.path"});
  EXPECT_EQ(mget.Text(),
            "7000: JSON.MGET bar $.path; 7002: JSON.MGET foo {foo}2 $.path");
  EXPECT_EQ(mget.PositionsText(0), "1 | 0 2");
  const PlannedBatch mset(
      WithCommand("json.mset", -4, Range(-1, 3), "all_succeeded"),
      {"JSON.MSET foo $ 1 bar $.a 2 {foo}2 $ 3"});
  EXPECT_EQ(mset.Text(),
            "7000: JSON.MSET bar $.a 2; 7002: JSON.MSET foo $ 1 {foo}2 $ 3");
}

TEST(SplitTest, RewritesTheKeyCount) {  // Rule C2.
  const auto cluster =
      WithCommand("msetex", -4, Keynum(2), "all_succeeded", "keynum");
  const PlannedBatch batch(
      cluster, {"MSETEX 3 foo 1 bar 2 {foo}2 3 EX 10",
                "MSETEX 2 foo 1 bar 2 NX", "MSETEX 2 {foo}1 1 {foo}2 2 xx",
                "MSETEX 2 foo 1 bar", "MSETEX 2 foo '' bar '' ''"});
  EXPECT_EQ(batch.Text(),
            "7000: MSETEX 1 bar 2 EX 10; 7002: MSETEX 2 foo 1 {foo}2 3 EX 10 | "
            "MSETEX 2 {foo}1 1 {foo}2 2 xx");
  EXPECT_THAT(batch.plan().literals, ElementsAre("1", "2"));
  EXPECT_EQ(batch.reason(1), RefusalReason::kCrossSlot);
  EXPECT_EQ(batch.reason(3), RefusalReason::kSyntax);
  // Left out by the caller: it may be NX.
  EXPECT_EQ(batch.reason(4), RefusalReason::kCrossSlot);
}

TEST(SplitTest, NeverFollowsAResponsePolicyThatItDoesNotKnow) {
  const PlannedBatch batch(WithCommand("x.mget", -2, Range(-1, 1), "novel"),
                           {"X.MGET foo bar"});
  EXPECT_EQ(batch.reason(0), RefusalReason::kCrossSlot);
}

TEST(SplitTest, NeverRepeatsMoreThanAHandfulOfArguments) {
  std::string command = "MSETEX 2 foo 1 bar 2";
  for (int i = 0; i < 70; ++i) command += " x";
  const PlannedBatch batch(
      WithCommand("msetex", -4, Keynum(2), "all_succeeded", "keynum"),
      {command});
  EXPECT_EQ(batch.reason(0), RefusalReason::kCrossSlot);
}

}  // namespace
}  // namespace slotplanner
