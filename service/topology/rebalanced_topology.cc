// SPDX-License-Identifier: Apache-2.0
#include "service/topology/rebalanced_topology.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/slots/hash_slot.h"

namespace slotplanner {
namespace {

constexpr char kNewHost[] = "127.0.0.1";
constexpr int kFirstNewPort = 7000;
constexpr int kLastPort = 65535;

// Makes nodes that no topology has.
class NewNodes {
 public:
  explicit NewNodes(const ClusterTopology& existing) {
    for (const Shard& shard : existing.shards()) {
      Reserve(shard.primary);
      for (const Node& replica : shard.replicas) Reserve(replica);
    }
  }

  // The next one. A host has ports for more nodes than there are.
  Node Make() {
    Node node{.node_id = {}, .host = kNewHost, .port = 0, .zone = {}};
    do {
      node.node_id = absl::StrCat(std::string(32, '0'),
                                  absl::Hex(++last_number_, absl::kZeroPad8));
    } while (ids_.contains(node.node_id));
    do {
      node.port = next_port_;
      next_port_ = next_port_ == kLastPort ? 1 : next_port_ + 1;
    } while (ports_.contains(node.port));
    return node;
  }

 private:
  void Reserve(const Node& node) {
    ids_.insert(node.node_id);
    if (node.host == kNewHost) ports_.insert(node.port);
  }

  std::set<std::string> ids_;
  std::set<int> ports_;
  int last_number_ = 0;
  int next_port_ = kFirstNewPort;
};

// A shard while slots move.
struct Member {
  Shard shard;                  // Its slot ranges are not looked at.
  std::vector<HashSlot> slots;  // Ascending at first.
  size_t share = 0;             // How many slots it shall have.
};

std::vector<HashSlot> SlotsOf(const Shard& shard) {
  std::vector<HashSlot> slots;
  for (const SlotRange& range : shard.slot_ranges) {
    for (int slot = range.first.value(); slot <= range.last.value(); ++slot) {
      slots.push_back(*HashSlot::FromNumber(slot));
    }
  }
  return slots;
}

// Positions of members, those with the most slots first; of equals the first
// one.
std::vector<size_t> LargestFirst(const std::vector<Member>& members) {
  std::vector<size_t> order(members.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return members[a].slots.size() > members[b].slots.size();
  });
  return order;
}

// The largest `count` members, in their order.
std::vector<Member> KeepLargest(std::vector<Member> members, size_t count) {
  if (members.size() <= count) return members;
  std::vector<size_t> kept = LargestFirst(members);
  kept.resize(count);
  std::sort(kept.begin(), kept.end());
  std::vector<Member> largest;
  largest.reserve(count);
  for (const size_t i : kept) largest.push_back(std::move(members[i]));
  return largest;
}

// Those that have a slot too many anyway get the larger shares: then it need
// not move.
void SetShares(std::vector<Member>& members) {
  const size_t share = kHashSlotCount / members.size();
  size_t larger_shares = kHashSlotCount % members.size();
  for (const size_t i : LargestFirst(members)) {
    members[i].share = larger_shares > 0 ? share + 1 : share;
    if (larger_shares > 0) --larger_shares;
  }
}

// Takes from each member what is beyond its share, and returns all slots that
// nobody has then, ascending.
std::vector<HashSlot> TakeSurplus(std::vector<Member>& members) {
  std::vector<bool> is_kept(kHashSlotCount);
  for (Member& member : members) {
    while (member.slots.size() > member.share) member.slots.pop_back();
    for (const HashSlot slot : member.slots) {
      is_kept[static_cast<size_t>(slot.value())] = true;
    }
  }
  std::vector<HashSlot> free_slots;
  for (int slot = 0; slot < kHashSlotCount; ++slot) {
    if (!is_kept[static_cast<size_t>(slot)]) {
      free_slots.push_back(*HashSlot::FromNumber(slot));
    }
  }
  return free_slots;
}

std::vector<SlotRange> RangesOf(std::vector<HashSlot> slots) {
  std::sort(slots.begin(), slots.end());
  std::vector<SlotRange> ranges;
  for (const HashSlot slot : slots) {
    if (!ranges.empty() && ranges.back().last.value() + 1 == slot.value()) {
      ranges.back().last = slot;
    } else {
      ranges.push_back({.first = slot, .last = slot});
    }
  }
  return ranges;
}

}  // namespace

ClusterTopology RebalancedTopology(const ClusterTopology* current,
                                   int shard_count) {
  assert(1 <= shard_count && shard_count <= 1000);
  if (current == nullptr || current->shards().empty()) {
    return MakeEvenTopology(shard_count);
  }
  std::vector<Member> members;
  for (const Shard& shard : current->shards()) {
    members.push_back({.shard = shard, .slots = SlotsOf(shard)});
  }
  const auto count = static_cast<size_t>(shard_count);
  members = KeepLargest(std::move(members), count);
  NewNodes new_nodes(*current);
  while (members.size() < count) {
    members.push_back({.shard = {.slot_ranges = {},
                                 .primary = new_nodes.Make(),
                                 .replicas = {}},
                       .slots = {}});
  }
  SetShares(members);
  const std::vector<HashSlot> free_slots = TakeSurplus(members);
  auto next = free_slots.begin();
  std::vector<Shard> shards;
  for (Member& member : members) {
    const auto end =
        next + static_cast<std::ptrdiff_t>(member.share - member.slots.size());
    member.slots.insert(member.slots.end(), next, end);
    next = end;
    member.shard.slot_ranges = RangesOf(std::move(member.slots));
    shards.push_back(std::move(member.shard));
  }
  return *ClusterTopology::Make(std::move(shards));
}

}  // namespace slotplanner
