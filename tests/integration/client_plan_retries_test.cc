// SPDX-License-Identifier: Apache-2.0
// PlanExecutor against nodes that cannot serve a command, or not yet.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cpp/plan_executor.h"
#include "tests/integration/client_planned_batch.h"
#include "tests/support/fake_node.h"

namespace slotplanner {
namespace {

using ::testing::HasSubstr;

constexpr BackoffOptions kNoWait = {.first = absl::ZeroDuration()};
// Past every deadline here.
constexpr BackoffOptions kEndlessWait = {.first = absl::Hours(24 * 365),
                                         .max = absl::Hours(24 * 365)};

const RespValue kTryAgain =
    RespValue::Error("TRYAGAIN Multiple keys request during rehashing of slot");

// Rule F4.
TEST(PlanRetriesTest, AsksAgainUntilTheNodeServesTheCommand) {
  for (const std::string error : {"TRYAGAIN Multiple keys", "CLUSTERDOWN down",
                                  "LOADING dataset", "MASTERDOWN link"}) {
    const FakeNode node(FakeScript()
                            .Expect({"GET", "foo"})
                            .Send(RespValue::Error(error))
                            .Expect({"GET", "foo"})
                            .Send(RespValue::Error(error))
                            .Expect({"GET", "foo"})
                            .Send(RespValue::String("v"))
                            .Stall());
    PlanExecutor executor({}, kNoWait);
    const ExecutionResult result =
        GetFoo(node, v1::RETRY_SAFETY_UNSAFE).RunBy(executor);
    EXPECT_EQ(result.commands[0].reply, RespValue::String("v"));
    EXPECT_FALSE(result.plan_outdated);
    EXPECT_EQ(node.connection_count(), 1);
  }
}

// Rule F4.
TEST(PlanRetriesTest, GivesUpAsSoonAsTheNextTryWouldBeTooLate) {
  const RespValue down = RespValue::Error("CLUSTERDOWN The cluster is down");
  const FakeNode node(FakeScript().Expect({"GET", "foo"}).Send(down).Stall());
  PlanExecutor executor({}, kEndlessWait);
  const ExecutionResult result = GetFoo(node).RunBy(executor);
  EXPECT_EQ(result.commands[0].reply, down);
  EXPECT_EQ(result.commands[0].parts[0].outcome, PartOutcome::kFailed);
  EXPECT_FALSE(result.plan_outdated);
  EXPECT_EQ(result.redirection, down.text);
}

TEST(PlanRetriesTest, TheDeadlineEndsTheRetries) {
  const RespValue down = RespValue::Error("CLUSTERDOWN The cluster is down");
  FakeScript script;
  for (int i = 0; i < 10'000; ++i) script.Expect({"GET", "foo"}).Send(down);
  const FakeNode node(script);
  PlanExecutor executor(
      {}, {.first = absl::Milliseconds(2), .max = absl::Milliseconds(2)});
  const ExecutionResult result =
      GetFoo(node).RunBy(executor, absl::Now() + absl::Milliseconds(50));
  // The last try was turned away too, or its reply came too late.
  EXPECT_TRUE(result.commands[0].reply.is_error());
}

// Rule D1.
TEST(PlanRetriesTest, CommandsOfASlotThatWaitKeepTheirOrder) {
  const std::string turned_away = ToWire(kTryAgain);
  const FakeNode node(FakeScript()
                          .Expect({"SET", "foo", "1"})
                          .Expect({"INCR", "foo"})
                          .Send(turned_away + turned_away)
                          .Expect({"SET", "foo", "1"})
                          .Expect({"INCR", "foo"})
                          .Send("+OK\r\n:2\r\n")
                          .Stall());
  PlanExecutor executor({});
  const ExecutionResult result = PlannedBatch()
                                     .AddCommand({"SET", "foo", "1"})
                                     .AddPart(node.endpoint())
                                     .InSlot(12182)
                                     .AddCommand({"INCR", "foo"})
                                     .AddPart(node.endpoint())
                                     .InSlot(12182)
                                     .RunBy(executor);
  EXPECT_EQ(result.commands[1].reply, RespValue::Integer(2));
}

// Rule D1: the slot moves between the replies to its two commands.
TEST(PlanRetriesTest, ACommandIsNotSentElsewhereBeforeTheOneThatWaits) {
  const FakeNode target;
  const FakeNode source(
      FakeScript()
          .Expect({"SET", "foo", "1"})
          .Expect({"INCR", "foo"})
          .Send(ToWire(kTryAgain) + ToWire(Redirect("ASK", target.endpoint())))
          .Expect({"SET", "foo", "1"})
          .Stall());
  PlanExecutor executor({}, kNoWait);
  const ExecutionResult result =
      PlannedBatch()
          .AddCommand({"SET", "foo", "1"})
          .AddPart(source.endpoint())
          .InSlot(12182)
          .AddCommand({"INCR", "foo"})
          .AddPart(source.endpoint())
          .InSlot(12182)
          .RunBy(executor, absl::Now() + absl::Milliseconds(100));
  EXPECT_EQ(result.commands[0].parts[0].outcome, PartOutcome::kUnknown);
  EXPECT_EQ(result.commands[1].reply, Redirect("ASK", target.endpoint()));
  EXPECT_EQ(target.connection_count(), 0);
}

TEST(PlanRetriesTest, ARedirectedCommandDoesNotWaitForOtherNodes) {
  const FakeNode silent(FakeScript().Expect({"BLPOP", "a", "0"}).Stall());
  const FakeNode owner(
      FakeScript().Expect({"SET", "b", "1"}).Send("+OK\r\n").Stall());
  const FakeNode former(FakeScript()
                            .Expect({"SET", "b", "1"})
                            .Send(Redirect("MOVED", owner.endpoint()))
                            .Stall());
  PlanExecutor executor({});
  const ExecutionResult result =
      PlannedBatch()
          .AddCommand({"BLPOP", "a", "0"})
          .AddPart(silent.endpoint())
          .AddCommand({"SET", "b", "1"})
          .AddPart(former.endpoint())
          .RunBy(executor, absl::Now() + absl::Milliseconds(200));
  EXPECT_EQ(result.commands[0].parts[0].outcome, PartOutcome::kUnknown);
  EXPECT_EQ(result.commands[1].reply, RespValue::Status("OK"));
}

// Rule F2: the target may wait for keys too.
TEST(PlanRetriesTest, SendsAskingBeforeEachTryAtTheTargetOfASlot) {
  const FakeNode target(FakeScript()
                            .Expect({"ASKING"})
                            .Expect({"MGET", "a", "b"})
                            .Send("+OK\r\n" + ToWire(kTryAgain))
                            .Expect({"ASKING"})
                            .Expect({"MGET", "a", "b"})
                            .Send("+OK\r\n*2\r\n$-1\r\n$-1\r\n")
                            .Stall());
  const FakeNode source(FakeScript()
                            .Expect({"MGET", "a", "b"})
                            .Send(Redirect("ASK", target.endpoint()))
                            .Stall());
  PlanExecutor executor({}, kNoWait);
  const ExecutionResult result = PlannedBatch()
                                     .AddCommand({"MGET", "a", "b"})
                                     .AddPart(source.endpoint())
                                     .RunBy(executor);
  EXPECT_EQ(result.commands[0].reply,
            RespValue::Array({RespValue::Nil(), RespValue::Nil()}));
}

TEST(PlanRetriesTest, AReadThatAReplicaSendsAwayGoesToThePrimary) {
  const FakeNode primary(
      FakeScript().Expect({"GET", "foo"}).Send(RespValue::Nil()).Stall());
  const FakeNode replica(FakeScript()
                             .Expect({"READONLY"})
                             .Send("+OK\r\n")
                             .Expect({"GET", "foo"})
                             .Send(Redirect("MOVED", primary.endpoint()))
                             .Stall());
  PlanExecutor executor({});
  const ExecutionResult result =
      PlannedBatch()
          .AddCommand({"GET", "foo"})
          .AddPart(replica.endpoint(), {}, {}, /*requires_readonly=*/true)
          .RunBy(executor);
  EXPECT_EQ(result.commands[0].reply, RespValue::Nil());
  EXPECT_TRUE(result.plan_outdated);
}

TEST(PlanRetriesTest, AWriteThatMeetsAReplicaFailsAndThePlanIsOutdated) {
  const RespValue error =
      RespValue::Error("READONLY You can't write against a read only replica.");
  const FakeNode node(
      FakeScript().Expect({"SET", "foo", "1"}).Send(error).Stall());
  PlanExecutor executor({}, kNoWait);
  const ExecutionResult result = PlannedBatch()
                                     .AddCommand({"SET", "foo", "1"})
                                     .AddPart(node.endpoint())
                                     .RunBy(executor);
  EXPECT_EQ(result.commands[0].reply, error);
  EXPECT_EQ(result.commands[0].parts[0].outcome, PartOutcome::kFailed);
  EXPECT_TRUE(result.plan_outdated);
}

// Rule E2.
TEST(PlanRetriesTest, AFanOutNamesTheNodeThatIsDownAndAppliesToTheOthers) {
  const FakeScript flush =
      FakeScript().Expect({"FLUSHALL"}).Send("+OK\r\n").Stall();
  const FakeNode first(flush);
  const RefusingNode down;
  const FakeNode last(flush);
  PlanExecutor executor({});
  const ExecutionResult result =
      PlannedBatch()
          .AddCommand({"FLUSHALL"}, v1::MERGE_OPERATION_ALL_SUCCEEDED)
          .AddPart(first.endpoint())
          .AddPart(down.endpoint())
          .AddPart(last.endpoint())
          .RunBy(executor);
  EXPECT_THAT(result.commands[0].reply.text,
              HasSubstr(absl::StrCat("PARTFAILED 2 of 3 parts were applied; "
                                     "not sent: part 1 on ",
                                     ToString(down.endpoint()))));
  EXPECT_THAT(result.commands[0].reply.text,
              HasSubstr(absl::StrCat("; applied: part 0 on ",
                                     ToString(first.endpoint()), ", part 2 on ",
                                     ToString(last.endpoint()))));
}

// Rule E2: a single server would have answered the same.
TEST(PlanRetriesTest, AnErrorThatAllNodesSendIsTheReply) {
  const RespValue error = RespValue::Error("ERR syntax error");
  const FakeScript refuse =
      FakeScript().Expect({"FLUSHALL", "X"}).Send(error).Stall();
  const FakeNode first(refuse);
  const FakeNode second(refuse);
  PlanExecutor executor({});
  const ExecutionResult result =
      PlannedBatch()
          .AddCommand({"FLUSHALL", "X"}, v1::MERGE_OPERATION_ALL_SUCCEEDED)
          .AddPart(first.endpoint())
          .AddPart(second.endpoint())
          .RunBy(executor);
  EXPECT_EQ(result.commands[0].reply, error);
  EXPECT_EQ(result.commands[0].parts[1].outcome, PartOutcome::kFailed);
}

// Rule C8: WAIT speaks of its connection, also in a later stage.
TEST(PlanRetriesTest, AllStagesUseOneConnectionToANode) {
  const FakeNode node(FakeScript()
                          .Expect({"SET", "a", "1"})
                          .Send("+OK\r\n")
                          .Expect({"WAIT", "1", "0"})
                          .Send(RespValue::Integer(1))
                          .Stall());
  PlanExecutor executor({});
  const ExecutionResult result = PlannedBatch()
                                     .AddCommand({"SET", "a", "1"})
                                     .AddPart(node.endpoint())
                                     .AddStage()
                                     .AddCommand({"WAIT", "1", "0"})
                                     .AddPart(node.endpoint())
                                     .RunBy(executor);
  EXPECT_EQ(result.commands[1].reply, RespValue::Integer(1));
  EXPECT_EQ(node.connection_count(), 1);
}

}  // namespace
}  // namespace slotplanner
