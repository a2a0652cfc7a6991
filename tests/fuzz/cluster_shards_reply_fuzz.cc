// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "service/resp/resp_endpoint.h"
#include "service/resp/resp_parser.h"
#include "service/resp/resp_value.h"
#include "service/topology/cluster_shards_reply.h"
#include "service/topology/cluster_slots_reply.h"
#include "service/topology/cluster_topology.h"

namespace slotplanner {
namespace {

void CheckNode(const Node& node) {
  if (node.node_id.empty() || node.host.empty()) std::abort();
  if (node.port < 1 || node.port > 65535) std::abort();
}

// What the parsers let through is as good as their headers say.
void CheckShards(absl::StatusOr<std::vector<Shard>> shards) {
  if (!shards.ok()) return;
  for (const Shard& shard : *shards) {
    CheckNode(shard.primary);
    for (const Node& replica : shard.replicas) CheckNode(replica);
  }
  const absl::StatusOr<ClusterTopology> topology =
      ClusterTopology::Make(*std::move(shards));
  if (topology.ok() && topology->version().size() != 32) std::abort();
}

}  // namespace
}  // namespace slotplanner

// Any reply of a node is a topology or a refusal.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  slotplanner::RespParser parser(slotplanner::RespLimits{});
  parser.Feed({reinterpret_cast<const char*>(data), size});
  const slotplanner::RespEndpoint asked{.host = "asked", .port = 1};
  while (true) {
    const absl::StatusOr<std::optional<slotplanner::RespValue>> reply =
        parser.Next();
    if (!reply.ok() || !reply->has_value()) return 0;
    slotplanner::CheckShards(
        slotplanner::ParseClusterShardsReply(**reply, asked));
    slotplanner::CheckShards(
        slotplanner::ParseClusterSlotsReply(**reply, asked));
  }
}
