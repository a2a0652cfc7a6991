// SPDX-License-Identifier: Apache-2.0
// Replies of cluster nodes, in the shape that Redis 7.0.15 gives them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "service/resp/resp_endpoint.h"
#include "service/resp/resp_value.h"

namespace slotplanner {

// One node of a CLUSTER SHARDS reply, as a map from field to value; a test
// changes or erases what it is about.
struct ListedNode {
  std::string id;  // Made to 40 characters by zeros in front.
  RespEndpoint at;
  std::string role = "master";
  std::string health = "online";
};
RespValue NodeReply(const ListedNode& node);

// One shard: first and last slots in turn, and its nodes.
RespValue ShardReply(const std::vector<int64_t>& slots,
                     std::vector<RespValue> nodes);

// A CLUSTER SHARDS reply of one shard that owns all slots, at `primary`.
RespValue OneShardReply(const RespEndpoint& primary);

// One line of a CLUSTER NODES reply.
struct NodeLine {
  std::string id;  // Made to 40 characters by zeros in front.
  std::string flags = "master";
  int64_t config_epoch = 1;
  std::string slots = "";  // And migrations.
};
RespValue NodesReply(const std::vector<NodeLine>& lines);

// What the node of `OneShardReply` says of itself.
RespValue OneNodeReply();

// The value of that name in a map; the map must have it.
RespValue& FieldOf(RespValue& map, const std::string& name);

// `id` made to 40 characters.
std::string NodeId(const std::string& id);

// A COMMAND reply that knows GET only.
RespValue CommandReply();

}  // namespace slotplanner
