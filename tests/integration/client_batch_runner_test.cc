// SPDX-License-Identifier: Apache-2.0
// BatchRunner between a planner in this process and scripted nodes.
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "client/cpp/batch_runner.h"
#include "client/cpp/slot_planner_client.h"
#include "tests/integration/client_fake_planner.h"
#include "tests/integration/client_planned_batch.h"
#include "tests/support/fake_node.h"

namespace slotplanner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kSum = v1::MERGE_OPERATION_SUM;

// No waiting, and nodes that say "not now" are left at once.
const BatchRunnerOptions kHasty = {
    .planning = {.first = absl::ZeroDuration()},
    .executing = {.give_up_after = absl::ZeroDuration()},
    .report_timeout = absl::Seconds(30)};

class BatchRunnerTest : public ::testing::Test {
 protected:
  // Plans the next batch like this one.
  void PlanNext(const PlannedBatch& batch) {
    planner_.plan_batch.AnswerNext(batch.plan());
  }

  absl::StatusOr<ExecutionResult> Run(const PlannedBatch& batch,
                                      absl::Time deadline = absl::Now() +
                                                            absl::Seconds(30)) {
    return runner_.Run(batch.request(), deadline);
  }

  // The commands of the planner's call with this number.
  std::vector<std::vector<std::string>> CommandsOfCall(size_t call) const {
    const v1::PlanBatchRequest request = planner_.plan_batch.requests()[call];
    std::vector<std::vector<std::string>> commands;
    for (const v1::Command& command : request.commands()) {
      commands.emplace_back(command.args().begin(), command.args().end());
    }
    return commands;
  }

  FakePlanner planner_;
  std::unique_ptr<SlotPlannerClient> client_ =
      MakeSlotPlannerClient({.target = planner_.target()});
  BatchRunner runner_{*client_, {}, kHasty};
};

// A key's INCR, which is sent to `endpoint`.
PlannedBatch Incr(const RespEndpoint& endpoint) {
  return PlannedBatch()
      .AddCommand({"INCR", "foo"})
      .AddPart(endpoint)
      .InSlot(12182);
}

FakeScript OneIncr() {
  return FakeScript()
      .Expect({"INCR", "foo"})
      .Send(RespValue::Integer(1))
      .Stall();
}

FakeScript OneError(const std::string& error) {
  return FakeScript()
      .Expect({"INCR", "foo"})
      .Send(RespValue::Error(error))
      .Stall();
}

TEST_F(BatchRunnerTest, PlansAgainWhatANodeThatIsGoneDidNotGet) {
  const RefusingNode gone;
  const FakeNode owner(OneIncr());
  PlanNext(Incr(gone.endpoint()).OnTopology("v1"));
  PlanNext(Incr(gone.endpoint()).OnTopology("v2"));
  PlanNext(Incr(owner.endpoint()).OnTopology("v3"));
  const auto result = Run(Incr(gone.endpoint()));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->commands[0].reply, RespValue::Integer(1));
  const auto requests = planner_.plan_batch.requests();
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[0].outdated_topology_version(), "");
  EXPECT_EQ(requests[1].outdated_topology_version(), "v1");
  EXPECT_EQ(requests[2].outdated_topology_version(), "v2");
  EXPECT_EQ(planner_.report_redirection.call_count(), 0);
}

TEST_F(BatchRunnerTest, RunsNothingOnAHypotheticalTopology) {
  const RefusingNode nobody;
  v1::PlanBatchRequest request = Incr(nobody.endpoint()).request();
  request.mutable_what_if()->set_even_shards(3);
  const auto result = runner_.Run(request, absl::Now() + absl::Seconds(30));
  EXPECT_TRUE(absl::IsInvalidArgument(result.status())) << result.status();
  EXPECT_EQ(planner_.plan_batch.call_count(), 0);
}

TEST_F(BatchRunnerTest, PlansAgainWhatANodeDoesNotServe) {
  for (const std::string error :
       {"CLUSTERDOWN The cluster is down", "READONLY You can't write",
        "LOADING dataset", "MOVED 12182 ?:7000"}) {
    const FakeNode former(OneError(error));
    const FakeNode owner(OneIncr());
    PlanNext(Incr(former.endpoint()));
    PlanNext(Incr(owner.endpoint()));
    const auto result = Run(Incr(former.endpoint()));
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->commands[0].reply, RespValue::Integer(1)) << error;
  }
}

TEST_F(BatchRunnerTest, SendsNoPartTwiceThatWasApplied) {
  const RefusingNode gone;
  const FakeNode first(
      FakeScript().Expect({"DEL", "a"}).Send(RespValue::Integer(1)).Stall());
  const FakeNode second(FakeScript()
                            .Expect({"DEL", "b", "b"})
                            .Send(RespValue::Integer(1))
                            .Stall());
  const PlannedBatch batch = PlannedBatch()
                                 .AddCommand({"DEL", "a", "b", "b"}, kSum)
                                 .AddPart(first.endpoint(), {0, 1})
                                 .AddPart(gone.endpoint(), {0, 2, 3});
  PlanNext(batch);
  PlanNext(
      PlannedBatch().AddCommand({"DEL", "b", "b"}).AddPart(second.endpoint()));
  const auto result = Run(batch);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->commands[0].reply, RespValue::Integer(2));
  EXPECT_THAT(CommandsOfCall(1), ElementsAre(ElementsAre("DEL", "b", "b")));
}

// Rule E4.
TEST_F(BatchRunnerTest, DoesNotRepeatAWriteOfUnknownOutcome) {
  const FakeNode node(FakeScript().Expect({"INCR", "foo"}));
  PlanNext(Incr(node.endpoint()));
  const auto result = Run(Incr(node.endpoint()));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->commands[0].parts[0].outcome, PartOutcome::kUnknown);
  EXPECT_EQ(planner_.plan_batch.call_count(), 1);
}

// Rule D3.
TEST_F(BatchRunnerTest, PlansATransactionAgainAsAWhole) {
  const RefusingNode gone;
  const FakeNode owner(FakeScript()
                           .Expect({"MULTI"})
                           .Expect({"INCR", "foo"})
                           .Expect({"EXEC"})
                           .Send("+OK\r\n+QUEUED\r\n*1\r\n:1\r\n")
                           .Stall());
  const auto transaction = [](const RespEndpoint& endpoint) {
    return PlannedBatch()
        .AddCommand({"MULTI"})
        .AddPart(endpoint)
        .AddCommand({"INCR", "foo"})
        .AddPart(endpoint)
        .InSlot(12182)
        .AddCommand({"EXEC"})
        .AddPart(endpoint);
  };
  PlanNext(transaction(gone.endpoint()));
  PlanNext(transaction(owner.endpoint()));
  const auto result = Run(transaction(gone.endpoint()));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->commands[2].reply,
            RespValue::Array({RespValue::Integer(1)}));
}

// Rule F3.
TEST_F(BatchRunnerTest, ReportsARedirectionThatItFollowed) {
  const FakeNode owner(OneIncr());
  const std::string moved = "MOVED 12182 " + ToString(owner.endpoint());
  const FakeNode former(OneError(moved));
  PlanNext(Incr(former.endpoint()).OnTopology("v1"));
  PlannedBatch batch = Incr(former.endpoint());
  BatchRunner runner(*client_, {}, {.report_timeout = absl::Seconds(30)});
  v1::PlanBatchRequest request = batch.request();
  request.set_cluster("orders");
  const auto result = runner.Run(request, absl::Now() + absl::Seconds(30));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->commands[0].reply, RespValue::Integer(1));
  EXPECT_TRUE(result->plan_outdated);
  ASSERT_EQ(planner_.report_redirection.call_count(), 1);
  const v1::ReportRedirectionRequest report =
      planner_.report_redirection.request();
  EXPECT_EQ(report.cluster(), "orders");
  EXPECT_EQ(report.error(), moved);
  EXPECT_EQ(report.topology_version(), "v1");
}

TEST_F(BatchRunnerTest, AReportThatFailsChangesNothing) {
  const FakeNode owner(OneIncr());
  const FakeNode former(OneError("MOVED 12182 " + ToString(owner.endpoint())));
  PlanNext(Incr(former.endpoint()));
  planner_.report_redirection.FailNext({grpc::StatusCode::INTERNAL, "broken"});
  BatchRunner runner(*client_, {});
  const auto result = runner.Run(Incr(former.endpoint()).request(),
                                 absl::Now() + absl::Seconds(30));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->commands[0].reply, RespValue::Integer(1));
}

TEST_F(BatchRunnerTest, FindsRedirectionsByTheAddressMap) {
  const FakeNode owner(OneIncr());
  const FakeNode former(OneError("MOVED 12182 10.0.0.9:7000"));
  PlanNext(Incr(former.endpoint()));
  BatchRunnerOptions options;
  options.address_map =
      AddressMap::Make({{"10.0.0.9:7000", ToString(owner.endpoint())}}).value();
  BatchRunner runner(*client_, {}, options);
  const auto result = runner.Run(Incr(former.endpoint()).request(),
                                 absl::Now() + absl::Seconds(30));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->commands[0].reply, RespValue::Integer(1));
  EXPECT_EQ(result->redirection, "MOVED 12182 10.0.0.9:7000");
}

TEST_F(BatchRunnerTest, WaitsForAPlanner) {
  // One more than the client tries by itself.
  for (int i = 0; i < 5; ++i) {
    planner_.plan_batch.FailNext({grpc::StatusCode::UNAVAILABLE, "stale"});
  }
  const FakeNode owner(OneIncr());
  PlanNext(Incr(owner.endpoint()));
  const auto result = Run(Incr(owner.endpoint()));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->commands[0].reply, RespValue::Integer(1));
}

TEST_F(BatchRunnerTest, APlannersErrorIsTheResultWhenNothingWasSent) {
  planner_.plan_batch.FailNext({grpc::StatusCode::NOT_FOUND, "no cluster"});
  EXPECT_EQ(Run(Incr({.host = "n", .port = 1})).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(planner_.plan_batch.call_count(), 1);
}

TEST_F(BatchRunnerTest, APlannerThatStaysAwayIsUnavailableInTheEnd) {
  const BatchRunnerOptions patient = {
      .planning = {.first = absl::Hours(1), .max = absl::Hours(1)}};
  for (int i = 0; i < 4; ++i) {
    planner_.plan_batch.FailNext({grpc::StatusCode::UNAVAILABLE, "stale"});
  }
  BatchRunner runner(*client_, {}, patient);
  EXPECT_EQ(runner
                .Run(Incr({.host = "n", .port = 1}).request(),
                     absl::Now() + absl::Seconds(30))
                .status()
                .code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(BatchRunnerTest, KeepsWhatWasDoneWhenItCannotPlanAgain) {
  const RefusingNode gone;
  const FakeNode node(
      FakeScript().Expect({"GET", "a"}).Send(RespValue::Nil()).Stall());
  const PlannedBatch batch = PlannedBatch()
                                 .AddCommand({"GET", "a"})
                                 .AddPart(node.endpoint())
                                 .AddCommand({"GET", "b"})
                                 .AddPart(gone.endpoint());
  PlanNext(batch);
  planner_.plan_batch.FailNext({grpc::StatusCode::INTERNAL, "broken"});
  const auto result = Run(batch);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->commands[0].reply, RespValue::Nil());
  EXPECT_EQ(result->commands[1].parts[0].outcome, PartOutcome::kNotSent);
  EXPECT_THAT(result->commands[1].reply.text, HasSubstr("PARTFAILED 0 of 1"));
}

TEST_F(BatchRunnerTest, TheDeadlineEndsIt) {
  const RefusingNode gone;
  planner_.plan_batch.response = Incr(gone.endpoint()).plan();
  BatchRunner runner(*client_, {});
  const auto result = runner.Run(Incr(gone.endpoint()).request(),
                                 absl::Now() + absl::Milliseconds(300));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->commands[0].reply.is_error());
  EXPECT_GT(planner_.plan_batch.call_count(), 1);
}

}  // namespace
}  // namespace slotplanner
