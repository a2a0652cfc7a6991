// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/statusor.h"
#include "service/topology/cluster_topology.h"

namespace slotplanner {

// How long a text `ParsePastedTopology` reads. A line of CLUSTER NODES has
// about 150 bytes and an entry of CLUSTER SHARDS about 300 a node, so that this
// holds 1,500 nodes. It is half of what `WireReader` leaves to protobuf.
inline constexpr size_t kMaxPastedTopologyBytes = size_t{512} << 10;

// The topology that `text` shows. It is one of
//   - what CLUSTER NODES answers, its lines ending in LF or CR LF;
//   - what CLUSTER SHARDS or CLUSTER SLOTS answers, as the bytes of RESP2 or
//     RESP3, as redis-cli shows it on a terminal, or by `redis-cli --json`;
//   - what `redis-cli CLUSTER SHARDS` writes to a pipe.
//
// Nodes count as `ParseClusterShardsReply` says, with `fail` for not online; in
// CLUSTER NODES, nodes in a handshake and replicas of unknown primaries are
// passed over. Ports are those without TLS, if nodes have such ones. A node
// without a host is at 127.0.0.1. Migrations are passed over.
//
// INVALID_ARGUMENT when it is none of these, when it shows no shard, claims a
// slot twice, or has more than `kMaxPastedTopologyBytes`. The message names the
// line or the value that is wrong, and holds no byte of the text. Linear in the
// size of the text: within 0.1 s and 50 MB. Thread-safe.
absl::StatusOr<ClusterTopology> ParsePastedTopology(std::string_view text);

}  // namespace slotplanner
