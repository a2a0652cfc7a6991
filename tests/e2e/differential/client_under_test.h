// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "slotplanner/v1/slot_planner_service.pb.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cpp/execution_result.h"

namespace slotplanner::differential {

// Runs batches on the cluster, whose replies are compared. Not thread-safe.
class ClientUnderTest {
 public:
  virtual ~ClientUnderTest() = default;

  // What became of `request`, within about a minute. `plan` is one that the
  // server made for it, which need not be the one that is run.
  virtual absl::StatusOr<ExecutionResult> Execute(
      const v1::PlanBatchRequest& request,
      const v1::PlanBatchResponse& plan) = 0;

  // Ends it; no batch may follow. Whether it ended as it should.
  virtual absl::Status Finish() = 0;
};

// The C++ client's `PlanExecutor`, in this process, running `plan`.
std::unique_ptr<ClientUnderTest> MakePlanExecutorClient();

// The runner of a client in any language, as tests/conformance/README.md
// specifies: a process that `command` starts, with `--planner=SERVER` added. It
// plans for itself. Where it does not keep to the protocol, answers late or
// ends, that is an error of the call.
absl::StatusOr<std::unique_ptr<ClientUnderTest>> StartRunnerClient(
    const std::string& command, const std::string& server);

}  // namespace slotplanner::differential
