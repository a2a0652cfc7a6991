// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "service/resp/resp_value.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/reply_fields.h"

namespace slotplanner {

// The shards of a reply to CLUSTER SHARDS, in the reply's order, for
// `ClusterTopology::Make`.
//
// Of the nodes listed, those without a known host, or without a port of the
// kind that `origin` says, cannot be connected to and are passed over (rule
// G2), and so are replicas that are not `online` (rule G1). A primary counts
// whatever its health: the cluster still assigns it its slots, and commands for
// them are rightly answered by its error or by a failover, not by another
// shard. A shard without any primary to connect to is left out, so that its
// slots show as unassigned (rule G4), and so is one without slots whose primary
// is not online: it is a dead node that nobody has forgotten yet, and commands
// for all shards would fail on it.
//
// INVALID_ARGUMENT, with the path of the first value that is wrong, when the
// reply is no such reply. Fields not known here are passed over.
absl::StatusOr<std::vector<Shard>> ParseClusterShardsReply(
    const RespValue& reply, const ReplyOrigin& origin);

}  // namespace slotplanner
