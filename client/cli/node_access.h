// SPDX-License-Identifier: Apache-2.0
// How `exec` reaches the nodes of a cluster.
#pragma once

#include "absl/status/statusor.h"
#include "client/cli/command_line.h"
#include "client/cli/tool.h"
#include "client/cpp/node_connections.h"
#include "service/resp/address_map.h"

namespace slotplanner::cli {

struct NodeAccess {
  NodeConnectionsOptions connections;
  AddressMap address_map;
};

// Reads the files that the flags name, and the password. INVALID_ARGUMENT when
// one cannot be used, or an address is none.
absl::StatusOr<NodeAccess> ReadNodeAccess(const Options& options,
                                          const Environment& environment);

}  // namespace slotplanner::cli
