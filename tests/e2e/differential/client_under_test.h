// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "slotplanner/v1/slot_planner_service.pb.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cpp/execution_result.h"

namespace slotplanner::differential {

// Runs batches on the cluster, whose replies are compared. Not thread-safe.
class ClientUnderTest {
 public:
  virtual ~ClientUnderTest() = default;

  // What became of `request`. `plan` is one that the server made for it, which
  // need not be the one that is run.
  virtual absl::StatusOr<ExecutionResult> Execute(
      const v1::PlanBatchRequest& request,
      const v1::PlanBatchResponse& plan) = 0;

  // Ends it; no batch may follow. Whether it ended as it should.
  virtual absl::Status Finish() = 0;
};

// The C++ client's `PlanExecutor`, in this process, running `plan`. A batch may
// take as long as `timeout`.
std::unique_ptr<ClientUnderTest> MakePlanExecutorClient(absl::Duration timeout);

// The runner of a client in any language, as tests/conformance/README.md
// specifies: a process that `command` starts, with `--planner=SERVER` added. It
// plans for itself, and knows of `timeout`. Where it does not keep to the
// protocol, ends, or has not answered when half as long again is over, that is
// an error of the call.
absl::StatusOr<std::unique_ptr<ClientUnderTest>> StartRunnerClient(
    const std::string& command, const std::string& server,
    absl::Duration timeout);

}  // namespace slotplanner::differential
