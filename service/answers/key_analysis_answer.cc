// SPDX-License-Identifier: Apache-2.0
#include "service/answers/key_analysis_answer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "service/advice/shard_spread.h"
#include "service/advice/skew.h"
#include "service/answers/analysis_settings.h"
#include "service/answers/key_counts_messages.h"
#include "service/answers/topology_messages.h"
#include "service/slots/hash_slot.h"

namespace slotplanner {
namespace {

void FillSkew(const Skew& skew, v1::Skew& message) {
  message.set_max_over_mean(skew.max_over_mean);
  message.set_coefficient_of_variation(skew.coefficient_of_variation);
  message.set_uniform_max_over_mean(skew.uniform_max_over_mean);
  message.set_uniform_coefficient_of_variation(
      skew.uniform_coefficient_of_variation);
  message.set_deviations(skew.deviations);
  message.set_is_skewed(skew.is_skewed);
}

void FillSlotSkews(const KeyCounts& counts, v1::AnalyzeKeysResponse& response) {
  FillSkew(SkewOf(counts.slot_keys(), {},
                  {.effective_count = static_cast<double>(counts.key_count())}),
           *response.mutable_slot_skew());
  if (!counts.is_weighted()) return;
  FillSkew(SkewOf(counts.slot_weights(), {},
                  {.effective_count = counts.EffectiveCount(),
                   .heaviest_share = counts.HeaviestShare()}),
           *response.mutable_slot_weight_skew());
}

// Of slots alike in weight, those with more keys come first, then the lower.
void FillFullestSlots(const KeyCounts& counts, size_t max_entries,
                      v1::AnalyzeKeysResponse& response) {
  const std::vector<int64_t>& keys = counts.slot_keys();
  const std::vector<int64_t>& weights = counts.slot_weights();
  std::vector<size_t> slots;
  for (size_t slot = 0; slot < keys.size(); ++slot) {
    if (keys[slot] > 0 || weights[slot] > 0) slots.push_back(slot);
  }
  const size_t count = std::min(max_entries, slots.size());
  std::partial_sort(slots.begin(),
                    slots.begin() + static_cast<std::ptrdiff_t>(count),
                    slots.end(), [&](size_t a, size_t b) {
                      if (weights[a] != weights[b]) {
                        return weights[a] > weights[b];
                      }
                      return keys[a] != keys[b] ? keys[a] > keys[b] : a < b;
                    });
  slots.resize(count);
  for (const size_t slot : slots) {
    v1::SlotLoad& load = *response.add_fullest_slots();
    load.set_slot(static_cast<int32_t>(slot));
    load.set_keys(keys[slot]);
    load.set_weight(weights[slot]);
  }
}

void FillHeaviestTags(const KeyCounts& counts,
                      const v1::AnalysisSettings& settings,
                      v1::AnalyzeKeysResponse& response) {
  const HeavyHitters& tags = counts.tags_by_weight();
  for (HeavyHitters::Item& item : tags.Top(MaxEntriesOf(settings))) {
    v1::TagLoad& load = *response.add_heaviest_tags();
    load.set_slot(HashSlot::OfKey(item.item).value());
    load.set_keys(counts.tags_by_keys().CountOf(item.item));
    load.set_weight(item.count);
    if (settings.show_keys()) load.set_tag(std::move(item.item));
  }
  response.set_tag_error(tags.max_error());
}

void FillShards(const KeyCounts& counts, const ClusterTopology& topology,
                v1::ShardSpread& message) {
  constexpr int kNone = -1;  // Of the API, for no shard.
  const ShardSpread spread = SpreadOver(counts, topology);
  for (size_t i = 0; i < spread.shards.size(); ++i) {
    const Shard& shard = topology.shards()[i];
    v1::ShardLoad& load = *message.add_shards();
    FillNode(shard.primary, v1::NODE_ROLE_PRIMARY, *load.mutable_primary());
    for (const Node& replica : shard.replicas) {
      FillNode(replica, v1::NODE_ROLE_REPLICA, *load.add_replicas());
    }
    load.set_slot_count(spread.shards[i].slot_count);
    load.set_keys(spread.shards[i].keys);
    load.set_weight(spread.shards[i].weight);
  }
  FillSkew(spread.skew, *message.mutable_skew());
  if (spread.weight_skew) {
    FillSkew(*spread.weight_skew, *message.mutable_weight_skew());
  }
  message.set_fullest_shard(
      spread.fullest_shard ? static_cast<int>(*spread.fullest_shard) : kNone);
  message.set_usable_share(spread.usable_share);
  message.set_unassigned_keys(spread.unassigned_keys);
  message.set_unassigned_weight(spread.unassigned_weight);
}

void FillMoves(const SlotMoves& moves, v1::SlotMoves& message) {
  message.set_slots(moves.slots);
  message.set_keys(moves.keys);
  message.set_weight(moves.weight);
}

}  // namespace

void FillKeyAnalysis(const KeyCounts& counts, const KeyAnalysisBasis& basis,
                     const v1::AnalysisSettings& settings,
                     v1::AnalyzeKeysResponse& response) {
  response.set_key_count(counts.key_count());
  response.set_weight(counts.weight());
  FillSlotSkews(counts, response);
  FillFullestSlots(counts, MaxEntriesOf(settings), response);
  response.set_tagged_key_count(counts.tagged_key_count());
  FillHeaviestTags(counts, settings, response);
  if (basis.current != nullptr) {
    v1::ShardSpread& shards = *response.mutable_shards();
    FillShards(counts, *basis.current->topology, shards);
    FillStamp(*basis.current, *shards.mutable_topology());
  }
  if (basis.what_if != nullptr) {
    v1::ShardSpread& shards = *response.mutable_what_if_shards();
    FillShards(counts, *basis.what_if, shards);
    shards.mutable_topology()->set_version(basis.what_if->version());
  }
  if (basis.current != nullptr && basis.what_if != nullptr) {
    FillMoves(MovesBetween(counts, *basis.current->topology, *basis.what_if),
              *response.mutable_what_if_moves());
  }
  FillKeyCounts(counts, settings.show_keys(), *response.mutable_counts());
}

}  // namespace slotplanner
