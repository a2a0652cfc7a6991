// SPDX-License-Identifier: Apache-2.0
#include "service/topology/cluster_slots_reply.h"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "service/resp/resp_endpoint.h"
#include "service/resp/resp_value.h"
#include "service/slots/hash_slot.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/reply_fields.h"

namespace slotplanner {
namespace {

// `[host, port, id, metadata]`, the last since 7.0: other ways to name the
// node, which the cluster's settings say not to use. Nothing when the node
// cannot be connected to.
absl::StatusOr<std::optional<Node>> ParseNode(const RespValue& value,
                                              const ReplyOrigin& origin) {
  if (!value.is_array() || value.elements.size() < 3) {
    return BadField("not a list of host, port and node ID");
  }
  const absl::StatusOr<int> port = ParsePort(value.elements[1]);
  if (!port.ok()) return Within("port", port.status());
  absl::StatusOr<std::optional<RespEndpoint>> endpoint =
      ParseEndpoint(value.elements[0], *port, origin);
  if (!endpoint.ok()) return Within("host", endpoint.status());
  absl::StatusOr<std::string> node_id = ParseNodeId(value.elements[2]);
  if (!node_id.ok()) return Within("id", node_id.status());
  if (!endpoint->has_value()) return std::optional<Node>();
  return std::optional(Node{.node_id = *std::move(node_id),
                            .host = std::move((*endpoint)->host),
                            .port = (*endpoint)->port,
                            .zone = ""});
}

// `[first, last, primary, replica...]` as a shard of one range. Nothing when
// the primary cannot be connected to.
absl::StatusOr<std::optional<Shard>> ParseRange(const RespValue& value,
                                                const ReplyOrigin& origin) {
  if (!value.is_array() || value.elements.size() < 3) {
    return BadField("not a list of first slot, last slot and nodes");
  }
  const absl::StatusOr<SlotRange> range =
      ParseSlotRange(value.elements[0], value.elements[1]);
  if (!range.ok()) return range.status();
  std::optional<Shard> shard;
  for (size_t i = 2; i < value.elements.size(); ++i) {
    absl::StatusOr<std::optional<Node>> node =
        ParseNode(value.elements[i], origin);
    if (!node.ok()) {
      return Within(absl::StrCat("nodes[", i - 2, "]"), node.status());
    }
    if (!node->has_value()) continue;
    if (i == 2) {
      shard = Shard{.slot_ranges = {*range},
                    .primary = **std::move(node),
                    .replicas = {}};
    } else if (shard.has_value()) {
      shard->replicas.push_back(**std::move(node));
    }
  }
  return shard;
}

}  // namespace

absl::StatusOr<std::vector<Shard>> ParseClusterSlotsReply(
    const RespValue& reply, const ReplyOrigin& origin) {
  if (!reply.is_array()) {
    return Within("ranges", BadField("not a list of slot ranges"));
  }
  std::vector<Shard> shards;
  absl::flat_hash_map<std::string, size_t> index_of_primary;
  for (size_t i = 0; i < reply.elements.size(); ++i) {
    absl::StatusOr<std::optional<Shard>> shard =
        ParseRange(reply.elements[i], origin);
    if (!shard.ok()) {
      return Within(absl::StrCat("ranges[", i, "]"), shard.status());
    }
    if (!shard->has_value()) continue;
    const auto [known, is_new] =
        index_of_primary.try_emplace((*shard)->primary.node_id, shards.size());
    if (is_new) {
      shards.push_back(**std::move(shard));
    } else {
      // Every range of a shard repeats the same nodes.
      shards[known->second].slot_ranges.push_back(
          (*shard)->slot_ranges.front());
    }
  }
  return shards;
}

}  // namespace slotplanner
