// SPDX-License-Identifier: Apache-2.0
#include "service/topology/rebalanced_topology.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "service/slots/hash_slot.h"
#include "service/topology/cluster_topology.h"
#include "tests/support/random_seed.h"

namespace slotplanner {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

HashSlot Slot(int number) { return *HashSlot::FromNumber(number); }

Shard ShardWith(const std::string& id, std::vector<SlotRange> ranges,
                const std::vector<std::string>& replica_ids = {}) {
  Shard shard{.slot_ranges = std::move(ranges),
              .primary = {.node_id = id, .host = id, .port = 1, .zone = ""},
              .replicas = {}};
  for (const std::string& replica_id : replica_ids) {
    shard.replicas.push_back(
        {.node_id = replica_id, .host = replica_id, .port = 1, .zone = ""});
  }
  return shard;
}

ClusterTopology Make(std::vector<Shard> shards) {
  return *ClusterTopology::Make(std::move(shards));
}

int SizeOf(const Shard& shard) {
  int size = 0;
  for (const SlotRange& range : shard.slot_ranges) size += range.size();
  return size;
}

// How many slots have another owner in `after`; those without one in `before`
// do not move.
int MovedSlots(const ClusterTopology& before, const ClusterTopology& after) {
  int moved = 0;
  for (int slot = 0; slot < kHashSlotCount; ++slot) {
    const Shard* const owner = before.ShardOf(Slot(slot));
    if (owner != nullptr &&
        owner->primary.node_id != after.ShardOf(Slot(slot))->primary.node_id) {
      ++moved;
    }
  }
  return moved;
}

// The fewest slots that can move. Whichever shards stay and get the larger
// shares, a shard keeps at most the smaller of its size and its share; this is
// most when both, sorted, are paired.
int FewestMovedSlots(const ClusterTopology& before, int shard_count) {
  std::vector<int> sizes;
  for (const Shard& shard : before.shards()) sizes.push_back(SizeOf(shard));
  std::sort(sizes.rbegin(), sizes.rend());
  int fewest = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const int rank = static_cast<int>(i);
    const int share = kHashSlotCount / shard_count +
                      (rank < kHashSlotCount % shard_count ? 1 : 0);
    fewest += rank < shard_count ? std::max(0, sizes[i] - share) : sizes[i];
  }
  return fewest;
}

void ExpectRebalanced(const ClusterTopology& before, int shard_count) {
  const ClusterTopology after = RebalancedTopology(&before, shard_count);
  SCOPED_TRACE(absl::StrCat(before.shards().size(), " to ", shard_count));
  ASSERT_EQ(after.shards().size(), static_cast<size_t>(shard_count));
  EXPECT_EQ(after.unassigned_slot_count(), 0);
  const int share = kHashSlotCount / shard_count;
  for (const Shard& shard : after.shards()) {
    EXPECT_GE(SizeOf(shard), share);
    EXPECT_LE(SizeOf(shard), share + 1);
  }
  EXPECT_EQ(MovedSlots(before, after), FewestMovedSlots(before, shard_count));
  EXPECT_EQ(RebalancedTopology(&before, shard_count).version(),
            after.version());
  EXPECT_EQ(RebalancedTopology(&after, shard_count).version(), after.version());
}

TEST(RebalancedTopologyTest, DealsOutTheSlotsInOrderWithoutATopology) {
  EXPECT_EQ(RebalancedTopology(nullptr, 5).version(),
            MakeEvenTopology(5).version());
  const ClusterTopology empty = Make({});
  EXPECT_EQ(RebalancedTopology(&empty, 5).version(),
            MakeEvenTopology(5).version());
}

TEST(RebalancedTopologyTest, LeavesAnEvenTopologyAsItIs) {
  for (const int count : {1, 3, 7, 1000}) {
    const ClusterTopology even = MakeEvenTopology(count);
    EXPECT_EQ(RebalancedTopology(&even, count).version(), even.version());
  }
}

TEST(RebalancedTopologyTest, NewShardsGetTheEndsOfTheOthers) {
  const ClusterTopology before =
      Make({ShardWith("a", {{Slot(0), Slot(8191)}}, {"r"}),
            ShardWith("b", {{Slot(8192), Slot(16383)}})});
  const ClusterTopology after = RebalancedTopology(&before, 4);
  ASSERT_EQ(after.shards().size(), 4u);
  EXPECT_EQ(after.ShardOf(Slot(4095))->primary.node_id, "a");
  EXPECT_EQ(after.ShardOf(Slot(12287))->primary.node_id, "b");
  EXPECT_EQ(after.ShardOf(Slot(0))->replicas.size(), 1u);
  const Node& new_node = after.ShardOf(Slot(4096))->primary;
  EXPECT_EQ(new_node.host, "127.0.0.1");
  EXPECT_EQ(new_node.node_id.size(), 40u);
  EXPECT_EQ(after.ShardOf(Slot(8191))->primary, new_node);
  EXPECT_NE(after.ShardOf(Slot(16383))->primary, new_node);
}

TEST(RebalancedTopologyTest, ShardsWithTheFewestSlotsGo) {
  const ClusterTopology before =
      Make({ShardWith("a", {{Slot(0), Slot(99)}}),
            ShardWith("b", {{Slot(100), Slot(199)}}),
            ShardWith("c", {{Slot(200), Slot(10'000)}}),
            ShardWith("d", {{Slot(10'001), Slot(16'383)}})});
  const auto ids = [&before](int shard_count) {
    std::vector<std::string> primaries;
    const ClusterTopology after = RebalancedTopology(&before, shard_count);
    for (const Shard& shard : after.shards()) {
      primaries.push_back(shard.primary.node_id);
    }
    return primaries;
  };
  EXPECT_THAT(ids(3), ElementsAre("a", "c", "d"));  // Of a and b, the last.
  EXPECT_THAT(ids(2), UnorderedElementsAre("c", "d"));
  EXPECT_THAT(ids(1), ElementsAre("c"));
}

TEST(RebalancedTopologyTest, NewNodesAreUnlikeTheOthers) {
  // Its nodes have the IDs and addresses that come first to mind.
  const ClusterTopology before = MakeEvenTopology(3);
  const ClusterTopology after = RebalancedTopology(&before, 6);
  std::set<std::string> ids;
  std::set<int> ports;
  for (const Shard& shard : after.shards()) {
    ids.insert(shard.primary.node_id);
    ports.insert(shard.primary.port);
  }
  EXPECT_EQ(ids.size(), 6u);
  EXPECT_EQ(ports.size(), 6u);
}

TEST(RebalancedTopologyTest, MovesNoMoreSlotsThanItMust) {
  std::mt19937_64 random(RandomSeed());
  for (int run = 0; run < 60; ++run) {
    // Some shards own many stretches, some none; some slots have no owner.
    const int before_count = 1 + static_cast<int>(random() % 12);
    std::vector<Shard> shards;
    shards.reserve(static_cast<size_t>(before_count));
    for (int i = 0; i < before_count; ++i) {
      shards.push_back(ShardWith(absl::StrCat("node-", i), {}));
    }
    const size_t longest = 1 + random() % 4000;
    for (int slot = 0; slot < kHashSlotCount;) {
      const int last = std::min(slot + static_cast<int>(random() % longest),
                                kHashSlotCount - 1);
      if (random() % 8 != 0) {
        shards[random() % shards.size()].slot_ranges.push_back(
            {Slot(slot), Slot(last)});
      }
      slot = last + 1;
    }
    const ClusterTopology before = Make(std::move(shards));
    ExpectRebalanced(before, 1 + static_cast<int>(random() % 20));
  }
  ExpectRebalanced(MakeEvenTopology(3), 1000);
  ExpectRebalanced(MakeEvenTopology(1000), 3);
}

}  // namespace
}  // namespace slotplanner
