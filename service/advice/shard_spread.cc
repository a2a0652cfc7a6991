// SPDX-License-Identifier: Apache-2.0
#include "service/advice/shard_spread.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "service/advice/saturating_add.h"
#include "service/slots/hash_slot.h"

namespace slotplanner {
namespace {

constexpr int kNoShard = -1;

// The owner of each slot, as an index or `kNoShard`.
std::vector<int> OwnersOf(const ClusterTopology& topology) {
  std::vector<int> owners;
  owners.reserve(kHashSlotCount);
  for (int slot = 0; slot < kHashSlotCount; ++slot) {
    owners.push_back(topology.ShardIndexOf(*HashSlot::FromNumber(slot)));
  }
  return owners;
}

void AddTo(int64_t& sum, int64_t number) { sum = SaturatingAdd(sum, number); }

std::vector<double> SharesOf(const std::vector<ShardLoad>& shards,
                             int assigned_slots) {
  std::vector<double> shares;
  shares.reserve(shards.size());
  for (const ShardLoad& shard : shards) {
    shares.push_back(static_cast<double>(shard.slot_count) / assigned_slots);
  }
  return shares;
}

// The skew of the keys or of their weights, of which all together leave
// room for `chance` and are `sum`.
Skew SkewOfShards(const ShardSpread& spread, int64_t ShardLoad::*load,
                  const std::vector<double>& shares, const ChanceCount& chance,
                  int64_t sum) {
  std::vector<int64_t> loads;
  loads.reserve(spread.shards.size());
  int64_t assigned = 0;
  for (const ShardLoad& shard : spread.shards) {
    loads.push_back(shard.*load);
    AddTo(assigned, shard.*load);
  }
  if (assigned == 0) return {};
  return SkewOf(loads, shares,
                {.effective_count = chance.effective_count *
                                    static_cast<double>(assigned) /
                                    static_cast<double>(sum),
                 .heaviest_share = chance.heaviest_share});
}

void SetFullest(ShardSpread& spread) {
  const auto fullest =
      std::max_element(spread.shards.begin(), spread.shards.end(),
                       [](const ShardLoad& a, const ShardLoad& b) {
                         return a.weight < b.weight;
                       });
  if (fullest == spread.shards.end() || fullest->weight == 0) return;
  spread.fullest_shard = static_cast<size_t>(fullest - spread.shards.begin());
  double sum = 0;
  for (const ShardLoad& shard : spread.shards) {
    sum += static_cast<double>(shard.weight);
  }
  spread.usable_share = sum / static_cast<double>(spread.shards.size()) /
                        static_cast<double>(fullest->weight);
}

// For each shard of `to`, its index in `from`, or `kNoShard`.
std::vector<int> SameShards(const ClusterTopology& from,
                            const ClusterTopology& to) {
  absl::flat_hash_map<std::string, int> by_node_id;
  absl::flat_hash_map<std::pair<std::string, int>, int> by_address;
  for (size_t i = 0; i < from.shards().size(); ++i) {
    const Node& primary = from.shards()[i].primary;
    by_node_id.try_emplace(primary.node_id, static_cast<int>(i));
    by_address.try_emplace({primary.host, primary.port}, static_cast<int>(i));
  }
  std::vector<int> same;
  same.reserve(to.shards().size());
  for (const Shard& shard : to.shards()) {
    const Node& primary = shard.primary;
    if (const auto i = by_node_id.find(primary.node_id);
        i != by_node_id.end()) {
      same.push_back(i->second);
    } else if (const auto j = by_address.find({primary.host, primary.port});
               j != by_address.end()) {
      same.push_back(j->second);
    } else {
      same.push_back(kNoShard);
    }
  }
  return same;
}

// Whether a slot stays where it is, which may be nowhere.
bool IsOneOwner(int old_owner, int new_owner, const std::vector<int>& same) {
  if (old_owner == kNoShard || new_owner == kNoShard) {
    return old_owner == new_owner;
  }
  return same[static_cast<size_t>(new_owner)] == old_owner;
}

}  // namespace

ShardSpread SpreadOver(const KeyCounts& counts,
                       const ClusterTopology& topology) {
  ShardSpread spread;
  spread.shards.resize(topology.shards().size());
  const std::vector<int> owners = OwnersOf(topology);
  for (size_t slot = 0; slot < owners.size(); ++slot) {
    const int64_t keys = counts.slot_keys()[slot];
    const int64_t weight = counts.slot_weights()[slot];
    if (owners[slot] == kNoShard) {
      AddTo(spread.unassigned_keys, keys);
      AddTo(spread.unassigned_weight, weight);
      continue;
    }
    ShardLoad& shard = spread.shards[static_cast<size_t>(owners[slot])];
    ++shard.slot_count;
    AddTo(shard.keys, keys);
    AddTo(shard.weight, weight);
  }
  SetFullest(spread);
  const int assigned_slots = kHashSlotCount - topology.unassigned_slot_count();
  if (assigned_slots == 0) return spread;
  const std::vector<double> shares = SharesOf(spread.shards, assigned_slots);
  spread.skew =
      SkewOfShards(spread, &ShardLoad::keys, shares,
                   {.effective_count = static_cast<double>(counts.key_count())},
                   counts.key_count());
  if (counts.is_weighted()) {
    spread.weight_skew =
        SkewOfShards(spread, &ShardLoad::weight, shares,
                     {.effective_count = counts.EffectiveCount(),
                      .heaviest_share = counts.HeaviestShare()},
                     counts.weight());
  }
  return spread;
}

SlotMoves MovesBetween(const KeyCounts& counts, const ClusterTopology& from,
                       const ClusterTopology& to) {
  const std::vector<int> same = SameShards(from, to);
  const std::vector<int> old_owners = OwnersOf(from);
  const std::vector<int> new_owners = OwnersOf(to);
  SlotMoves moves;
  for (size_t slot = 0; slot < old_owners.size(); ++slot) {
    if (IsOneOwner(old_owners[slot], new_owners[slot], same)) continue;
    ++moves.slots;
    AddTo(moves.keys, counts.slot_keys()[slot]);
    AddTo(moves.weight, counts.slot_weights()[slot]);
  }
  return moves;
}

}  // namespace slotplanner
