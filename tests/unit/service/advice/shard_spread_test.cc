// SPDX-License-Identifier: Apache-2.0
#include "service/advice/shard_spread.h"

#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/random_seed.h"

namespace slotplanner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

HashSlot Slot(int number) { return *HashSlot::FromNumber(number); }

Node NodeAt(std::string node_id, int port) {
  return {.node_id = std::move(node_id),
          .host = "127.0.0.1",
          .port = port,
          .zone = ""};
}

Shard ShardOf(Node primary, std::vector<std::pair<int, int>> ranges) {
  Shard shard = {
      .slot_ranges = {}, .primary = std::move(primary), .replicas = {}};
  for (const auto& [first, last] : ranges) {
    shard.slot_ranges.push_back({Slot(first), Slot(last)});
  }
  return shard;
}

ClusterTopology Topology(std::vector<Shard> shards) {
  return *ClusterTopology::Make(std::move(shards));
}

// One key in each of these slots, which weighs that.
KeyCounts CountsOf(const std::vector<std::pair<int, int64_t>>& weights) {
  KeyCounts::Counters counters;
  counters.weights.resize(kHashSlotCount);
  for (const auto& [slot, weight] : weights) {
    counters.keys[static_cast<size_t>(slot)] += 1;
    counters.weights[static_cast<size_t>(slot)] += weight;
    counters.squared_weights += static_cast<double>(weight * weight);
  }
  return KeyCounts(counters);
}

KeyCounts RandomKeys(int count) {
  std::mt19937_64 random(RandomSeed());
  KeyCounts counts;
  for (int i = 0; i < count; ++i) counts.Add(std::to_string(random()));
  return counts;
}

TEST(SpreadOverTest, AddsUpSlots) {
  const KeyCounts counts =
      CountsOf({{0, 5}, {10, 1}, {100, 2}, {8191, 4}, {8192, 8}, {9000, 3}});
  const ClusterTopology topology =
      Topology({ShardOf(NodeAt("a", 1), {{0, 99}}), ShardOf(NodeAt("b", 2), {}),
                ShardOf(NodeAt("c", 3), {{200, 8191}, {8193, 16383}})});
  const ShardSpread spread = SpreadOver(counts, topology);
  EXPECT_THAT(spread.shards,
              ElementsAre(ShardLoad{100, 2, 6}, ShardLoad{16183, 2, 7},
                          ShardLoad{0, 0, 0}));
  EXPECT_EQ(spread.unassigned_keys, 2);
  EXPECT_EQ(spread.unassigned_weight, 10);
  EXPECT_EQ(spread.fullest_shard, 1U);
  EXPECT_DOUBLE_EQ(spread.usable_share, 13.0 / 3 / 7);
  ASSERT_TRUE(spread.weight_skew);
  EXPECT_DOUBLE_EQ(spread.skew.max_over_mean, 2.0 / 4 / (100.0 / 16283));
  EXPECT_DOUBLE_EQ(spread.weight_skew->max_over_mean,
                   6.0 / 13 / (100.0 / 16283));
}

TEST(SpreadOverTest, HasNoWeightsOfItsOwnIfEachKeyWeighsOne) {
  const KeyCounts counts = RandomKeys(10'000);
  const ShardSpread spread = SpreadOver(counts, MakeEvenTopology(3));
  EXPECT_FALSE(spread.weight_skew.has_value());
  int64_t sum = 0;
  for (const ShardLoad& shard : spread.shards) {
    EXPECT_EQ(shard.keys, shard.weight);
    sum += shard.keys;
  }
  EXPECT_EQ(sum, counts.key_count());
  EXPECT_FALSE(spread.skew.is_skewed);
}

TEST(SpreadOverTest, FindsTheShardThatIsFullFirst) {
  KeyCounts counts = RandomKeys(30'000);
  for (int i = 0; i < 3000; ++i) counts.Add("{hot}" + std::to_string(i));
  const ClusterTopology topology = MakeEvenTopology(3);
  const ShardSpread spread = SpreadOver(counts, topology);
  ASSERT_TRUE(spread.fullest_shard);
  EXPECT_EQ(static_cast<int>(*spread.fullest_shard),
            topology.ShardIndexOf(HashSlot::OfKey("hot")));
  EXPECT_TRUE(spread.skew.is_skewed);
  EXPECT_NEAR(spread.usable_share, 11'000.0 / 13'000, 0.02);
}

TEST(SpreadOverTest, HasNothingToSayOfNoKeys) {
  const ShardSpread spread = SpreadOver(KeyCounts(), MakeEvenTopology(2));
  EXPECT_THAT(spread.shards,
              ElementsAre(ShardLoad{8192, 0, 0}, ShardLoad{8192, 0, 0}));
  EXPECT_FALSE(spread.fullest_shard.has_value());
  EXPECT_EQ(spread.usable_share, 0);
  EXPECT_EQ(spread.skew, Skew{});
}

TEST(SpreadOverTest, TakesTopologiesWithoutSlots) {
  const KeyCounts counts = RandomKeys(10);
  const ShardSpread none = SpreadOver(counts, Topology({}));
  EXPECT_THAT(none.shards, IsEmpty());
  EXPECT_EQ(none.unassigned_keys, 10);
  const ShardSpread idle =
      SpreadOver(counts, Topology({ShardOf(NodeAt("a", 1), {})}));
  EXPECT_THAT(idle.shards, ElementsAre(ShardLoad{}));
  EXPECT_EQ(idle.unassigned_weight, 10);
  EXPECT_FALSE(idle.fullest_shard.has_value());
}

TEST(MovesBetweenTest, AreNoneWithinOneTopology) {
  const KeyCounts counts = RandomKeys(1000);
  const ClusterTopology topology = MakeEvenTopology(5);
  EXPECT_EQ(MovesBetween(counts, topology, topology), SlotMoves{});
  EXPECT_EQ(MovesBetween(counts, Topology({}), Topology({})), SlotMoves{});
}

TEST(MovesBetweenTest, CountsWhatGetsAnotherOwner) {
  const KeyCounts counts = CountsOf({{0, 5}, {9, 3}, {10, 7}, {16383, 2}});
  const ClusterTopology from =
      Topology({ShardOf(NodeAt("a", 1), {{0, 9}}),
                ShardOf(NodeAt("b", 2), {{10, 16383}})});
  const ClusterTopology to = Topology(
      {ShardOf(NodeAt("b", 2), {{9, 16000}}), ShardOf(NodeAt("a", 1), {{0, 8}}),
       ShardOf(NodeAt("c", 3), {{16001, 16383}})});
  EXPECT_EQ(MovesBetween(counts, from, to),
            (SlotMoves{.slots = 384, .keys = 2, .weight = 5}));
}

TEST(MovesBetweenTest, KnowsAShardByItsAddressIfNotByItsId) {
  const KeyCounts counts = RandomKeys(1000);
  const ClusterTopology from =
      Topology({ShardOf(NodeAt("a", 1), {{0, 99}}),
                ShardOf(NodeAt("b", 2), {{100, 16383}})});
  // The first by its address, the second by its ID at a new address.
  const ClusterTopology same =
      Topology({ShardOf(NodeAt("x", 1), {{0, 99}}),
                ShardOf(NodeAt("b", 7), {{100, 16383}})});
  EXPECT_EQ(MovesBetween(counts, from, same).slots, 0);
  const ClusterTopology other =
      Topology({ShardOf(NodeAt("x", 3), {{0, 99}}),
                ShardOf(NodeAt("b", 7), {{100, 16383}})});
  EXPECT_EQ(MovesBetween(counts, from, other).slots, 100);
}

TEST(MovesBetweenTest, CountsSlotsThatGetOrLoseTheirOnlyOwner) {
  const ClusterTopology all = Topology({ShardOf(NodeAt("a", 1), {{0, 16383}})});
  const ClusterTopology half = Topology({ShardOf(NodeAt("a", 1), {{0, 8191}})});
  EXPECT_EQ(MovesBetween(KeyCounts(), half, all).slots, 8192);
  EXPECT_EQ(MovesBetween(KeyCounts(), all, half).slots, 8192);
}

}  // namespace
}  // namespace slotplanner
