// SPDX-License-Identifier: Apache-2.0
// Which commands, or parts of them, did not run and may be planned again.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "slotplanner/v1/slot_planner_service.pb.h"

#include "client/cpp/execution_result.h"

namespace slotplanner {

// A command of a batch, or one part of one.
struct PlanAgain {
  int command_index;
  std::optional<int> part_index;  // Nothing means the whole command.

  friend bool operator==(const PlanAgain&, const PlanAgain&) = default;
};

// What to plan again after a plan has run, in ascending order. `results` is
// what `PlanExecutor` made of `plan` and `commands`.
//
// A part may be planned again when no node can have executed it: it was not
// sent, for want of a connection, or a node said that it belongs elsewhere
// (MOVED, ASK, READONLY) or comes too early (`MeansTryLater`). One whose
// outcome is unknown may be only if its command just reads (rule E4): of a
// write that leaves the same state when it is sent twice, the reply may differ,
// and newer writes of others would be lost.
//
// - A command in one part is planned again as a whole; of a split one, each
//   part for itself.
// - A command that goes to many nodes is planned again as a whole, since its
//   nodes may be others by then: if it just reads, or if no node has or may
//   have executed it.
// - A transaction is planned again as a whole, from its first WATCH to its
//   EXEC, if EXEC is known to have had no effect (rule D3).
// - What speaks of the connection that it was sent on is never planned again:
//   WAIT, WAITAOF, UNWATCH, and a WATCH that no transaction follows.
// - What would run out of its order is not planned again (rules D1, D4): a
//   write behind which the batch has read or written the same slot, a read
//   behind which it has written that slot. Commands without keys for which any
//   node does are together like one slot; a command for many nodes has all
//   slots.
// - No write is planned again behind which a WAIT has spoken for its node: it
//   did not speak of this one.
std::vector<PlanAgain> WhatToPlanAgain(
    const google::protobuf::RepeatedPtrField<v1::Command>& commands,
    const v1::PlanBatchResponse& plan, std::span<const CommandResult> results);

}  // namespace slotplanner
