// SPDX-License-Identifier: Apache-2.0
#include "service/answers/topology_messages.h"

#include <cstdint>

namespace slotplanner {

void FillNode(const Node& node, v1::NodeRole role, v1::Node& message) {
  message.set_node_id(node.node_id);
  message.set_host(node.host);
  message.set_port(node.port);
  message.set_role(role);
  message.set_zone(node.zone);
}

void FillStamp(const ClusterSnapshot& snapshot, v1::TopologyStamp& message) {
  message.set_version(snapshot.topology->version());
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
}

}  // namespace slotplanner
