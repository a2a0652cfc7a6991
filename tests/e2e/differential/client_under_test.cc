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

class PlanExecutorClient final : public ClientUnderTest {
 public:
  explicit PlanExecutorClient(absl::Duration timeout) : timeout_(timeout) {}

  absl::StatusOr<ExecutionResult> Execute(
      const v1::PlanBatchRequest& request,
      const v1::PlanBatchResponse& plan) override {
    return executor_.Execute(request.commands(), plan, absl::Now() + timeout_);
  }

  absl::Status Finish() override { return absl::OkStatus(); }

 private:
  const absl::Duration timeout_;
  PlanExecutor executor_{{}};
};

class RunnerClient final : public ClientUnderTest {
 public:
  RunnerClient(RunnerProcess process, absl::Duration timeout)
      : timeout_(timeout), process_(std::move(process)) {}

  absl::StatusOr<ExecutionResult> Execute(
      const v1::PlanBatchRequest& request,
      const v1::PlanBatchResponse& /*plan*/) override {
    const int64_t id = ++last_id_;
    const auto answer = process_.Call(ExecuteRequestLine(id, request, timeout_),
                                      1.5 * timeout_);
    if (!answer.ok()) return answer.status();
    return ParseExecuteAnswer(*answer, id, request.commands_size());
  }

  absl::Status Finish() override { return process_.Finish(timeout_); }

 private:
  const absl::Duration timeout_;
  RunnerProcess process_;
  int64_t last_id_ = 0;
};

}  // namespace

std::unique_ptr<ClientUnderTest> MakePlanExecutorClient(
    absl::Duration timeout) {
  return std::make_unique<PlanExecutorClient>(timeout);
}

absl::StatusOr<std::unique_ptr<ClientUnderTest>> StartRunnerClient(
    const std::string& command, const std::string& server,
    absl::Duration timeout) {
  auto process =
      RunnerProcess::Start(absl::StrCat(command, " --planner=", server));
  if (!process.ok()) return process.status();
  return std::make_unique<RunnerClient>(*std::move(process), timeout);
}

}  // namespace slotplanner::differential
