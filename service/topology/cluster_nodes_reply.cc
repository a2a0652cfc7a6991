// SPDX-License-Identifier: Apache-2.0
#include "service/topology/cluster_nodes_reply.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "service/resp/resp_value.h"
#include "service/slots/hash_slot.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/reply_fields.h"

namespace slotplanner {
namespace {

// `id address flags primary ping-sent pong-received config-epoch link-state`,
// then slots.
constexpr size_t kIdField = 0;
constexpr size_t kFlagsField = 2;
constexpr size_t kEpochField = 6;
constexpr size_t kFirstSlotField = 8;

// Digits only: absl::SimpleAtoi would take signs and blanks.
template <typename T>
std::optional<T> ParseNumber(absl::string_view text) {
  T number = 0;
  if (!std::all_of(text.begin(), text.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(text, &number)) {
    return std::nullopt;
  }
  return number;
}

bool HasFlag(absl::string_view flags, absl::string_view flag) {
  const std::vector<absl::string_view> all = absl::StrSplit(flags, ',');
  return std::find(all.begin(), all.end(), flag) != all.end();
}

// `[77->-id]`: slot 77 is leaving for that node; `[77-<-id]`: it is coming from
// there.
absl::StatusOr<SlotMigration> ParseMigration(absl::string_view field,
                                             const std::string& asked_id) {
  constexpr size_t kArrowBytes = 3;
  if (field.back() != ']') return BadField("a migration without its end");
  field = field.substr(1, field.size() - 2);
  const size_t dash = field.find('-');
  if (dash == absl::string_view::npos) return BadField("not a migration");
  const std::optional<int> number = ParseNumber<int>(field.substr(0, dash));
  const std::optional<HashSlot> slot =
      number.has_value() ? HashSlot::FromNumber(*number) : std::nullopt;
  if (!slot.has_value()) return BadField("a slot is not in 0 to 16383");
  const absl::string_view arrow = field.substr(dash, kArrowBytes);
  if (arrow != "->-" && arrow != "-<-") return BadField("not a migration");
  absl::StatusOr<std::string> other_id = ParseNodeId(
      RespValue::String(std::string(field.substr(dash + kArrowBytes))));
  if (!other_id.ok()) return other_id.status();
  if (arrow == "->-") {
    return SlotMigration{.slot = *slot,
                         .source_node_id = asked_id,
                         .target_node_id = *std::move(other_id)};
  }
  return SlotMigration{.slot = *slot,
                       .source_node_id = *std::move(other_id),
                       .target_node_id = asked_id};
}

absl::Status ParseMigrations(const std::vector<absl::string_view>& fields,
                             ClusterNodes& nodes) {
  for (size_t i = kFirstSlotField; i < fields.size(); ++i) {
    if (fields[i].empty() || fields[i].front() != '[') continue;
    absl::StatusOr<SlotMigration> migration =
        ParseMigration(fields[i], nodes.node_id);
    if (!migration.ok()) return migration.status();
    if (nodes.migrations.size() == kHashSlotCount) {
      return BadField("more migrations than slots");
    }
    nodes.migrations.push_back(*std::move(migration));
  }
  return absl::OkStatus();
}

absl::Status ParseLine(absl::string_view line, ClusterNodes& nodes) {
  const std::vector<absl::string_view> fields = absl::StrSplit(line, ' ');
  if (fields.size() < kFirstSlotField) {
    return BadField("fewer than eight fields");
  }
  absl::StatusOr<std::string> id =
      ParseNodeId(RespValue::String(std::string(fields[kIdField])));
  if (!id.ok()) return id.status();
  const std::optional<uint64_t> epoch =
      ParseNumber<uint64_t>(fields[kEpochField]);
  if (!epoch.has_value()) return BadField("the config epoch is no number");
  if (!nodes.config_epochs.try_emplace(*id, *epoch).second) {
    return BadField("a node ID that stands twice");
  }
  if (!HasFlag(fields[kFlagsField], "myself")) return absl::OkStatus();
  if (!nodes.node_id.empty()) return BadField("a second node is myself");
  nodes.node_id = *std::move(id);
  return ParseMigrations(fields, nodes);
}

}  // namespace

absl::StatusOr<ClusterNodes> ParseClusterNodesReply(const RespValue& reply) {
  if (!reply.is_text()) return Within("nodes", BadField("not a text"));
  ClusterNodes nodes;
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(reply.text, '\n')) {
    ++number;
    // Nothing is behind the last end of line.
    if (line.empty()) continue;
    if (absl::Status status = ParseLine(line, nodes); !status.ok()) {
      return Within(absl::StrCat("line ", number), status);
    }
  }
  if (nodes.node_id.empty()) {
    return Within("nodes", BadField("no node is myself"));
  }
  return nodes;
}

}  // namespace slotplanner
