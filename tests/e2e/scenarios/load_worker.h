// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "slotplanner/v1/slot_planner_service.pb.h"

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/cpp/batch_runner.h"
#include "tests/e2e/differential/random.h"
#include "tests/e2e/scenarios/key_model.h"
#include "tests/e2e/scenarios/load_report.h"

namespace slotplanner::scenarios {

struct LoadOptions {
  v1::PlanBatchRequest request;  // Of each batch, but for its commands.
  size_t key_count = 200;        // Of each worker.
  int wait_replicas = 0;         // See `LoadWorker`.
  int batches_per_second = 100;  // Of each worker, at most.
};

// Runs random batches on keys of its own, one after the other, and checks each
// reply. No key is twice in a batch: when a connection breaks, a read may be
// sent again behind a later write of the batch.
//
// With `wait_replicas`, a WAIT for so many replicas follows the writes of each
// batch; those that it does not assure may be lost in a failover. A WAIT that
// fails is no failed command, for it is never sent again. `BatchRunner` does
// not send a write again behind which a WAIT went through; so the worker does,
// with another WAIT, as a caller has to.
class LoadWorker {
 public:
  // `planner` and `report` must outlive this.
  LoadWorker(size_t number, const BatchPlanner& planner,
             const NodeConnectionsOptions& connections,
             const BatchRunnerOptions& runner_options,
             const LoadOptions& options, uint64_t seed, LoadReport& report);

  // Deletes the keys that an earlier run left.
  absl::Status DeleteKeys();

  void Run(const std::stop_token& stop);

 private:
  enum class Kind {
    kSet,
    kMset,
    kGet,
    kMget,
    kDel,
    kExists,
    kIncr,
    kTransaction,  // MULTI, INCR twice, EXEC.
  };

  // Something that is done to keys, and its commands in the batch.
  struct Step {
    Kind kind;
    std::vector<size_t> keys;         // Indexes into models_.
    std::vector<std::string> values;  // Of kSet and kMset, parallel to `keys`.
    size_t first_command = 0;
    size_t command_count = 1;
  };

  // What came of some steps.
  struct Tried {
    size_t command_count = 0;
    std::vector<std::string> errors;  // A word each.
    // Steps that nodes refused before a WAIT, and their errors.
    std::vector<Step> refused;
    std::vector<std::string> refused_errors;
  };

  std::string NameOf(size_t key) const;
  std::vector<Step> ChooseSteps();
  static void AddCommand(const std::vector<std::string>& args,
                         v1::PlanBatchRequest& request);
  void AddCommands(Step& step, v1::PlanBatchRequest& request) const;
  void RunBatch();
  // Runs `steps` and checks the replies.
  Tried TrySteps(std::vector<Step> steps, absl::Time deadline);

  bool IsAssured(const ExecutionResult& result) const;
  // Takes the replies of a step. False when one is wrong.
  bool Check(const Step& step, std::span<const CommandResult> results,
             bool is_assured);
  // Takes that it cannot be told what came of a step.
  void TakeFailure(const Step& step);
  std::string ExpectationOf(const Step& step) const;

  const size_t number_;
  const LoadOptions options_;
  const ModelRules rules_;
  BatchRunner runner_;
  differential::Random random_;
  // By key. Those with an odd index are counted up, the others set.
  std::vector<KeyModel> models_;
  LoadReport& report_;
};

}  // namespace slotplanner::scenarios
