// SPDX-License-Identifier: Apache-2.0
// Rules E1 to E3: how the replies of the parts of a command become its reply.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "slotplanner/v1/slot_planner_service.pb.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/resp/resp_value.h"

namespace slotplanner {

// What became of a part (rule E3).
enum class PartOutcome {
  kNotSent,  // No node can have executed it.
  kApplied,  // A node replied, and not with an error.
  kFailed,   // A node replied with an error.
  kUnknown,  // Sent, but no reply came: it may have been executed.
};

// What is known about one part after it ran.
struct PartResult {
  PartOutcome outcome = PartOutcome::kNotSent;

  // `host:port` of the last node that the part was meant for.
  std::string node = {};

  // The node's reply, with `kApplied` and `kFailed`.
  RespValue reply = {};

  // Why there is no reply, with `kNotSent` and `kUnknown`.
  absl::Status cause = absl::OkStatus();

  // Indexes of the request's arguments in this part, the command's name and
  // literals left out. Empty for a command that went out unchanged.
  std::vector<int> arg_indexes = {};

  // As in `v1::PlannedCommand`.
  std::vector<int> reply_positions = {};
};

// Whether `MergeReplies` knows the operation.
bool CanMerge(v1::MergeOperation operation);

// The reply of a command from those of its parts, which are ordered by part
// index.
//
// An error of a part is never dropped (rule E2): if any part was not applied,
// the reply is an error, `PARTFAILED`, that names the first few parts of each
// outcome with their nodes and argument indexes, and the error of each.
// `parts` has them all. Only an error that all parts met, each in the same
// words, is passed on as the nodes sent it: a single server would have answered
// that. MERGE_OPERATION_ONE_SUCCEEDED asks for one success, so that any makes
// the reply.
//
// With MERGE_OPERATION_BY_NODE, which has no meaning as one reply, it is an
// array of pairs, each the `host:port` of a node and its reply, in part order.
//
// INTERNAL when the replies do not have the shapes that the operation needs;
// UNIMPLEMENTED when `!CanMerge(operation)`. O(elements of the replies).
absl::StatusOr<RespValue> MergeReplies(v1::MergeOperation operation,
                                       std::span<const PartResult> parts);

// `MergeReplies`, its failure as the error `UNMERGEABLE`: whatever happens, a
// command has a reply.
RespValue ReplyOf(v1::MergeOperation operation,
                  std::span<const PartResult> parts);

}  // namespace slotplanner
