// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "slotplanner/v1/slot_planner_service.pb.h"

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cpp/backoff.h"
#include "client/cpp/batch_planner.h"
#include "client/cpp/execution_result.h"
#include "client/cpp/node_connections.h"
#include "client/cpp/plan_executor.h"
#include "service/resp/address_map.h"

namespace slotplanner {

// How a `BatchRunner` tries again.
struct BatchRunnerOptions {
  // Between two plans of a batch. A failover is over within some seconds; to
  // hear of it late by less than those is worth a few calls more.
  BackoffOptions planning = {.max = absl::Milliseconds(250)};

  // Within one plan. A slot that moves is over with its keys after some
  // milliseconds; what takes longer wants a new plan.
  BackoffOptions executing = {.give_up_after = absl::Milliseconds(250)};

  // How long `Run` may stay to report a redirection, whose reply it has
  // already.
  absl::Duration report_timeout = absl::Milliseconds(100);

  // As `PlanExecutor` takes it.
  AddressMap address_map = {};
};

// Plans batches and runs the plans, again until all is done: so a batch
// survives failovers, slots that move and nodes that come and go, if they are
// over before its deadline.
//
// What a first plan did not get done is planned again, after a short backoff
// with jitter, as far as nothing is applied twice (see `WhatToPlanAgain`) and
// with the first plan as outdated, so that the planner looks at the cluster
// first (rule F3). A part of a split command is planned again without the parts
// that were applied. Refusals and errors of the commands themselves are final.
//
// Commands of one slot take effect in their order, as `PlanExecutor` says of
// one plan, also over several plans: none is planned again behind which another
// of its slot has run that could tell the difference. Commands of different
// slots are in no order once some of them are planned again, even where one
// node has both.
//
// Thread-safe; calls block.
class BatchRunner {
 public:
  // `planner` must outlive this.
  BatchRunner(const BatchPlanner& planner, NodeConnectionsOptions connections,
              const BatchRunnerOptions& options = {});

  // Runs the commands of `request`. What is known at `deadline` is the result,
  // in which nothing is dropped or made up (rules E2, E3).
  //
  // A failed status means that nothing was sent: the planner's own, UNAVAILABLE
  // only after trying until `deadline`, that of `PlanExecutor::Execute`, or
  // INVALID_ARGUMENT for a request with `what_if`.
  absl::StatusOr<ExecutionResult> Run(const v1::PlanBatchRequest& request,
                                      absl::Time deadline);

 private:
  // Asks the planner until it is available.
  absl::StatusOr<v1::PlanBatchResponse> Plan(
      const v1::PlanBatchRequest& request, absl::Time deadline) const;

  void Report(const v1::PlanBatchRequest& request,
              const v1::PlanBatchResponse& plan, const std::string& redirection,
              absl::Time deadline) const;

  // Waits before the try with this number, from 0. False, at once, when
  // `deadline` would be over by then.
  bool Wait(int retry, absl::Time deadline) const;

  const BatchPlanner& planner_;
  const BatchRunnerOptions options_;
  PlanExecutor executor_;
};

}  // namespace slotplanner
