// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "service/resp/resp_value.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/reply_fields.h"

namespace slotplanner {

// The shards of a reply to CLUSTER SLOTS (servers before 7.0; since 4.0 it has
// node IDs), for `ClusterTopology::Make`. Ranges with the same primary are one
// shard. `asked` is the node that sent it (rule G2).
//
// Nodes without a known host or port are passed over (rule G2); without its
// primary, a range is left out, so that its slots show as unassigned (rule G4).
// Servers list no replicas that have failed, and no shards without slots.
//
// INVALID_ARGUMENT, with the path of the first value that is wrong, when the
// reply is no such reply.
absl::StatusOr<std::vector<Shard>> ParseClusterSlotsReply(
    const RespValue& reply, const ReplyOrigin& origin);

}  // namespace slotplanner
