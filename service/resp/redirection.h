// SPDX-License-Identifier: Apache-2.0
// What the errors of a node mean for whoever sent the command.
#pragma once

#include <optional>
#include <string_view>

#include "service/resp/resp_endpoint.h"

namespace slotplanner {

// Where a node says that a command belongs.
struct Redirection {
  // MOVED: the slot has a new owner, the plan is out of date (rule F3). ASK:
  // only this command goes elsewhere, once, after ASKING (rule F2).
  enum class Kind { kMoved, kAsk };

  Kind kind;
  int slot;  // 0 to 16383.
  RespEndpoint target;

  friend bool operator==(const Redirection&, const Redirection&) = default;
};

// Reads the error line of a reply, such as `MOVED 3999 127.0.0.1:6381`. An
// empty host means that of `sender`, the node that replied. Nothing when the
// line is another error, names no slot, or names no endpoint to connect to
// (host "?").
std::optional<Redirection> ParseRedirection(std::string_view error,
                                            const RespEndpoint& sender);

// Whether an error line says that the node has executed nothing and may do so
// later (rule F4): TRYAGAIN while a slot moves, CLUSTERDOWN until a failover,
// LOADING and MASTERDOWN until a node is in sync.
bool MeansTryLater(std::string_view error);

// Whether an error line tells of the topology, so that whoever makes the plans
// wants to hear of it: MOVED, ASK, TRYAGAIN and CLUSTERDOWN.
bool TellsOfTopology(std::string_view error);

// Whether an error line says that a write came to a replica. It names no
// primary, so that there is nothing to follow.
bool MeansNotPrimary(std::string_view error);

}  // namespace slotplanner
