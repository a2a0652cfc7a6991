// SPDX-License-Identifier: Apache-2.0
#include "service/planning/read_routing.h"

#include <algorithm>
#include <cstddef>

namespace slotplanner {
namespace {

size_t PickBySlot(HashSlot slot, size_t count) {
  return static_cast<size_t>(slot.value()) % count;
}

// A replica in `zone`, or null.
const Node* ReplicaInZone(const Shard& shard, HashSlot slot,
                          std::string_view zone) {
  const auto in_zone = [zone](const Node& node) { return node.zone == zone; };
  const auto count = static_cast<size_t>(
      std::count_if(shard.replicas.begin(), shard.replicas.end(), in_zone));
  if (count == 0) return nullptr;
  size_t skip = PickBySlot(slot, count);
  for (const Node& replica : shard.replicas) {
    if (in_zone(replica) && skip-- == 0) return &replica;
  }
  return nullptr;
}

}  // namespace

const Node& NodeForRead(const Shard& shard, HashSlot slot,
                        ReadPreference preference,
                        std::string_view client_zone) {
  if (preference == ReadPreference::kPrimary) return shard.primary;
  if (preference == ReadPreference::kNearest && !client_zone.empty()) {
    if (const Node* replica = ReplicaInZone(shard, slot, client_zone)) {
      return *replica;
    }
    if (shard.primary.zone == client_zone) return shard.primary;
  }
  if (shard.replicas.empty()) return shard.primary;
  return shard.replicas[PickBySlot(slot, shard.replicas.size())];
}

}  // namespace slotplanner
