// SPDX-License-Identifier: Apache-2.0
// PlanExecutor and transactions (rule D3), against scripted nodes.
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

using ::testing::Each;

using ::testing::HasSubstr;

const char kAborted[] =
    "-EXECABORT Transaction discarded because of previous errors.\r\n";

// Adds MULTI, `SET a 1` and EXEC.
PlannedBatch& AddTransaction(PlannedBatch& batch, const FakeNode& node) {
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{
           {"MULTI"}, {"SET", "a", "1"}, {"EXEC"}}) {
    batch.AddCommand(args).AddPart(node.endpoint());
    if (args[0] == "SET") batch.InSlot(15495);
  }
  return batch;
}

PlannedBatch Transaction(const FakeNode& node) {
  PlannedBatch batch;
  return AddTransaction(batch, node);
}

// Adds `WATCH a`, `GET a`, and then a transaction.
PlannedBatch WatchedTransaction(const FakeNode& node) {
  PlannedBatch batch;
  batch.AddCommand({"WATCH", "a"})
      .AddPart(node.endpoint())
      .InSlot(15495)
      .AddCommand({"GET", "a"})
      .AddPart(node.endpoint())
      .InSlot(15495);
  return AddTransaction(batch, node);
}

FakeScript& ExpectTransaction(FakeScript& script) {
  return script.Expect({"MULTI"}).Expect({"SET", "a", "1"}).Expect({"EXEC"});
}

const char kExecuted[] = "+OK\r\n+QUEUED\r\n*1\r\n+OK\r\n";

void ExpectExecuted(const CommandResult& exec) {
  EXPECT_EQ(exec.reply, RespValue::Array({RespValue::Status("OK")}));
}

std::vector<PartOutcome> OutcomesOf(const ExecutionResult& result) {
  std::vector<PartOutcome> outcomes;
  for (const CommandResult& command : result.commands) {
    outcomes.push_back(command.parts[0].outcome);
  }
  return outcomes;
}

TEST(PlanTransactionsTest, ARedirectionSendsTheWholeTransactionAgain) {
  FakeScript at_owner;
  const FakeNode owner(ExpectTransaction(at_owner).Send(kExecuted).Stall());
  FakeScript at_former;
  const FakeNode former(ExpectTransaction(at_former)
                            .Send("+OK\r\n" +
                                  ToWire(Redirect("MOVED", owner.endpoint())) +
                                  kAborted)
                            .Stall());
  PlanExecutor executor({});
  const ExecutionResult result = Transaction(former).RunBy(executor);
  EXPECT_EQ(result.commands[0].reply, RespValue::Status("OK"));
  EXPECT_EQ(result.commands[1].reply, RespValue::Status("QUEUED"));
  ExpectExecuted(result.commands[2]);
  EXPECT_EQ(result.commands[0].parts[0].node, ToString(owner.endpoint()));
  EXPECT_TRUE(result.plan_outdated);
}

TEST(PlanTransactionsTest, WhatIsBehindATransactionStaysBehindIt) {
  FakeScript at_owner;
  const FakeNode owner(ExpectTransaction(at_owner)
                           .Expect({"GET", "a"})
                           .Send(std::string(kExecuted) + "$1\r\n1\r\n")
                           .Stall());
  const std::string moved = ToWire(Redirect("MOVED", owner.endpoint()));
  FakeScript at_former;
  const FakeNode former(ExpectTransaction(at_former)
                            .Expect({"GET", "a"})
                            .Send("+OK\r\n" + moved + kAborted + moved)
                            .Stall());
  PlanExecutor executor({});
  const ExecutionResult result = Transaction(former)
                                     .AddCommand({"GET", "a"})
                                     .AddPart(former.endpoint())
                                     .InSlot(15495)
                                     .RunBy(executor);
  EXPECT_EQ(result.commands[3].reply, RespValue::String("1"));
}

// Rule F2: once, before MULTI.
TEST(PlanTransactionsTest, AskingPrecedesMulti) {
  FakeScript at_target;
  at_target.Expect({"ASKING"});
  const FakeNode target(ExpectTransaction(at_target)
                            .Send(std::string("+OK\r\n") + kExecuted)
                            .Stall());
  FakeScript at_source;
  const FakeNode source(ExpectTransaction(at_source)
                            .Send("+OK\r\n" +
                                  ToWire(Redirect("ASK", target.endpoint())) +
                                  kAborted)
                            .Stall());
  PlanExecutor executor({});
  const ExecutionResult result = Transaction(source).RunBy(executor);
  ExpectExecuted(result.commands[2]);
  EXPECT_FALSE(result.plan_outdated);
}

// Rules F1, F4: EXEC itself finds that some keys are elsewhere.
TEST(PlanTransactionsTest, ATransactionThatMustWaitIsSentAgainFromMulti) {
  FakeScript script;
  ExpectTransaction(script).Send("+OK\r\n+QUEUED\r\n-TRYAGAIN some keys\r\n");
  const FakeNode node(ExpectTransaction(script).Send(kExecuted).Stall());
  PlanExecutor executor({}, {.first = absl::ZeroDuration()});
  ExpectExecuted(Transaction(node).RunBy(executor).commands[2]);
}

TEST(PlanTransactionsTest, AnAbortForAnotherReasonStands) {
  FakeScript script;
  const FakeNode node(ExpectTransaction(script)
                          .Send(std::string("+OK\r\n-OOM no\r\n") + kAborted)
                          .Stall());
  PlanExecutor executor({});
  const ExecutionResult result = Transaction(node).RunBy(executor);
  EXPECT_EQ(result.commands[1].reply, RespValue::Error("OOM no"));
  EXPECT_THAT(result.commands[2].reply.text, HasSubstr("EXECABORT"));
}

// Rule E3.
TEST(PlanTransactionsTest, WithoutAReplyToExecAllOfItIsUnknown) {
  FakeScript script;
  const FakeNode node(ExpectTransaction(script).Send("+OK\r\n+QUEUED\r\n"));
  PlanExecutor executor({});
  const ExecutionResult result = Transaction(node).RunBy(executor);
  EXPECT_THAT(OutcomesOf(result), Each(PartOutcome::kUnknown));
  EXPECT_EQ(node.connection_count(), 1);
}

// Rule E3: nothing of a transaction is executed before EXEC.
TEST(PlanTransactionsTest, UntilExecIsSentATransactionIsSentAgain) {
  const FakeNode node(FakeScript().Expect({"MULTI"}).Send("+OK\r\n"));
  // More than the socket buffers hold, to a node that stops reading.
  const std::string value(size_t{16} << 20, 'v');
  PlanExecutor executor({});
  const ExecutionResult result = PlannedBatch()
                                     .AddCommand({"MULTI"})
                                     .AddPart(node.endpoint())
                                     .AddCommand({"SET", "a", value})
                                     .AddPart(node.endpoint())
                                     .AddCommand({"EXEC"})
                                     .AddPart(node.endpoint())
                                     .RunBy(executor);
  EXPECT_THAT(OutcomesOf(result), Each(PartOutcome::kNotSent));
  EXPECT_EQ(node.connection_count(), 6);
}

TEST(PlanTransactionsTest, StartsWhenItsWatchHasSucceeded) {
  FakeScript script;
  script.Expect({"WATCH", "a"}).Expect({"GET", "a"}).Send("+OK\r\n$-1\r\n");
  const FakeNode node(ExpectTransaction(script).Send(kExecuted).Stall());
  PlanExecutor executor({});
  const ExecutionResult result = WatchedTransaction(node).RunBy(executor);
  EXPECT_EQ(result.commands[0].reply, RespValue::Status("OK"));
  EXPECT_EQ(result.commands[1].reply, RespValue::Nil());
  ExpectExecuted(result.commands[4]);
  // EXEC ended the WATCH.
  Transaction(node).RunBy(executor, absl::Now() + absl::Milliseconds(50));
  EXPECT_EQ(node.connection_count(), 1);
}

TEST(PlanTransactionsTest, ARedirectedWatchTakesItsTransactionAlong) {
  FakeScript at_owner;
  at_owner.Expect({"GET", "a"}).Expect({"WATCH", "a"}).Send("$-1\r\n+OK\r\n");
  const FakeNode owner(ExpectTransaction(at_owner).Send(kExecuted).Stall());
  const std::string moved = ToWire(Redirect("MOVED", owner.endpoint()));
  const FakeNode former(FakeScript()
                            .Expect({"WATCH", "a"})
                            .Expect({"GET", "a"})
                            .Send(moved + moved)
                            .Stall());
  PlanExecutor executor({});
  const ExecutionResult result = WatchedTransaction(former).RunBy(executor);
  EXPECT_EQ(result.commands[0].reply, RespValue::Status("OK"));
  EXPECT_EQ(result.commands[1].reply, RespValue::Nil());
  ExpectExecuted(result.commands[4]);
}

TEST(PlanTransactionsTest, ATransactionIsNotSentWithoutItsWatch) {
  const FakeNode node(FakeScript()
                          .Expect({"WATCH", "a"})
                          .Expect({"GET", "a"})
                          .Send("-NOPERM no\r\n$-1\r\n")
                          .Stall());
  PlanExecutor executor({});
  const ExecutionResult result = WatchedTransaction(node).RunBy(executor);
  EXPECT_EQ(result.commands[0].reply, RespValue::Error("NOPERM no"));
  for (const size_t i : {2u, 3u, 4u}) {
    EXPECT_EQ(result.commands[i].parts[0].outcome, PartOutcome::kNotSent);
    EXPECT_THAT(result.commands[i].reply.text,
                HasSubstr("The WATCH before it failed."));
  }
}

TEST(PlanTransactionsTest, ALostConnectionStartsAgainFromWatch) {
  // Each connection ends behind the WATCH: no MULTI may come.
  const FakeNode node(FakeScript().Expect({"WATCH", "a"}));
  PlannedBatch batch;
  batch.AddCommand({"WATCH", "a"}).AddPart(node.endpoint());
  PlanExecutor executor({});
  const ExecutionResult result = AddTransaction(batch, node).RunBy(executor);
  EXPECT_EQ(result.commands[3].parts[0].outcome, PartOutcome::kNotSent);
  EXPECT_EQ(node.connection_count(), 6);
}

// The WATCH of one caller would make the EXEC of another fail.
TEST(PlanTransactionsTest, AConnectionThatWatchesIsNotUsedAgain) {
  FakeNode node(FakeScript().Expect({"WATCH", "a"}).Send("+OK\r\n").Stall());
  PlanExecutor executor({});
  PlannedBatch()
      .AddCommand({"WATCH", "a"})
      .AddPart(node.endpoint())
      .RunBy(executor);
  node.Play(FakeScript().Expect({"GET", "foo"}).Send(RespValue::Nil()).Stall());
  EXPECT_EQ(GetFoo(node).RunBy(executor).commands[0].reply, RespValue::Nil());
}

TEST(PlanTransactionsTest, UnwatchMakesAConnectionCleanAgain) {
  const FakeNode node(FakeScript()
                          .Expect({"WATCH", "a"})
                          .Expect({"UNWATCH"})
                          .Send("+OK\r\n+OK\r\n")
                          .Expect({"GET", "foo"})
                          .Send(RespValue::Nil())
                          .Stall());
  PlanExecutor executor({});
  PlannedBatch()
      .AddCommand({"WATCH", "a"})
      .AddPart(node.endpoint())
      .AddCommand({"UNWATCH"})
      .AddPart(node.endpoint())
      .RunBy(executor);
  EXPECT_EQ(GetFoo(node).RunBy(executor).commands[0].reply, RespValue::Nil());
  EXPECT_EQ(node.connection_count(), 1);
}

TEST(PlanTransactionsTest, APlanWithHalfATransactionSendsNothing) {
  PlanExecutor executor({});
  v1::PlanBatchRequest request;
  request.add_commands()->add_args("MULTI");
  v1::PlanBatchResponse plan;
  v1::CommandPlan& command_plan = *plan.add_command_plans();
  command_plan.set_part_count(1);
  command_plan.mutable_merge()->set_operation(v1::MERGE_OPERATION_SINGLE);
  v1::NodePlan& node_plan = *plan.add_stages()->add_node_plans();
  node_plan.mutable_node()->set_host("127.0.0.1");
  node_plan.mutable_node()->set_port(1);
  node_plan.add_commands();
  EXPECT_EQ(executor.Execute(request.commands(), plan, absl::InfiniteFuture())
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace slotplanner
