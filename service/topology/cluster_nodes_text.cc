// SPDX-License-Identifier: Apache-2.0
#include "service/topology/cluster_nodes_text.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "service/base/strings.h"
#include "service/resp/resp_endpoint.h"
#include "service/resp/resp_value.h"
#include "service/slots/hash_slot.h"

namespace slotplanner {
namespace {

// `id address flags primary ping-sent pong-received config-epoch link-state`,
// then slots.
constexpr size_t kIdField = 0;
constexpr size_t kAddressField = 1;
constexpr size_t kFlagsField = 2;
constexpr size_t kPrimaryField = 3;
constexpr size_t kFirstSlotField = 8;

// A line.
struct ListedNode {
  std::string node_id;
  std::optional<RespEndpoint> endpoint;  // Nothing: it is passed over.
  bool is_primary = false;
  bool has_failed = false;
  std::string primary_id;  // Of a replica.
  std::vector<SlotRange> slot_ranges = {};
};

// An integer; nothing of the kind is nil. Digits only: absl::SimpleAtoi would
// take signs and blanks.
RespValue ParseNumber(absl::string_view text) {
  int number = 0;
  if (!std::all_of(text.begin(), text.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(text, &number)) {
    return RespValue::Nil();
  }
  return RespValue::Integer(number);
}

// `host:port@bus-port,host-name`; older ones end before one of these signs.
absl::StatusOr<std::optional<RespEndpoint>> ParseAddress(
    absl::string_view field, const ReplyOrigin& origin) {
  const absl::string_view address =
      field.substr(0, std::min(field.find_first_of("@,"), field.size()));
  const size_t colon = address.rfind(':');
  if (colon == absl::string_view::npos) return BadField("not an address");
  const absl::StatusOr<int> port =
      ParsePort(ParseNumber(address.substr(colon + 1)));
  if (!port.ok()) return port.status();
  return ParseEndpoint(RespValue::String(std::string(address.substr(0, colon))),
                       *port, origin);
}

// `7` or `7-9`.
absl::StatusOr<SlotRange> ParseSlots(absl::string_view field) {
  const size_t dash = std::min(field.find('-'), field.size());
  const absl::string_view last =
      dash == field.size() ? field : field.substr(dash + 1);
  return ParseSlotRange(ParseNumber(field.substr(0, dash)), ParseNumber(last));
}

absl::StatusOr<ListedNode> ParseLine(absl::string_view line,
                                     const ReplyOrigin& origin) {
  const std::vector<absl::string_view> fields =
      absl::StrSplit(line, ' ', absl::SkipEmpty());
  if (fields.size() < kFirstSlotField) {
    return BadField("fewer than eight fields");
  }
  // Each slot by itself, and each migrating.
  if (fields.size() > kFirstSlotField + 2 * kHashSlotCount) {
    return BadField("more slots than there are");
  }
  absl::StatusOr<std::string> id =
      ParseNodeId(RespValue::String(std::string(fields[kIdField])));
  if (!id.ok()) return id.status();
  absl::StatusOr<std::optional<RespEndpoint>> endpoint =
      ParseAddress(fields[kAddressField], origin);
  if (!endpoint.ok()) return endpoint.status();
  ListedNode listed{.node_id = *std::move(id),
                    .endpoint = *std::move(endpoint),
                    .primary_id = std::string(fields[kPrimaryField])};
  bool is_replica = false;
  bool is_passed_over = false;
  for (const absl::string_view flag :
       absl::StrSplit(fields[kFlagsField], ',')) {
    listed.is_primary |= flag == "master";
    is_replica |= flag == "slave" || flag == "replica";
    listed.has_failed |= flag == "fail";
    is_passed_over |= flag == "noaddr" || flag == "handshake";
  }
  if (is_passed_over || listed.is_primary == is_replica) {
    listed.endpoint.reset();
  }
  for (size_t i = kFirstSlotField; i < fields.size(); ++i) {
    if (fields[i].front() == '[') continue;
    const absl::StatusOr<SlotRange> range = ParseSlots(fields[i]);
    if (!range.ok()) return range.status();
    listed.slot_ranges.push_back(*range);
  }
  return listed;
}

absl::StatusOr<std::vector<ListedNode>> ParseLines(absl::string_view text,
                                                   const ReplyOrigin& origin) {
  std::vector<ListedNode> nodes;
  absl::flat_hash_set<std::string> ids;
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty()) continue;
    absl::StatusOr<ListedNode> node = ParseLine(line, origin);
    absl::Status status = node.status();
    if (status.ok() && !ids.insert(node->node_id).second) {
      status = BadField("a node ID that stands twice");
    }
    if (!status.ok()) return Within(absl::StrCat("line ", number), status);
    nodes.push_back(*std::move(node));
  }
  return nodes;
}

Node ToNode(ListedNode& listed) {
  return {.node_id = std::move(listed.node_id),
          .host = std::move(listed.endpoint->host),
          .port = listed.endpoint->port,
          .zone = ""};
}

}  // namespace

absl::StatusOr<std::vector<Shard>> ParseClusterNodesText(
    std::string_view text, const ReplyOrigin& origin) {
  absl::StatusOr<std::vector<ListedNode>> nodes =
      ParseLines(ToAbsl(text), origin);
  if (!nodes.ok()) return nodes.status();
  std::vector<Shard> shards;
  absl::flat_hash_map<std::string, size_t> index_of_primary;
  for (ListedNode& listed : *nodes) {
    if (!listed.endpoint.has_value() || !listed.is_primary) continue;
    if (listed.has_failed && listed.slot_ranges.empty()) continue;
    index_of_primary[listed.node_id] = shards.size();
    shards.push_back({.slot_ranges = std::move(listed.slot_ranges),
                      .primary = ToNode(listed),
                      .replicas = {}});
  }
  for (ListedNode& listed : *nodes) {
    if (!listed.endpoint.has_value() || listed.is_primary) continue;
    const auto shard = index_of_primary.find(listed.primary_id);
    if (listed.has_failed || shard == index_of_primary.end()) continue;
    shards[shard->second].replicas.push_back(ToNode(listed));
  }
  return shards;
}

}  // namespace slotplanner
