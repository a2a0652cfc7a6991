// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "service/resp/redirection.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

// An error of a node that a caller reports.
struct RedirectionReport {
  // Of MOVED and ASK, unless the node did not know where to (host "?"). The
  // other errors lead nowhere.
  std::optional<Redirection> redirection;
};

// Reads the error line of a node. Nothing when it does not tell of the topology
// (`TellsOfTopology`), is not as nodes write it, or has more than 512 bytes
// (the longest host name has 255).
std::optional<RedirectionReport> ParseRedirectionReport(std::string_view error);

// Whether `snapshot` says already what the report tells, so that asking the
// cluster again would bring nothing new.
bool IsKnown(const RedirectionReport& report, const ClusterSnapshot& snapshot);

}  // namespace slotplanner
