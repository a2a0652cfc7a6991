// SPDX-License-Identifier: Apache-2.0
// What an error of a node means for whoever sent the command. As in
// batch_plan.h, each item stands for that of the same name in
// proto/slotplanner/v1/advisor_service.proto, where its meaning is written;
// enum numbers are the same.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/commands/command_keys.h"
#include "service/planning/batch_plan.h"
#include "service/resp/resp_endpoint.h"
#include "service/slots/hash_slot.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

enum class ErrorCause {
  kNotOfCluster = 1,
  kCrossSlot = 2,
  kScriptCrossSlot = 3,
  kScriptForeignKey = 4,
  kMoved = 5,
  kAsk = 6,
  kTryAgain = 7,
  kClusterDown = 8,
  kSlotNotServed = 9,
  kTransactionAborted = 10,
  kReadOnlyReplica = 11,
  kLoading = 12,
  kReplicaCutOff = 13,
  kBusy = 14,
  kNotInClusterMode = 15,
  kSortPattern = 16,
  kClusterDisabled = 17,
  kUnknownScript = 18,
};

enum class ErrorReaction {
  kFollow = 1,
  kRefresh = 2,
  kBackOff = 3,
  kChangeKeys = 4,
  kChangeCommand = 5,
  kSeeEarlierReply = 6,
  kLoadScript = 7,
  kChangeServer = 8,
};

struct ErrorExplanation {
  ErrorCause cause;
  std::vector<ErrorReaction> reactions;
  std::string message;  // Holds no bytes of the error or of an argument.
  bool may_have_been_applied = false;
  std::optional<HashSlot> slot = {};
  std::optional<RespEndpoint> target = {};  // An empty host: the sender's.
  std::optional<Verdict> verdict = {};
  std::vector<KeyLocation> keys = {};
  std::vector<Remedy> remedies = {};
};

// Explains an error line, also with the `-` of the wire or the `(error) ` of
// redis-cli before it. With `command`, if
// it is not empty, planned on `snapshot`: its keys, what a plan would make of
// it, and the ways out that the planner has. Pure and deterministic.
// Requires: `snapshot` is not null if there is a command.
ErrorExplanation ExplainError(std::string_view error, CommandArgs command,
                              const ClusterSnapshot* snapshot);

}  // namespace slotplanner
