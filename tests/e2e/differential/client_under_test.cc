// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/differential/client_under_test.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/cpp/plan_executor.h"
#include "tests/e2e/differential/runner_process.h"
#include "tests/e2e/differential/runner_protocol.h"

namespace slotplanner::differential {
namespace {

constexpr absl::Duration kTimeout = absl::Minutes(1);

// A runner may start and end as slowly as a virtual machine does, and is to
// tell itself when `kTimeout` is over.
constexpr absl::Duration kRunnerSlack = absl::Seconds(30);

class PlanExecutorClient final : public ClientUnderTest {
 public:
  absl::StatusOr<ExecutionResult> Execute(
      const v1::PlanBatchRequest& request,
      const v1::PlanBatchResponse& plan) override {
    return executor_.Execute(request.commands(), plan, absl::Now() + kTimeout);
  }

  absl::Status Finish() override { return absl::OkStatus(); }

 private:
  PlanExecutor executor_{{}};
};

class RunnerClient final : public ClientUnderTest {
 public:
  explicit RunnerClient(RunnerProcess process) : process_(std::move(process)) {}

  absl::StatusOr<ExecutionResult> Execute(
      const v1::PlanBatchRequest& request,
      const v1::PlanBatchResponse& /*plan*/) override {
    const int64_t id = ++last_id_;
    const auto answer = process_.Call(ExecuteRequestLine(id, request, kTimeout),
                                      kTimeout + kRunnerSlack);
    if (!answer.ok()) return answer.status();
    return ParseExecuteAnswer(*answer, id, request.commands_size());
  }

  absl::Status Finish() override { return process_.Finish(kRunnerSlack); }

 private:
  RunnerProcess process_;
  int64_t last_id_ = 0;
};

}  // namespace

std::unique_ptr<ClientUnderTest> MakePlanExecutorClient() {
  return std::make_unique<PlanExecutorClient>();
}

absl::StatusOr<std::unique_ptr<ClientUnderTest>> StartRunnerClient(
    const std::string& command, const std::string& server) {
  auto process =
      RunnerProcess::Start(absl::StrCat(command, " --planner=", server));
  if (!process.ok()) return process.status();
  return std::make_unique<RunnerClient>(*std::move(process));
}

}  // namespace slotplanner::differential
