// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "slotplanner/v1/slot_planner_service.pb.h"

#include "client/cpp/execution_result.h"

namespace slotplanner {

// A batch on its way: what has come of it so far, and what of it is to be
// planned and run again. Not thread-safe.
//
// A part that is planned again is a command of its own, which may fall into
// parts once more: those of a slot that began to move carry one key each. They
// take the place of the part they were made from, with their indexes counted in
// the caller's command; so the command is merged once, from all of its parts,
// and an error names what a caller can find in the request (rules E1, E2).
class BatchProgress {
 public:
  // `request`, which must outlive this, is all to be run.
  explicit BatchProgress(const v1::PlanBatchRequest& request);

  // What to plan and run next: the caller's request; later, those commands and
  // parts of it that have not run and may (see `WhatToPlanAgain`), in their
  // order, with the plan that did not do as outdated. These ask for primaries
  // only: a replica may be behind what the batch has written already (rule D2),
  // and one that failed may stay in the topology for a while.
  const v1::PlanBatchRequest& request() const { return *request_; }

  // Whether nothing is left to be run.
  bool is_done() const { return request_->commands().empty(); }

  // Takes what a plan of `request()` came to. Then `request()` is the next one.
  void Take(const v1::PlanBatchResponse& plan, ExecutionResult result);

  // What is known of the caller's batch. Requires: `Take` was called.
  ExecutionResult Finish() &&;

 private:
  // What a command of `request()` stands for.
  struct Origin {
    size_t command_index;  // In the caller's request.

    // The part of it, as a position among the parts of its result; nothing
    // means the whole command.
    std::optional<size_t> part;

    // Of a part: for each argument, its index in the caller's command, or a
    // negative number for a literal.
    std::vector<int> arg_indexes;
  };

  // Puts what the parts of `result` came to in the place of a part. Returns how
  // many there are.
  size_t ReplacePart(const Origin& origin, v1::Verdict verdict,
                     CommandResult result);

  const v1::PlanBatchRequest* request_;  // The caller's, or &next_request_.
  v1::PlanBatchRequest next_request_;
  std::vector<Origin> origins_;  // Parallel to the commands of request().
  ExecutionResult result_;
  // Of each of the caller's commands.
  std::vector<v1::MergeOperation> operations_;
  std::set<size_t> in_pieces_;  // Those of which a part was planned again.
};

}  // namespace slotplanner
