// SPDX-License-Identifier: Apache-2.0
#include "client/cli/slot_watch.h"

#include <cstddef>

namespace slotplanner::cli {
namespace {

HashSlot SlotAt(int number) { return *HashSlot::FromNumber(number); }

}  // namespace

const std::string& SlotWatch::OwnerIn(const ClusterTopology& topology,
                                      HashSlot slot) {
  static const std::string kNobody;
  const Shard* const shard = topology.ShardOf(slot);
  return shard == nullptr ? kNobody : shard->primary.node_id;
}

void SlotWatch::SeeTopology(const ClusterTopology& later) {
  if (later.version() == beginning_.version()) return;
  for (int number = 0; number < kHashSlotCount; ++number) {
    const HashSlot slot = SlotAt(number);
    if (OwnerIn(beginning_, slot) != OwnerIn(later, slot)) {
      slots_.set(static_cast<size_t>(number));
    }
  }
}

void SlotWatch::SeeShard(int shard_index, std::span<const SlotRange> ranges) {
  std::bitset<kHashSlotCount> now;
  for (const SlotRange& range : ranges) {
    for (int number = range.first.value(); number <= range.last.value();
         ++number) {
      now.set(static_cast<size_t>(number));
    }
  }
  for (int number = 0; number < kHashSlotCount; ++number) {
    const auto index = static_cast<size_t>(number);
    const bool was_its = beginning_.ShardIndexOf(SlotAt(number)) == shard_index;
    if (was_its != now[index]) slots_.set(index);
  }
}

void SlotWatch::SeeMigrations(std::span<const SlotMigration> migrations) {
  for (const SlotMigration& migration : migrations) {
    slots_.set(static_cast<size_t>(migration.slot.value()));
  }
}

std::vector<SlotRange> SlotWatch::Ranges() const {
  std::vector<SlotRange> ranges;
  for (int number = 0; number < kHashSlotCount; ++number) {
    if (!slots_[static_cast<size_t>(number)]) continue;
    const HashSlot slot = SlotAt(number);
    if (!ranges.empty() && ranges.back().last.value() == number - 1) {
      ranges.back().last = slot;
    } else {
      ranges.push_back({slot, slot});
    }
  }
  return ranges;
}

}  // namespace slotplanner::cli
