// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "slotplanner/v1/slot_planner_service.pb.h"

#include "absl/time/time.h"
#include "client/cpp/backoff.h"
#include "client/cpp/deliveries.h"
#include "client/cpp/node_connections.h"
#include "client/cpp/reply_merge.h"
#include "service/resp/address_map.h"

namespace slotplanner {

// What the parts of a plan came to.
struct PlanRunResult {
  // By command index and part index.
  std::vector<std::vector<PartResult>> parts;

  // Whether a node said that the plan no longer fits the cluster.
  bool plan_outdated = false;

  // As in `ExecutionResult`.
  std::string redirection = {};
};

// How `RunPlan` follows what nodes answer.
struct PlanRunOptions {
  BackoffOptions backoff = {};

  // Where to find the nodes that MOVED and ASK name.
  AddressMap address_map = {};
};

// Takes the deliveries of a plan to their nodes, stage by stage, and again
// where a node or a lost connection calls for it, until each part has an
// outcome or `deadline` has passed. `PlanExecutor` says what callers may rely
// on.
PlanRunResult RunPlan(const v1::PlanBatchResponse& plan,
                      const Deliveries& deliveries,
                      NodeConnections& connections,
                      const PlanRunOptions& options, absl::Time deadline);

}  // namespace slotplanner
