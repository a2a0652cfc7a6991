// SPDX-License-Identifier: Apache-2.0
// What the fuzz targets of reply parsers share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "service/resp/resp_parser.h"
#include "service/resp/resp_value.h"
#include "service/topology/cluster_topology.h"

namespace slotplanner {

// Calls `check` with each reply in the bytes.
template <typename Check>
void ForEachReply(const uint8_t* data, size_t size, Check check) {
  RespParser parser(RespLimits{});
  parser.Feed({reinterpret_cast<const char*>(data), size});
  while (true) {
    const absl::StatusOr<std::optional<RespValue>> reply = parser.Next();
    if (!reply.ok() || !reply->has_value()) return;
    check(**reply);
  }
}

inline void CheckNode(const Node& node) {
  if (node.node_id.empty() || node.host.empty()) std::abort();
  if (node.port < 1 || node.port > 65535) std::abort();
}

// What a parser lets through is as good as its header says.
inline void CheckShards(absl::StatusOr<std::vector<Shard>> shards) {
  if (!shards.ok()) return;
  for (const Shard& shard : *shards) {
    CheckNode(shard.primary);
    for (const Node& replica : shard.replicas) CheckNode(replica);
  }
  const absl::StatusOr<ClusterTopology> topology =
      ClusterTopology::Make(*std::move(shards));
  if (topology.ok() && topology->version().size() != 32) std::abort();
}

}  // namespace slotplanner
