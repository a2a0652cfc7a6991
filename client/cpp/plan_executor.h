// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "slotplanner/v1/slot_planner_service.pb.h"

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cpp/backoff.h"
#include "client/cpp/execution_result.h"
#include "client/cpp/node_connections.h"
#include "client/cpp/plan_run.h"
#include "service/resp/address_map.h"

namespace slotplanner {

// Runs plans on the nodes of a cluster. Stages run one after the other. In a
// stage, each node gets its commands in one pipeline, in the plan's order, and
// all nodes are written to before any is waited for; so the time is that of the
// slowest node, whatever the number of nodes.
//
// What a node answers is followed as the cluster specification says, each time
// for the command that met it and until the deadline at most:
// - MOVED and ASK to the node that they name, a bounded number of times (rules
//   F2, F3). A read that a replica sends away goes to the primary.
// - TRYAGAIN, CLUSTERDOWN, LOADING and MASTERDOWN by asking again, with
//   exponential backoff and jitter (rule F4).
// - A connection that breaks leaves the outcome of what it carried unknown;
//   only commands that the plan calls safe to retry are sent again (rule E4).
//
// A transaction goes over one connection in one piece, and goes out again as a
// whole, from its first WATCH or MULTI. It starts only when its WATCH commands
// have succeeded. If the connection breaks before EXEC was sent, nothing was
// executed; after that, the outcome of the whole transaction is unknown. A
// connection on which a WATCH is still in force is not used again.
//
// Commands of one slot that are sent again keep their order among themselves
// (rule D1). What cannot be kept is their order towards later commands of the
// slot that were in the same pipeline and have been executed meanwhile: while a
// slot moves, `SUNION a b` may meet TRYAGAIN and see the effect of the `SADD a
// x` behind it. Nor does a WAIT follow a write that was redirected: it speaks
// for the node that the plan names. Callers who cannot bear that send the
// commands of a moving slot (`PlanBatchResponse.migrations`) in batches of one.
//
// Thread-safe; calls block.
class PlanExecutor {
 public:
  // `address_map` says where to find the nodes that redirections name, which is
  // as the cluster announces them. What a plan names is found as it stands.
  explicit PlanExecutor(NodeConnectionsOptions options,
                        const BackoffOptions& backoff = {},
                        AddressMap address_map = {});

  // Runs `plan`, which the server made for `commands`. What goes wrong on the
  // way to a node or on a node is in the result of each command, until
  // `deadline` at the latest. A failed status means that nothing was sent:
  // INVALID_ARGUMENT when the plan does not belong to the commands,
  // UNIMPLEMENTED when this client cannot merge the replies that it asks for.
  absl::StatusOr<ExecutionResult> Execute(
      const google::protobuf::RepeatedPtrField<v1::Command>& commands,
      const v1::PlanBatchResponse& plan, absl::Time deadline);

 private:
  NodeConnections connections_;
  const PlanRunOptions options_;
};

}  // namespace slotplanner
