// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "service/slots/hash_slot.h"

namespace slotplanner {

// A node that clients can connect to.
struct Node {
  std::string node_id;  // 40 hexadecimal characters, as the cluster gave it.
  std::string host;     // Name or IP address; never empty.
  int port = 0;         // 1 to 65535.
  std::string zone;     // Availability zone; empty when unknown.

  friend bool operator==(const Node&, const Node&) = default;
};

// One primary, its replicas, and the slots that they serve.
struct Shard {
  std::vector<SlotRange> slot_ranges;  // Ascending and disjoint; may be empty.
  Node primary;
  std::vector<Node> replicas;  // Those online, in ascending order of node_id.

  friend bool operator==(const Shard&, const Shard&) = default;
};

// A slot that is moving from one node to another (rule F5).
struct SlotMigration {
  HashSlot slot;
  std::string source_node_id;  // Owns it now.
  std::string target_node_id;  // Will own it.

  friend bool operator==(const SlotMigration&, const SlotMigration&) = default;
};

// Which node serves which slot, as one picture. Immutable, hence thread-safe.
// About 32 KiB plus 300 bytes a node.
class ClusterTopology {
 public:
  // Puts the shards into canonical order (ascending by lowest slot, those
  // without slots last by node ID; replicas by node ID; adjacent slot ranges
  // joined), so that the same cluster seen through other nodes gives an equal
  // topology. INVALID_ARGUMENT when a slot is claimed twice, a node ID stands
  // twice, or there are more than 32767 shards.
  static absl::StatusOr<ClusterTopology> Make(std::vector<Shard> shards);

  // In canonical order.
  const std::vector<Shard>& shards() const { return shards_; }

  // Index into `shards()` of the shard that owns `slot`, or -1 when the slot is
  // unassigned. One array look-up.
  int ShardIndexOf(HashSlot slot) const {
    return shard_index_of_slot_[static_cast<size_t>(slot.value())];
  }

  // The shard that owns `slot`, or null when the slot is unassigned.
  const Shard* ShardOf(HashSlot slot) const {
    const int index = ShardIndexOf(slot);
    return index < 0 ? nullptr : &shards_[static_cast<size_t>(index)];
  }

  // How many of the 16384 slots have no owner.
  int unassigned_slot_count() const { return unassigned_slot_count_; }

  // A fingerprint over slots, node IDs, endpoints, roles and zones (see
  // `Fingerprint`).
  const std::string& version() const { return version_; }

 private:
  ClusterTopology(
      std::vector<Shard> shards,
      const std::array<int16_t, kHashSlotCount>& shard_index_of_slot);

  std::vector<Shard> shards_;
  // int16_t holds 32767 shards; -1 is an unassigned slot.
  std::array<int16_t, kHashSlotCount> shard_index_of_slot_;
  int unassigned_slot_count_ = 0;
  std::string version_;
};

// `shard_count` shards of even size, as `redis-cli --cluster create` deals the
// slots: shard i begins at slot round(i * 16384 / shard_count). Primaries are
// at 127.0.0.1, ports from 7000; no replicas; node IDs are made up from the
// index. Requires: 1 <= shard_count <= 1000.
ClusterTopology MakeEvenTopology(int shard_count);

}  // namespace slotplanner
