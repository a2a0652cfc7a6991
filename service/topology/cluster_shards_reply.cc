// SPDX-License-Identifier: Apache-2.0
#include "service/topology/cluster_shards_reply.h"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "service/resp/resp_endpoint.h"
#include "service/resp/resp_value.h"
#include "service/slots/hash_slot.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/reply_fields.h"

namespace slotplanner {
namespace {

// A map as RESP2 carries it: names and values in turn.
absl::Status CheckIsMap(const RespValue& value) {
  if (!value.is_array() || value.elements.size() % 2 != 0) {
    return BadField("not a map");
  }
  return absl::OkStatus();
}

// The first value of that name, or null. Requires: `CheckIsMap(map)` is OK.
const RespValue* Find(const RespValue& map, absl::string_view name) {
  for (size_t i = 0; i < map.elements.size(); i += 2) {
    if (map.elements[i].text == name) return &map.elements[i + 1];
  }
  return nullptr;
}

absl::StatusOr<const RespValue*> FindRequired(const RespValue& map,
                                              absl::string_view name) {
  const RespValue* value = Find(map, name);
  if (value == nullptr) return Within(name, BadField("missing"));
  return value;
}

absl::StatusOr<absl::string_view> ParseText(const RespValue& map,
                                            absl::string_view name) {
  const absl::StatusOr<const RespValue*> value = FindRequired(map, name);
  if (!value.ok()) return value.status();
  if (!(*value)->is_text()) return Within(name, BadField("not a string"));
  return absl::string_view((*value)->text);
}

// One entry of `nodes`. Not every node that is listed can be connected to.
struct ListedNode {
  std::optional<Node> node;
  bool is_primary = false;
  bool is_online = false;
};

// 0 when the node has no port of the kind wanted: with TLS only, `port` is
// missing, and without TLS `tls-port` is.
absl::StatusOr<int> ParseNodePort(const RespValue& map,
                                  const ReplyOrigin& origin) {
  const absl::string_view name = origin.is_tls ? "tls-port" : "port";
  const RespValue* value = Find(map, name);
  if (value == nullptr) return 0;
  absl::StatusOr<int> port = ParsePort(*value);
  if (!port.ok()) return Within(name, port.status());
  return port;
}

// `endpoint` is what the cluster wants clients to use; replies from before it
// existed have `ip` only.
absl::StatusOr<std::optional<RespEndpoint>> ParseNodeEndpoint(
    const RespValue& map, const ReplyOrigin& origin) {
  const absl::StatusOr<int> port = ParseNodePort(map, origin);
  if (!port.ok()) return port.status();
  for (const absl::string_view name : {"endpoint", "ip"}) {
    const RespValue* value = Find(map, name);
    if (value == nullptr) continue;
    absl::StatusOr<std::optional<RespEndpoint>> endpoint =
        ParseEndpoint(*value, *port, origin);
    if (!endpoint.ok()) return Within(name, endpoint.status());
    return endpoint;
  }
  return Within("endpoint", BadField("missing"));
}

// Empty when the server knows of no zones.
absl::StatusOr<std::string> ParseNodeZone(const RespValue& map) {
  constexpr absl::string_view kName = "availability-zone";
  const RespValue* value = Find(map, kName);
  if (value == nullptr) return "";
  absl::StatusOr<std::string> zone = ParseZone(*value);
  if (!zone.ok()) return Within(kName, zone.status());
  return zone;
}

absl::StatusOr<ListedNode> ParseNode(const RespValue& map,
                                     const ReplyOrigin& origin) {
  if (absl::Status status = CheckIsMap(map); !status.ok()) return status;
  const absl::StatusOr<const RespValue*> id = FindRequired(map, "id");
  if (!id.ok()) return id.status();
  absl::StatusOr<std::string> node_id = ParseNodeId(**id);
  if (!node_id.ok()) return Within("id", node_id.status());
  absl::StatusOr<std::optional<RespEndpoint>> endpoint =
      ParseNodeEndpoint(map, origin);
  if (!endpoint.ok()) return endpoint.status();
  const absl::StatusOr<absl::string_view> role = ParseText(map, "role");
  if (!role.ok()) return role.status();
  if (*role != "master" && *role != "replica") {
    return Within("role", BadField("neither master nor replica"));
  }
  const absl::StatusOr<absl::string_view> health = ParseText(map, "health");
  if (!health.ok()) return health.status();
  absl::StatusOr<std::string> zone = ParseNodeZone(map);
  if (!zone.ok()) return zone.status();

  ListedNode listed;
  listed.is_primary = *role == "master";
  listed.is_online = *health == "online";
  if (endpoint->has_value()) {
    listed.node = Node{.node_id = *std::move(node_id),
                       .host = std::move((*endpoint)->host),
                       .port = (*endpoint)->port,
                       .zone = *std::move(zone)};
  }
  return listed;
}

absl::StatusOr<std::vector<SlotRange>> ParseSlots(const RespValue& value) {
  if (!value.is_array() || value.elements.size() % 2 != 0) {
    return BadField("not a list of first and last slots");
  }
  std::vector<SlotRange> ranges;
  for (size_t i = 0; i < value.elements.size(); i += 2) {
    absl::StatusOr<SlotRange> range =
        ParseSlotRange(value.elements[i], value.elements[i + 1]);
    if (!range.ok()) {
      return Within(absl::StrCat("[", i, "]"), range.status());
    }
    ranges.push_back(*range);
  }
  return ranges;
}

absl::StatusOr<std::vector<ListedNode>> ParseNodes(const RespValue& value,
                                                   const ReplyOrigin& origin) {
  if (!value.is_array()) return BadField("not a list of nodes");
  std::vector<ListedNode> nodes;
  for (size_t i = 0; i < value.elements.size(); ++i) {
    absl::StatusOr<ListedNode> node = ParseNode(value.elements[i], origin);
    if (!node.ok()) return Within(absl::StrCat("[", i, "]"), node.status());
    nodes.push_back(*std::move(node));
  }
  return nodes;
}

// Since 7.2 a failed primary may stand beside the replica that took over from
// it, both as `master`: an online one goes first.
const ListedNode* FindPrimary(const std::vector<ListedNode>& nodes) {
  const ListedNode* primary = nullptr;
  for (const ListedNode& listed : nodes) {
    if (!listed.node.has_value() || !listed.is_primary) continue;
    if (primary == nullptr || (listed.is_online && !primary->is_online)) {
      primary = &listed;
    }
  }
  return primary;
}

// Nothing when the shard is to be left out.
absl::StatusOr<std::optional<Shard>> ParseShard(const RespValue& map,
                                                const ReplyOrigin& origin) {
  if (absl::Status status = CheckIsMap(map); !status.ok()) return status;
  const absl::StatusOr<const RespValue*> slots = FindRequired(map, "slots");
  if (!slots.ok()) return slots.status();
  absl::StatusOr<std::vector<SlotRange>> ranges = ParseSlots(**slots);
  if (!ranges.ok()) return Within("slots", ranges.status());
  const absl::StatusOr<const RespValue*> list = FindRequired(map, "nodes");
  if (!list.ok()) return list.status();
  const absl::StatusOr<std::vector<ListedNode>> nodes =
      ParseNodes(**list, origin);
  if (!nodes.ok()) return Within("nodes", nodes.status());

  const ListedNode* primary = FindPrimary(*nodes);
  if (primary == nullptr || (ranges->empty() && !primary->is_online)) {
    return std::optional<Shard>();
  }
  Shard shard{.slot_ranges = *std::move(ranges),
              .primary = *primary->node,
              .replicas = {}};
  for (const ListedNode& listed : *nodes) {
    if (listed.node.has_value() && !listed.is_primary && listed.is_online) {
      shard.replicas.push_back(*listed.node);
    }
  }
  return std::optional(std::move(shard));
}

}  // namespace

absl::StatusOr<std::vector<Shard>> ParseClusterShardsReply(
    const RespValue& reply, const ReplyOrigin& origin) {
  if (!reply.is_array()) {
    return Within("shards", BadField("not a list of shards"));
  }
  std::vector<Shard> shards;
  for (size_t i = 0; i < reply.elements.size(); ++i) {
    absl::StatusOr<std::optional<Shard>> shard =
        ParseShard(reply.elements[i], origin);
    if (!shard.ok()) {
      return Within(absl::StrCat("shards[", i, "]"), shard.status());
    }
    if (shard->has_value()) shards.push_back(**std::move(shard));
  }
  return shards;
}

}  // namespace slotplanner
