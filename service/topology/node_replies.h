// SPDX-License-Identifier: Apache-2.0
// What the replies of a node tell about its cluster. Every error is
// INVALID_ARGUMENT, names the node, and says what to do where that is known.
#pragma once

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "service/commands/command_catalog.h"
#include "service/resp/resp_endpoint.h"
#include "service/resp/resp_value.h"
#include "service/topology/cluster_nodes_reply.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/reply_fields.h"
#include "service/topology/zone_map.h"

namespace slotplanner {

// Whether the server is older than the subcommand of CLUSTER that was asked.
bool IsUnknownSubcommand(const RespValue& reply);

// The node's view of its cluster. A view without any assigned slot is refused:
// it is that of a node which has not joined the cluster yet, or has left it.
absl::StatusOr<std::shared_ptr<const ClusterTopology>> ReadShards(
    const RespValue& reply, const ReplyOrigin& origin, const ZoneMap& zones);
absl::StatusOr<std::shared_ptr<const ClusterTopology>> ReadSlots(
    const RespValue& reply, const ReplyOrigin& origin, const ZoneMap& zones);

// Nothing when the node does not let us run CLUSTER NODES.
absl::StatusOr<std::optional<ClusterNodes>> ReadNodes(const RespValue& reply,
                                                      const RespEndpoint& node);

// The commands that the node tells of, or null when it hides them: by ACL, or
// by renaming COMMAND away.
absl::StatusOr<std::shared_ptr<const CommandCatalog>> ReadCatalog(
    const RespValue& reply, const RespEndpoint& node);

}  // namespace slotplanner
