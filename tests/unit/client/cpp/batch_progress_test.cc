// SPDX-License-Identifier: Apache-2.0
#include "client/cpp/batch_progress.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "tests/unit/client/cpp/ran_batch.h"

namespace slotplanner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kSafe = v1::RETRY_SAFETY_SAFE;
constexpr auto kUnsafe = v1::RETRY_SAFETY_UNSAFE;
constexpr auto kSplit = v1::VERDICT_SPLIT;
constexpr auto kGather = v1::MERGE_OPERATION_GATHER;
constexpr auto kSum = v1::MERGE_OPERATION_SUM;

RespValue Strings(const std::vector<std::string>& texts) {
  RespValue array = RespValue::Array({});
  for (const std::string& text : texts) {
    array.elements.push_back(RespValue::String(text));
  }
  return array;
}

// The commands to plan, each with spaces between its words.
std::vector<std::string> CommandsOf(const BatchProgress& progress) {
  std::vector<std::string> lines;
  for (const v1::Command& command : progress.request().commands()) {
    lines.push_back(absl::StrJoin(command.args(), " "));
  }
  return lines;
}

void TakeAll(BatchProgress& progress, const RanBatch& batch) {
  progress.Take(batch.plan, batch.result);
}

TEST(BatchProgressTest, IsDoneWhenAllIsApplied) {
  const RanBatch batch =
      RanBatch().AddCommand("GET a", kSafe).AddPart(1, Applied(Strings({})));
  BatchProgress progress(batch.request);
  EXPECT_FALSE(progress.is_done());
  EXPECT_EQ(&progress.request(), &batch.request);
  TakeAll(progress, batch);
  EXPECT_TRUE(progress.is_done());
  const ExecutionResult result = std::move(progress).Finish();
  EXPECT_EQ(result.commands[0].reply, Strings({}));
  EXPECT_FALSE(result.plan_outdated);
}

TEST(BatchProgressTest, AsksForPrimariesAndSaysWhichTopologyIsOutdated) {
  RanBatch batch;
  batch.request.set_cluster("orders");
  batch.request.set_client_zone("a");
  batch.request.set_split_policy(v1::SPLIT_POLICY_ATOMIC);
  batch.request.set_read_preference(v1::READ_PREFERENCE_REPLICA);
  batch.plan.mutable_topology()->set_version("v1");
  batch.AddCommand("GET a", kSafe).AddPart(1, NotSent());
  BatchProgress progress(batch.request);
  TakeAll(progress, batch);
  const v1::PlanBatchRequest& request = progress.request();
  EXPECT_EQ(request.cluster(), "orders");
  EXPECT_EQ(request.client_zone(), "a");
  EXPECT_EQ(request.split_policy(), v1::SPLIT_POLICY_ATOMIC);
  EXPECT_EQ(request.read_preference(), v1::READ_PREFERENCE_PRIMARY);
  EXPECT_EQ(request.outdated_topology_version(), "v1");
}

TEST(BatchProgressTest, PlansFailedCommandsAgainInTheirOrder) {
  const RanBatch first = RanBatch()
                             .AddCommand("SET a 1")
                             .AddPart(1, NotSent())
                             .AddCommand("SET b 2")
                             .AddPart(2, Applied())
                             .AddCommand("INCR a")
                             .AddPart(1, NotSent());
  BatchProgress progress(first.request);
  TakeAll(progress, first);
  ASSERT_THAT(CommandsOf(progress), ElementsAre("SET a 1", "INCR a"));
  TakeAll(progress, RanBatch()
                        .AddCommand("SET a 1")
                        .AddPart(1, Applied())
                        .AddCommand("INCR a")
                        .AddPart(1, NotSent()));
  ASSERT_THAT(CommandsOf(progress), ElementsAre("INCR a"));
  TakeAll(progress, RanBatch().AddCommand("INCR a").AddPart(
                        1, Applied(RespValue::Integer(2))));
  EXPECT_TRUE(progress.is_done());
  const ExecutionResult result = std::move(progress).Finish();
  EXPECT_EQ(result.commands[0].reply, RespValue::Status("OK"));
  EXPECT_EQ(result.commands[1].reply, RespValue::Status("OK"));
  EXPECT_EQ(result.commands[2].reply, RespValue::Integer(2));
}

// Rule E1.
TEST(BatchProgressTest, PutsTheReplyOfAPartIntoItsPlace) {
  const RanBatch first = RanBatch()
                             .AddCommand("MGET a b a c", kSafe, kSplit, kGather)
                             .AddPart(1, NotSent(), {0, 1, 3}, {0, 2})
                             .AddPart(2, Applied(Strings({"B"})), {0, 2}, {1})
                             .AddPart(3, NotSent(), {0, 4}, {3});
  BatchProgress progress(first.request);
  TakeAll(progress, first);
  ASSERT_THAT(CommandsOf(progress), ElementsAre("MGET a a", "MGET c"));
  TakeAll(progress, RanBatch()
                        .AddCommand("MGET a a", kSafe)
                        .AddPart(1, Applied(Strings({"A", "A"})))
                        .AddCommand("MGET c", kSafe)
                        .AddPart(3, Applied(Strings({"C"}))));
  const ExecutionResult result = std::move(progress).Finish();
  EXPECT_EQ(result.commands[0].reply, Strings({"A", "B", "A", "C"}));
  ASSERT_EQ(result.commands[0].parts.size(), 3u);
  EXPECT_THAT(result.commands[0].parts[0].arg_indexes, ElementsAre(1, 3));
}

// Rules F1, E2: the slot of two parts begins to move, so that they fall into
// parts once more, of which some wait longer.
TEST(BatchProgressTest, APartMayFallIntoParts) {
  const RanBatch first =
      RanBatch()
          .AddCommand("MGET a x b a c d", kSafe, kSplit, kGather)
          .AddPart(1, NotSent(), {0, 1, 3, 4}, {0, 2, 3})
          .AddPart(2, Applied(Strings({"X"})), {0, 2}, {1})
          .AddPart(3, NotSent(), {0, 5, 6}, {4, 5});
  BatchProgress progress(first.request);
  TakeAll(progress, first);
  ASSERT_THAT(CommandsOf(progress), ElementsAre("MGET a b a", "MGET c d"));
  TakeAll(progress, RanBatch()
                        .AddCommand("MGET a b a", kSafe, kSplit, kGather)
                        .AddPart(1, Applied(Strings({"A"})), {0, 1}, {0})
                        .AddPart(1, NotSent(), {0, 2}, {1})
                        .AddPart(1, Applied(Strings({"A"})), {0, 3}, {2})
                        .AddCommand("MGET c d", kSafe, kSplit, kGather)
                        .AddPart(3, NotSent(), {0, 1}, {0})
                        .AddPart(3, Applied(Strings({"D"})), {0, 2}, {1}));
  ASSERT_THAT(CommandsOf(progress), ElementsAre("MGET b", "MGET c"));
  TakeAll(progress, RanBatch()
                        .AddCommand("MGET b", kSafe)
                        .AddPart(1, Applied(Strings({"B"})))
                        .AddCommand("MGET c", kSafe)
                        .AddPart(3, Failed("NOPERM no")));
  EXPECT_TRUE(progress.is_done());
  BatchProgress failed = progress;
  const CommandResult command = std::move(failed).Finish().commands[0];
  ASSERT_EQ(command.parts.size(), 6u);
  EXPECT_THAT(command.parts[1].arg_indexes, ElementsAre(3));
  EXPECT_THAT(command.parts[4].arg_indexes, ElementsAre(5));
  EXPECT_THAT(command.reply.text,
              HasSubstr("failed: part 4 on n:7000 (arguments 5): NOPERM no"));
}

TEST(BatchProgressTest, TheReplyOfPartsOfPartsIsThatOfTheCommand) {
  const RanBatch first = RanBatch()
                             .AddCommand("MGET a b c", kSafe, kSplit, kGather)
                             .AddPart(1, NotSent(), {0, 1, 3}, {0, 2})
                             .AddPart(2, NotSent(), {0, 2}, {1});
  BatchProgress progress(first.request);
  TakeAll(progress, first);
  TakeAll(progress, RanBatch()
                        .AddCommand("MGET a c", kSafe, kSplit, kGather)
                        .AddPart(1, NotSent(), {0, 1}, {0})
                        .AddPart(1, NotSent(), {0, 2}, {1})
                        .AddCommand("MGET b", kSafe)
                        .AddPart(2, NotSent()));
  ASSERT_THAT(CommandsOf(progress), ElementsAre("MGET a", "MGET c", "MGET b"));
  TakeAll(progress, RanBatch()
                        .AddCommand("MGET a", kSafe)
                        .AddPart(1, Applied(Strings({"A"})))
                        .AddCommand("MGET c", kSafe)
                        .AddPart(1, Applied(Strings({"C"})))
                        .AddCommand("MGET b", kSafe)
                        .AddPart(2, Applied(Strings({"B"}))));
  EXPECT_EQ(std::move(progress).Finish().commands[0].reply,
            Strings({"A", "B", "C"}));
}

TEST(BatchProgressTest, KeepsTheLiteralsOfAPart) {
  RanBatch first;
  first.plan.add_literals("1");
  first
      .AddCommand("MSETEX 2 a 1 b 2", v1::RETRY_SAFETY_SAME_STATE, kSplit, kSum)
      .AddPart(1, Applied(RespValue::Integer(1)), {0, -1, 2, 3})
      .AddPart(2, NotSent(), {0, -1, 4, 5});
  BatchProgress progress(first.request);
  TakeAll(progress, first);
  ASSERT_THAT(CommandsOf(progress), ElementsAre("MSETEX 1 b 2"));
  TakeAll(progress, RanBatch()
                        .AddCommand("MSETEX 1 b 2", kUnsafe)
                        .AddPart(2, Applied(RespValue::Integer(1))));
  const CommandResult command = std::move(progress).Finish().commands[0];
  EXPECT_EQ(command.reply, RespValue::Integer(2));
  EXPECT_THAT(command.parts[1].arg_indexes, ElementsAre(4, 5));
}

// Rule E2: a command keeps the last that is known of each part.
TEST(BatchProgressTest, WhatIsNeverDoneKeepsItsError) {
  const RanBatch first = RanBatch()
                             .AddCommand("DEL a b", kUnsafe, kSplit, kSum)
                             .AddPart(1, Applied(RespValue::Integer(1)), {0, 1})
                             .AddPart(2, NotSent(), {0, 2});
  BatchProgress progress(first.request);
  TakeAll(progress, first);
  TakeAll(progress,
          RanBatch().AddCommand("DEL b").AddPart(2, Failed("CLUSTERDOWN x")));
  EXPECT_FALSE(progress.is_done());
  EXPECT_THAT(std::move(progress).Finish().commands[0].reply.text,
              HasSubstr("PARTFAILED 1 of 2 parts were applied; failed: part 1 "
                        "on n:7000 (arguments 2): CLUSTERDOWN x"));
}

TEST(BatchProgressTest, ARefusalOfAPartIsWhyItWasNotSent) {
  const RanBatch first = RanBatch()
                             .AddCommand("DEL a b", kUnsafe, kSplit, kSum)
                             .AddPart(1, Applied(RespValue::Integer(1)), {0, 1})
                             .AddPart(2, NotSent(), {0, 2});
  BatchProgress progress(first.request);
  TakeAll(progress, first);
  TakeAll(progress, RanBatch().AddRefused("DEL b", "Slot 2 is unassigned."));
  EXPECT_TRUE(progress.is_done());
  const CommandResult command = std::move(progress).Finish().commands[0];
  EXPECT_EQ(command.refusal, std::nullopt);
  EXPECT_EQ(command.parts[1].outcome, PartOutcome::kNotSent);
  EXPECT_THAT(command.reply.text, HasSubstr("Slot 2 is unassigned."));
}

TEST(BatchProgressTest, ARefusalOfACommandIsItsResult) {
  const RanBatch first =
      RanBatch().AddCommand("GET a", kSafe).AddPart(1, NotSent());
  BatchProgress progress(first.request);
  TakeAll(progress, first);
  TakeAll(progress, RanBatch().AddRefused("GET a", "Slot 1 is unassigned."));
  EXPECT_TRUE(progress.is_done());
  const CommandResult command = std::move(progress).Finish().commands[0];
  EXPECT_TRUE(command.refusal.has_value());
  EXPECT_THAT(command.parts, IsEmpty());
  EXPECT_EQ(command.reply.text, "REFUSED Slot 1 is unassigned.");
}

// A slot begins to move: the command goes in parts the second time.
TEST(BatchProgressTest, ACommandTakesTheMergeOfItsNewPlan) {
  const RanBatch first =
      RanBatch().AddCommand("DEL {a}1 {a}2").AddPart(1, NotSent());
  BatchProgress progress(first.request);
  TakeAll(progress, first);
  TakeAll(progress, RanBatch()
                        .AddCommand("DEL {a}1 {a}2", kUnsafe, kSplit, kSum)
                        .AddPart(1, Applied(RespValue::Integer(1)), {0, 1})
                        .AddPart(1, NotSent(), {0, 2}));
  ASSERT_THAT(CommandsOf(progress), ElementsAre("DEL {a}2"));
  TakeAll(progress, RanBatch()
                        .AddCommand("DEL {a}2")
                        .AddPart(1, Applied(RespValue::Integer(1))));
  EXPECT_EQ(std::move(progress).Finish().commands[0].reply,
            RespValue::Integer(2));
}

TEST(BatchProgressTest, RemembersTheLastRedirection) {
  RanBatch first = RanBatch().AddCommand("GET a", kSafe).AddPart(1, NotSent());
  first.result.plan_outdated = true;
  first.result.redirection = "MOVED 1 n:7001";
  BatchProgress progress(first.request);
  TakeAll(progress, first);
  TakeAll(progress,
          RanBatch().AddCommand("GET a", kSafe).AddPart(1, Applied()));
  const ExecutionResult result = std::move(progress).Finish();
  EXPECT_TRUE(result.plan_outdated);
  EXPECT_EQ(result.redirection, "MOVED 1 n:7001");
}

}  // namespace
}  // namespace slotplanner
