// SPDX-License-Identifier: Apache-2.0
// PlanExecutor against scripted nodes.
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cpp/plan_executor.h"
#include "tests/integration/client_planned_batch.h"
#include "tests/support/fake_node.h"

namespace slotplanner {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Rule E1.
TEST(PlanExecutorTest, GathersTheRepliesOfSeveralNodesByPosition) {
  const FakeNode first(FakeScript()
                           .Expect({"MGET", "b", "b"})
                           .Send(RespValue::Array({RespValue::String("2"),
                                                   RespValue::String("2")}))
                           .Stall());
  const FakeNode second(FakeScript()
                            .Expect({"MGET", "a"})
                            .Send(RespValue::Array({RespValue::Nil()}))
                            .Stall());
  PlanExecutor executor({});
  const ExecutionResult result =
      PlannedBatch()
          .AddCommand({"MGET", "b", "a", "b"}, v1::MERGE_OPERATION_GATHER)
          .AddPart(first.endpoint(), {0, 1, 3}, {0, 2})
          .AddPart(second.endpoint(), {0, 2}, {1})
          .RunBy(executor);
  ASSERT_EQ(result.commands.size(), 1u);
  EXPECT_EQ(result.commands[0].reply,
            RespValue::Array({RespValue::String("2"), RespValue::Nil(),
                              RespValue::String("2")}));
  ASSERT_EQ(result.commands[0].parts.size(), 2u);
  EXPECT_EQ(result.commands[0].parts[1].outcome, PartOutcome::kApplied);
  EXPECT_EQ(result.commands[0].parts[1].node, ToString(second.endpoint()));
  EXPECT_FALSE(result.plan_outdated);
}

// Rule D1.
TEST(PlanExecutorTest, SendsTheCommandsOfANodeInOnePipelineAndInOrder) {
  const FakeNode node(FakeScript()
                          .Expect({"SET", "k", "1"})
                          .Expect({"INCR", "k"})
                          .Expect({"GET", "k"})
                          .Send("+OK\r\n:2\r\n$1\r\n2\r\n")
                          .Stall());
  PlanExecutor executor({});
  const ExecutionResult result = PlannedBatch()
                                     .AddCommand({"SET", "k", "1"})
                                     .AddPart(node.endpoint())
                                     .AddCommand({"INCR", "k"})
                                     .AddPart(node.endpoint())
                                     .AddCommand({"GET", "k"})
                                     .AddPart(node.endpoint())
                                     .RunBy(executor);
  EXPECT_EQ(result.commands[0].reply, RespValue::Status("OK"));
  EXPECT_EQ(result.commands[1].reply, RespValue::Integer(2));
  EXPECT_EQ(result.commands[2].reply, RespValue::String("2"));
}

TEST(PlanExecutorTest, RunsOneStageAfterTheOther) {
  // The node that has a part in both stages gets the second only after its
  // first reply; the other node is not asked before that either.
  const FakeNode node(FakeScript()
                          .Expect({"PING"})
                          .SendByteByByte("+PONG\r\n")
                          .Expect({"GET", "k"})
                          .Send(RespValue::Nil())
                          .Stall());
  PlanExecutor executor({});
  const ExecutionResult result = PlannedBatch()
                                     .AddCommand({"PING"})
                                     .AddPart(node.endpoint())
                                     .AddStage()
                                     .AddCommand({"GET", "k"})
                                     .AddPart(node.endpoint())
                                     .RunBy(executor);
  EXPECT_EQ(result.commands[0].reply, RespValue::Status("PONG"));
  EXPECT_EQ(result.commands[1].reply, RespValue::Nil());
  EXPECT_EQ(node.connection_count(), 1);
}

TEST(PlanExecutorTest, SendsNothingForARefusedCommand) {
  const FakeNode node(
      FakeScript().Expect({"PING"}).Send(RespValue::Status("PONG")).Stall());
  PlanExecutor executor({});
  const ExecutionResult result =
      PlannedBatch()
          .AddRefused({"RENAME", "a", "b"}, "Give the keys one hash tag.")
          .AddCommand({"PING"})
          .AddPart(node.endpoint())
          .RunBy(executor);
  EXPECT_EQ(result.commands[0].reply,
            RespValue::Error("REFUSED Give the keys one hash tag."));
  ASSERT_TRUE(result.commands[0].refusal.has_value());
  EXPECT_THAT(result.commands[0].parts, IsEmpty());
  EXPECT_EQ(result.commands[1].reply, RespValue::Status("PONG"));
}

// Rule F3.
TEST(PlanExecutorTest, FollowsMovedAndReportsThatThePlanIsOutdated) {
  const FakeNode owner(
      FakeScript().Expect({"GET", "foo"}).Send(RespValue::String("v")).Stall());
  const FakeNode former(FakeScript()
                            .Expect({"GET", "foo"})
                            .Send(Redirect("MOVED", owner.endpoint()))
                            .Stall());
  PlanExecutor executor({});
  const ExecutionResult result = GetFoo(former).RunBy(executor);
  EXPECT_EQ(result.commands[0].reply, RespValue::String("v"));
  EXPECT_EQ(result.commands[0].parts[0].node, ToString(owner.endpoint()));
  EXPECT_TRUE(result.plan_outdated);
}

TEST(PlanExecutorTest, FollowsMovedToAnEmptyHostOnTheHostThatWasAsked) {
  const FakeNode owner(
      FakeScript().Expect({"GET", "foo"}).Send(RespValue::String("v")).Stall());
  const FakeNode former(
      FakeScript()
          .Expect({"GET", "foo"})
          .Send(Redirect("MOVED", {.host = "", .port = owner.endpoint().port}))
          .Stall());
  PlanExecutor executor({});
  EXPECT_EQ(GetFoo(former).RunBy(executor).commands[0].reply,
            RespValue::String("v"));
}

// Rule D1 holds for redirected commands too.
TEST(PlanExecutorTest, KeepsTheOrderOfCommandsThatMovedTogether) {
  const FakeNode owner(FakeScript()
                           .Expect({"SET", "foo", "1"})
                           .Expect({"INCR", "foo"})
                           .Send("+OK\r\n:2\r\n")
                           .Stall());
  const std::string moved = ToWire(Redirect("MOVED", owner.endpoint()));
  const FakeNode former(FakeScript()
                            .Expect({"SET", "foo", "1"})
                            .Expect({"INCR", "foo"})
                            .Send(moved + moved)
                            .Stall());
  PlanExecutor executor({});
  const ExecutionResult result = PlannedBatch()
                                     .AddCommand({"SET", "foo", "1"})
                                     .AddPart(former.endpoint())
                                     .AddCommand({"INCR", "foo"})
                                     .AddPart(former.endpoint())
                                     .RunBy(executor);
  EXPECT_EQ(result.commands[1].reply, RespValue::Integer(2));
}

// Rule F2.
TEST(PlanExecutorTest, SendsAskingRightBeforeACommandThatAskRedirects) {
  const FakeNode target(FakeScript()
                            .Expect({"ASKING"})
                            .Expect({"GET", "foo"})
                            .Send("+OK\r\n$1\r\nv\r\n")
                            .Expect({"GET", "foo"})
                            .Send(RespValue::String("served"))
                            .Stall());
  const FakeNode source(FakeScript()
                            .Expect({"GET", "foo"})
                            .Send(Redirect("ASK", target.endpoint()))
                            .Stall());
  PlanExecutor executor({});
  const ExecutionResult result = GetFoo(source).RunBy(executor);
  EXPECT_EQ(result.commands[0].reply, RespValue::String("v"));
  EXPECT_FALSE(result.plan_outdated);
  // Once only: the next command on that connection goes without.
  EXPECT_EQ(GetFoo(target).RunBy(executor).commands[0].reply,
            RespValue::String("served"));
  EXPECT_EQ(target.connection_count(), 1);
}

// Rule F3: the name of the node leads elsewhere by now.
TEST(PlanExecutorTest, AMovedToItsSenderMeansReconnect) {
  FakeNode node;
  node.Play(FakeScript()
                .Expect({"PING"})
                .Send(RespValue::Status("PONG"))
                .Expect({"GET", "foo"})
                .Send(Redirect("MOVED", node.endpoint()))
                .Stall());
  PlanExecutor executor({});
  PlannedBatch().AddCommand({"PING"}).AddPart(node.endpoint()).RunBy(executor);
  node.Play(
      FakeScript().Expect({"GET", "foo"}).Send(RespValue::String("v")).Stall());
  EXPECT_EQ(GetFoo(node).RunBy(executor).commands[0].reply,
            RespValue::String("v"));
  EXPECT_EQ(node.connection_count(), 2);
}

TEST(PlanExecutorTest, NodesThatDisagreeEndInTheirError) {
  FakeNode first;
  FakeNode second;
  const auto redirect_three_times_to = [](const FakeNode& node) {
    FakeScript script;
    for (int i = 0; i < 3; ++i) {
      script.Expect({"GET", "foo"}).Send(Redirect("MOVED", node.endpoint()));
    }
    return script.Stall();
  };
  first.Play(redirect_three_times_to(second));
  second.Play(redirect_three_times_to(first));
  PlanExecutor executor({});
  const ExecutionResult result = GetFoo(first).RunBy(executor);
  EXPECT_EQ(result.commands[0].reply, Redirect("MOVED", first.endpoint()));
  EXPECT_EQ(result.commands[0].parts[0].outcome, PartOutcome::kFailed);
}

// Rules E3, E4.
TEST(PlanExecutorTest, AWriteOnALostConnectionIsUnknownAndNotSentAgain) {
  const FakeNode node(FakeScript().Expect({"GET", "foo"}));
  PlanExecutor executor({});
  const ExecutionResult result =
      GetFoo(node, v1::RETRY_SAFETY_UNSAFE).RunBy(executor);
  EXPECT_EQ(result.commands[0].parts[0].outcome, PartOutcome::kUnknown);
  EXPECT_THAT(result.commands[0].reply.text, HasSubstr("unknown: part 0 on"));
  EXPECT_EQ(node.connection_count(), 1);
}

// Rule E4.
TEST(PlanExecutorTest, AReadOnALostConnectionIsSentAgain) {
  FakeNode node(FakeScript()
                    .Expect({"PING"})
                    .Send(RespValue::Status("PONG"))
                    .Expect({"GET", "foo"}));
  PlanExecutor executor({});
  PlannedBatch().AddCommand({"PING"}).AddPart(node.endpoint()).RunBy(executor);
  node.Play(
      FakeScript().Expect({"GET", "foo"}).Send(RespValue::String("v")).Stall());
  EXPECT_EQ(GetFoo(node).RunBy(executor).commands[0].reply,
            RespValue::String("v"));
}

TEST(PlanExecutorTest, ANodeThatAlwaysHangsUpIsAskedABoundedNumberOfTimes) {
  const FakeNode node(FakeScript().Expect({"GET", "foo"}));
  PlanExecutor executor({});
  const ExecutionResult result = GetFoo(node).RunBy(executor);
  EXPECT_TRUE(result.commands[0].reply.is_error());
  EXPECT_LE(node.connection_count(), 6);
}

TEST(PlanExecutorTest, RepliesBeforeALostConnectionCount) {
  const FakeNode node(FakeScript()
                          .Expect({"SET", "a", "1"})
                          .Expect({"SET", "b", "2"})
                          .Send(RespValue::Status("OK")));
  PlanExecutor executor({});
  const ExecutionResult result = PlannedBatch()
                                     .AddCommand({"SET", "a", "1"})
                                     .AddPart(node.endpoint())
                                     .AddCommand({"SET", "b", "2"})
                                     .AddPart(node.endpoint())
                                     .RunBy(executor);
  EXPECT_EQ(result.commands[0].reply, RespValue::Status("OK"));
  EXPECT_EQ(result.commands[1].parts[0].outcome, PartOutcome::kUnknown);
}

// Rule E3: a node executes no request of which it has only the beginning.
TEST(PlanExecutorTest, AWriteThatNeverLeftInFullIsNotSent) {
  // Far more than the socket buffers hold, to a node that stops reading.
  const std::string value(size_t{64} << 20, 'v');
  const FakeNode node(FakeScript().Expect({"SET", "a", "1"}));
  PlanExecutor executor({});
  const ExecutionResult result = PlannedBatch()
                                     .AddCommand({"SET", "a", "1"})
                                     .AddPart(node.endpoint())
                                     .AddCommand({"SET", "b", value})
                                     .AddPart(node.endpoint())
                                     .RunBy(executor);
  EXPECT_EQ(result.commands[0].parts[0].outcome, PartOutcome::kUnknown);
  EXPECT_EQ(result.commands[1].parts[0].outcome, PartOutcome::kNotSent);
}

// Rule E2.
TEST(PlanExecutorTest, AnUnreachableNodeLeavesTheOtherPartsApplied) {
  const FakeNode node(FakeScript()
                          .Expect({"MSET", "a", "1"})
                          .Send(RespValue::Status("OK"))
                          .Stall());
  const RefusingNode down;
  PlanExecutor executor({});
  const ExecutionResult result =
      PlannedBatch()
          .AddCommand({"MSET", "a", "1", "b", "2"},
                      v1::MERGE_OPERATION_ALL_SUCCEEDED)
          .AddPart(node.endpoint(), {0, 1, 2})
          .AddPart(down.endpoint(), {0, 3, 4})
          .RunBy(executor);
  EXPECT_EQ(result.commands[0].parts[0].outcome, PartOutcome::kApplied);
  EXPECT_EQ(result.commands[0].parts[1].outcome, PartOutcome::kNotSent);
  EXPECT_THAT(
      result.commands[0].reply.text,
      HasSubstr(absl::StrCat("; applied: part 0 on ", ToString(node.endpoint()),
                             " (arguments 1, 2)")));
  EXPECT_THAT(
      result.commands[0].reply.text,
      HasSubstr(absl::StrCat("; not sent: part 1 on ",
                             ToString(down.endpoint()), " (arguments 3, 4)")));
}

TEST(PlanExecutorTest, TheDeadlineLeavesAPartUnknown) {
  const FakeNode node(FakeScript().Expect({"GET", "foo"}).Stall());
  PlanExecutor executor({});
  const ExecutionResult result =
      GetFoo(node).RunBy(executor, absl::Now() + absl::Milliseconds(100));
  EXPECT_EQ(result.commands[0].parts[0].outcome, PartOutcome::kUnknown);
  EXPECT_EQ(result.commands[0].parts[0].cause.code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST(PlanExecutorTest, BytesThatAreNoReplyLeaveAPartUnknown) {
  const FakeNode node(
      FakeScript().Expect({"GET", "foo"}).Send("HTTP/1.1 400\r\n").Stall());
  PlanExecutor executor({});
  const ExecutionResult result =
      GetFoo(node, v1::RETRY_SAFETY_UNSAFE).RunBy(executor);
  EXPECT_EQ(result.commands[0].parts[0].outcome, PartOutcome::kUnknown);
}

TEST(PlanExecutorTest, RepliesOfAnotherShapeAreAnError) {
  const FakeNode node(
      FakeScript().Expect({"MGET", "a"}).Send(RespValue::Integer(1)).Stall());
  PlanExecutor executor({});
  const ExecutionResult result =
      PlannedBatch()
          .AddCommand({"MGET", "a"}, v1::MERGE_OPERATION_GATHER)
          .AddPart(node.endpoint(), {0, 1}, {0})
          .RunBy(executor);
  EXPECT_THAT(result.commands[0].reply.text,
              HasSubstr("is not an array of length 1"));
  EXPECT_TRUE(result.commands[0].reply.is_error());
}

TEST(PlanExecutorTest, SendsReadonlyOncePerConnectionToAReplica) {
  const FakeNode replica(FakeScript()
                             .Expect({"READONLY"})
                             .Send(RespValue::Status("OK"))
                             .Expect({"GET", "foo"})
                             .Send(RespValue::String("1"))
                             .Expect({"GET", "foo"})
                             .Send(RespValue::String("2"))
                             .Stall());
  PlanExecutor executor({});
  const PlannedBatch batch = PlannedBatch()
                                 .AddCommand({"GET", "foo"})
                                 .AddPart(replica.endpoint(), {}, {}, true);
  EXPECT_EQ(batch.RunBy(executor).commands[0].reply, RespValue::String("1"));
  EXPECT_EQ(batch.RunBy(executor).commands[0].reply, RespValue::String("2"));
}

// Rule D2: a connection in READONLY mode could serve a stale read.
TEST(PlanExecutorTest, DoesNotUseAReadonlyConnectionWhereThePlanWantsNone) {
  FakeNode node(FakeScript()
                    .Expect({"READONLY"})
                    .Send(RespValue::Status("OK"))
                    .Expect({"GET", "foo"})
                    .Send(RespValue::String("1"))
                    .Stall());
  PlanExecutor executor({});
  PlannedBatch()
      .AddCommand({"GET", "foo"})
      .AddPart(node.endpoint(), {}, {}, true)
      .RunBy(executor);
  node.Play(
      FakeScript().Expect({"GET", "foo"}).Send(RespValue::String("2")).Stall());
  EXPECT_EQ(GetFoo(node).RunBy(executor).commands[0].reply,
            RespValue::String("2"));
}

TEST(PlanExecutorTest, AuthenticatesEachConnection) {
  const FakeNode node(FakeScript()
                          .Expect({"AUTH", "reader", "s3cret"})
                          .Send(RespValue::Status("OK"))
                          .Expect({"GET", "foo"})
                          .Send(RespValue::Nil())
                          .Stall());
  PlanExecutor executor(
      {.user = "reader", .password = PasswordSource::Literal("s3cret")});
  EXPECT_EQ(GetFoo(node).RunBy(executor).commands[0].reply, RespValue::Nil());
}

TEST(PlanExecutorTest, ARefusedPasswordIsNotRepeatedInTheError) {
  const FakeNode node(FakeScript()
                          .Expect({"AUTH", "s3cret"})
                          .Send(RespValue::Error("WRONGPASS invalid: s3cret"))
                          .Stall());
  PlanExecutor executor({.password = PasswordSource::Literal("s3cret")});
  const ExecutionResult result = GetFoo(node).RunBy(executor);
  EXPECT_EQ(result.commands[0].parts[0].outcome, PartOutcome::kNotSent);
  EXPECT_THAT(result.commands[0].reply.text, HasSubstr("WRONGPASS"));
  EXPECT_THAT(result.commands[0].reply.text, Not(HasSubstr("s3cret")));
}

// Each node stops reading requests while nobody takes its replies, so writing
// everything before reading anything would never end.
TEST(PlanExecutorTest, LargePipelinesInBothDirectionsDoNotDeadlock) {
  constexpr int kNodes = 4;
  constexpr int kCommandsPerNode = 16;
  const std::string value(size_t{1} << 20, 'v');  // 64 MiB in all.
  FakeScript script;
  for (int i = 0; i < kCommandsPerNode; ++i) {
    script.Expect({"ECHO", value}).Send(RespValue::String(value));
  }
  script.Stall();
  std::vector<std::unique_ptr<FakeNode>> nodes;
  PlannedBatch batch;
  for (int i = 0; i < kNodes; ++i) {
    nodes.push_back(std::make_unique<FakeNode>(script));
    for (int j = 0; j < kCommandsPerNode; ++j) {
      batch.AddCommand({"ECHO", value}).AddPart(nodes.back()->endpoint());
    }
  }
  PlanExecutor executor({});
  for (const CommandResult& command : batch.RunBy(executor).commands) {
    ASSERT_EQ(command.reply, RespValue::String(value));
  }
}

TEST(PlanExecutorTest, APlanForOtherCommandsSendsNothing) {
  PlanExecutor executor({});
  v1::PlanBatchResponse plan;
  plan.add_command_plans();
  EXPECT_EQ(executor.Execute({}, plan, absl::InfiniteFuture()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(PlanExecutorTest, LogsInWithThePasswordOfTheMoment) {
  const auto script = [](const std::string& password) {
    return FakeScript()
        .Expect({"AUTH", password})
        .Send(RespValue::Status("OK"))
        .Expect({"GET", "foo"})
        .Send(RespValue::String("v"));
  };
  const std::string path =
      absl::StrCat(::testing::TempDir(), "slotplanner_executor_", getpid());
  std::ofstream(path) << "old\n";
  PlanExecutor executor({.password = PasswordSource::File(path)});
  FakeNode node(script("old"));
  EXPECT_EQ(GetFoo(node).RunBy(executor).commands[0].reply,
            RespValue::String("v"));
  std::ofstream(path) << "new\n";
  node.Play(script("new"));
  EXPECT_EQ(GetFoo(node).RunBy(executor).commands[0].reply,
            RespValue::String("v"));
  std::filesystem::remove(path);
}

TEST(PlanExecutorTest, SendsNothingWithoutThePasswordThatItNeeds) {
  const FakeNode node;
  PlanExecutor executor(
      {.password = PasswordSource::File("/nowhere/password")});
  const PartResult part = GetFoo(node).RunBy(executor).commands[0].parts[0];
  EXPECT_EQ(part.outcome, PartOutcome::kNotSent);
  EXPECT_EQ(part.cause.code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace slotplanner
