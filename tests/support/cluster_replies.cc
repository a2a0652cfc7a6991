// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cluster_replies.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "service/resp/resp_endpoint.h"
#include "service/resp/resp_value.h"

namespace slotplanner {
namespace {

RespValue Text(const std::string& text) { return RespValue::String(text); }

}  // namespace

std::string NodeId(const std::string& id) {
  return std::string(40 - id.size(), '0') + id;
}

RespValue NodeReply(const ListedNode& node) {
  return RespValue::Array({Text("id"), Text(NodeId(node.id)), Text("port"),
                           RespValue::Integer(node.at.port), Text("ip"),
                           Text(node.at.host), Text("endpoint"),
                           Text(node.at.host), Text("role"), Text(node.role),
                           Text("replication-offset"), RespValue::Integer(28),
                           Text("health"), Text(node.health)});
}

RespValue ShardReply(const std::vector<int64_t>& slots,
                     std::vector<RespValue> nodes) {
  std::vector<RespValue> numbers;
  for (int64_t slot : slots) numbers.push_back(RespValue::Integer(slot));
  return RespValue::Array({Text("slots"), RespValue::Array(std::move(numbers)),
                           Text("nodes"), RespValue::Array(std::move(nodes))});
}

RespValue OneShardReply(const RespEndpoint& primary) {
  return RespValue::Array(
      {ShardReply({0, 16383}, {NodeReply({.id = "a", .at = primary})})});
}

RespValue NodesReply(const std::vector<NodeLine>& lines) {
  std::string text;
  for (const NodeLine& line : lines) {
    absl::StrAppend(&text, NodeId(line.id), " 127.0.0.1:6379@16379 ",
                    line.flags, " - 0 1795386709000 ", line.config_epoch,
                    " connected", line.slots.empty() ? "" : " ", line.slots,
                    "\n");
  }
  return Text(text);
}

RespValue OneNodeReply() {
  return NodesReply(
      {{.id = "a", .flags = "myself,master", .slots = "0-16383"}});
}

RespValue& FieldOf(RespValue& map, const std::string& name) {
  for (size_t i = 0; i + 1 < map.elements.size(); i += 2) {
    if (map.elements[i].text == name) return map.elements[i + 1];
  }
  ADD_FAILURE() << "no field " << name;
  return map;
}

RespValue CommandReply() {
  const auto status = [](const char* text) { return RespValue::Status(text); };
  const auto number = [](int64_t n) { return RespValue::Integer(n); };
  const RespValue begin_search =
      RespValue::Array({Text("type"), Text("index"), Text("spec"),
                        RespValue::Array({Text("index"), number(1)})});
  const RespValue find_keys = RespValue::Array(
      {Text("type"), Text("range"), Text("spec"),
       RespValue::Array({Text("lastkey"), number(0), Text("keystep"), number(1),
                         Text("limit"), number(0)})});
  const RespValue key_spec = RespValue::Array(
      {Text("flags"), RespValue::Array({status("RO"), status("access")}),
       Text("begin_search"), begin_search, Text("find_keys"), find_keys});
  return RespValue::Array({RespValue::Array(
      {Text("get"), number(2),
       RespValue::Array({status("readonly"), status("fast")}), number(1),
       number(1), number(1), RespValue::Array({status("@read")}),
       RespValue::Array({}), RespValue::Array({key_spec}),
       RespValue::Array({})})});
}

}  // namespace slotplanner
