// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/reply_fields.h"

namespace slotplanner {

// The shards that the text of CLUSTER NODES shows, in the order of their
// primaries, for `ClusterTopology::Make`: for texts that people paste, since of
// a live cluster CLUSTER SHARDS and CLUSTER SLOTS have more. Lines may end in
// CR LF; no line need be for the node that was asked.
//
// Nodes count as `ParseClusterShardsReply` says: those without an address or a
// port are passed over, replicas that have failed too, and primaries that have
// failed and own no slots. Also passed over are nodes in a handshake, replicas
// of primaries that are, slots that migrate (the owner has them in its ranges),
// and host names, since the text does not tell whether clients are to use them.
//
// INVALID_ARGUMENT, with the number of the first line that is wrong, when it is
// no such text: fewer than eight fields in a line, a node ID twice, or slots
// that are none.
absl::StatusOr<std::vector<Shard>> ParseClusterNodesText(
    std::string_view text, const ReplyOrigin& origin);

}  // namespace slotplanner
