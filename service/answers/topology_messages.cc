// SPDX-License-Identifier: Apache-2.0
#include "service/answers/topology_messages.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace slotplanner {
namespace {

Node ReadNode(const v1::Node& message) {
  return {.node_id = message.node_id(),
          .host = message.host(),
          .port = message.port(),
          .zone = message.zone()};
}

absl::StatusOr<HashSlot> ReadSlot(int number) {
  const auto slot = HashSlot::FromNumber(number);
  if (!slot) return absl::InvalidArgumentError("A slot is out of range.");
  return *slot;
}

absl::StatusOr<Shard> ReadShard(const v1::Shard& message) {
  Shard shard{.slot_ranges = {},
              .primary = ReadNode(message.primary()),
              .replicas = {}};
  for (const v1::SlotRange& range : message.slot_ranges()) {
    const auto first = ReadSlot(range.first());
    const auto last = ReadSlot(range.last());
    if (!first.ok()) return first.status();
    if (!last.ok()) return last.status();
    if (*first > *last) {
      return absl::InvalidArgumentError("A slot range ends before it begins.");
    }
    shard.slot_ranges.push_back({*first, *last});
  }
  for (const v1::Node& replica : message.replicas()) {
    shard.replicas.push_back(ReadNode(replica));
  }
  return shard;
}

absl::StatusOr<SlotMigration> ReadMigration(const v1::SlotMigration& message) {
  const auto slot = ReadSlot(message.slot());
  if (!slot.ok()) return slot.status();
  return SlotMigration{.slot = *slot,
                       .source_node_id = message.source_node_id(),
                       .target_node_id = message.target_node_id()};
}

}  // namespace

void FillNode(const Node& node, v1::NodeRole role, v1::Node& message) {
  message.set_node_id(node.node_id);
  message.set_host(node.host);
  message.set_port(node.port);
  message.set_role(role);
  message.set_zone(node.zone);
}

void FillStamp(const ClusterSnapshot& snapshot, v1::TopologyStamp& message) {
  message.set_version(snapshot.topology->version());
  if (snapshot.is_hypothetical) return;
  const int64_t nanos = absl::ToUnixNanos(snapshot.confirm_time);
  message.mutable_confirm_time()->set_seconds(nanos / 1'000'000'000);
  message.mutable_confirm_time()->set_nanos(
      static_cast<int32_t>(nanos % 1'000'000'000));
}

void FillMigration(const SlotMigration& migration, v1::SlotMigration& message) {
  message.set_slot(migration.slot.value());
  message.set_source_node_id(migration.source_node_id);
  message.set_target_node_id(migration.target_node_id);
}

void FillTopology(const ClusterSnapshot& snapshot, v1::Topology& message) {
  FillStamp(snapshot, *message.mutable_stamp());
  for (const Shard& shard : snapshot.topology->shards()) {
    v1::Shard& out = *message.add_shards();
    for (const SlotRange& range : shard.slot_ranges) {
      v1::SlotRange& out_range = *out.add_slot_ranges();
      out_range.set_first(range.first.value());
      out_range.set_last(range.last.value());
    }
    FillNode(shard.primary, v1::NODE_ROLE_PRIMARY, *out.mutable_primary());
    for (const Node& replica : shard.replicas) {
      FillNode(replica, v1::NODE_ROLE_REPLICA, *out.add_replicas());
    }
  }
  for (const SlotMigration& migration : snapshot.migrations) {
    FillMigration(migration, *message.add_migrations());
  }
  message.set_unassigned_slot_count(snapshot.topology->unassigned_slot_count());
  message.set_asked_node_count(snapshot.asked_node_count);
  message.set_agreeing_node_count(snapshot.agreeing_node_count);
  message.set_commands_version(snapshot.catalog->version());
}

absl::StatusOr<ClusterSnapshot> ToSnapshot(
    const v1::Topology& message,
    std::shared_ptr<const CommandCatalog> catalog) {
  std::vector<Shard> shards;
  for (const v1::Shard& shard : message.shards()) {
    auto read = ReadShard(shard);
    if (!read.ok()) return read.status();
    shards.push_back(*std::move(read));
  }
  auto topology = ClusterTopology::Make(std::move(shards));
  if (!topology.ok()) return topology.status();
  if (topology->version() != message.stamp().version()) {
    return absl::InvalidArgumentError(
        "The topology has another version than its stamp says.");
  }
  const auto& time = message.stamp().confirm_time();
  ClusterSnapshot snapshot = {
      .topology = std::make_shared<const ClusterTopology>(*std::move(topology)),
      .catalog = std::move(catalog),
      .confirm_time = absl::FromUnixSeconds(time.seconds()) +
                      absl::Nanoseconds(time.nanos()),
      .asked_node_count = message.asked_node_count(),
      .agreeing_node_count = message.agreeing_node_count()};
  for (const v1::SlotMigration& migration : message.migrations()) {
    auto read = ReadMigration(migration);
    if (!read.ok()) return read.status();
    snapshot.migrations.push_back(*std::move(read));
  }
  return snapshot;
}

}  // namespace slotplanner
