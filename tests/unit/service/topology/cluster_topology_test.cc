// SPDX-License-Identifier: Apache-2.0
#include "service/topology/cluster_topology.h"

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/slots/hash_slot.h"

namespace slotplanner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

HashSlot Slot(int number) { return *HashSlot::FromNumber(number); }

SlotRange Range(int first, int last) { return {Slot(first), Slot(last)}; }

Node NodeOf(const std::string& id) {
  return {.node_id = id, .host = "10.0.0.1", .port = 6379, .zone = "z1"};
}

Shard ShardWith(std::vector<SlotRange> ranges, const std::string& id,
                std::vector<std::string> replica_ids = {}) {
  Shard shard{
      .slot_ranges = std::move(ranges), .primary = NodeOf(id), .replicas = {}};
  for (const std::string& replica_id : replica_ids) {
    shard.replicas.push_back(NodeOf(replica_id));
  }
  return shard;
}

ClusterTopology Make(std::vector<Shard> shards) {
  absl::StatusOr<ClusterTopology> topology =
      ClusterTopology::Make(std::move(shards));
  EXPECT_TRUE(topology.ok()) << topology.status();
  return *std::move(topology);
}

TEST(ClusterTopologyTest, FindsTheShardOfEachSlot) {
  const ClusterTopology topology = Make(
      {ShardWith({Range(0, 99)}, "a"), ShardWith({Range(100, 16383)}, "b")});
  EXPECT_EQ(topology.ShardIndexOf(Slot(0)), 0);
  EXPECT_EQ(topology.ShardIndexOf(Slot(99)), 0);
  EXPECT_EQ(topology.ShardIndexOf(Slot(100)), 1);
  EXPECT_EQ(topology.ShardOf(Slot(16383))->primary.node_id, "b");
  EXPECT_EQ(topology.unassigned_slot_count(), 0);
}

// Rule G4.
TEST(ClusterTopologyTest, UnassignedSlotsBelongToNoShard) {
  const ClusterTopology topology = Make({ShardWith({Range(10, 19)}, "a")});
  EXPECT_EQ(topology.ShardIndexOf(Slot(9)), -1);
  EXPECT_EQ(topology.ShardOf(Slot(20)), nullptr);
  EXPECT_EQ(topology.unassigned_slot_count(), 16374);
}

TEST(ClusterTopologyTest, NoShardAtAllIsATopologyToo) {
  EXPECT_EQ(Make({}).unassigned_slot_count(), 16384);
}

TEST(ClusterTopologyTest, PutsShardsReplicasAndRangesIntoCanonicalOrder) {
  const ClusterTopology topology =
      Make({ShardWith({}, "z"), ShardWith({Range(200, 299)}, "c"),
            ShardWith({}, "y"),
            ShardWith({Range(50, 99), Range(10, 19), Range(20, 29)}, "b",
                      {"r2", "r1"})});
  ASSERT_EQ(topology.shards().size(), 4u);
  EXPECT_EQ(topology.shards()[0],
            ShardWith({Range(10, 29), Range(50, 99)}, "b", {"r1", "r2"}));
  EXPECT_EQ(topology.shards()[1].primary.node_id, "c");
  EXPECT_EQ(topology.shards()[2].primary.node_id, "y");
  EXPECT_EQ(topology.shards()[3].primary.node_id, "z");
}

TEST(ClusterTopologyTest, RefusesASlotThatIsClaimedTwice) {
  const absl::Status status =
      ClusterTopology::Make(
          {ShardWith({Range(0, 100)}, "a"), ShardWith({Range(100, 200)}, "b")})
          .status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(status.message(), HasSubstr("Slot 100"));
  EXPECT_TRUE(absl::IsInvalidArgument(
      ClusterTopology::Make({ShardWith({Range(0, 9), Range(3, 5)}, "a")})
          .status()));
}

TEST(ClusterTopologyTest, RefusesANodeIdThatStandsTwice) {
  EXPECT_TRUE(absl::IsInvalidArgument(
      ClusterTopology::Make({ShardWith({}, "a"), ShardWith({}, "a")})
          .status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      ClusterTopology::Make({ShardWith({}, "a", {"a"})}).status()));
}

TEST(ClusterTopologyTest, RefusesMoreShardsThanAnIndexCanHold) {
  std::vector<Shard> shards;
  for (int i = 0; i < 32767; ++i) {
    shards.push_back(ShardWith({}, std::to_string(i)));
  }
  EXPECT_TRUE(ClusterTopology::Make(shards).ok());
  shards.push_back(ShardWith({}, "one more"));
  EXPECT_TRUE(absl::IsInvalidArgument(ClusterTopology::Make(shards).status()));
}

TEST(ClusterTopologyTest, TheVersionIsThatOfTheClusterNotOfTheView) {
  const std::string version =
      Make({ShardWith({Range(0, 99)}, "a", {"r1", "r2"}),
            ShardWith({Range(100, 199)}, "b")})
          .version();
  EXPECT_EQ(version.size(), 32u);
  EXPECT_EQ(Make({ShardWith({Range(100, 150), Range(151, 199)}, "b"),
                  ShardWith({Range(0, 99)}, "a", {"r2", "r1"})})
                .version(),
            version);
}

// Equal in every process and every release, for clients compare versions. The
// value was computed by another program, from the bytes
// "3,1,0,5460,40,00...019,127.0.0.17000,0,0," and so on.
TEST(ClusterTopologyTest, TheVersionOfAKnownTopologyIsKnown) {
  EXPECT_EQ(MakeEvenTopology(3).version(), "ad6f0eaf6707d4b50537fe733ac21e6f");
}

TEST(ClusterTopologyTest, TheVersionChangesWithAnythingThatClientsSee) {
  const auto base = [] {
    return std::vector<Shard>{ShardWith({Range(0, 99)}, "a", {"r1"}),
                              ShardWith({}, "b")};
  };
  const std::vector<std::function<void(std::vector<Shard>&)>> changes = {
      [](auto&) {},
      [](auto& shards) { shards[0].slot_ranges = {Range(0, 98)}; },
      [](auto& shards) {
        shards[0].slot_ranges = {Range(0, 9), Range(11, 99)};
      },
      [](auto& shards) { std::swap(shards[0].primary, shards[1].primary); },
      [](auto& shards) { std::swap(shards[0].primary, shards[0].replicas[0]); },
      [](auto& shards) { shards[0].primary.host = "10.0.0.2"; },
      [](auto& shards) { shards[0].primary.port = 6380; },
      [](auto& shards) { shards[0].primary.zone = "z2"; },
      [](auto& shards) { shards[0].primary.node_id = "c"; },
      [](auto& shards) { shards[0].replicas.clear(); },
      [](auto& shards) { shards[0].replicas.swap(shards[1].replicas); },
      [](auto& shards) { shards.pop_back(); },
      // The same bytes, divided otherwise.
      [](auto& shards) {
        shards[0].primary.node_id = "a10.0.0.1";
        shards[0].primary.host = "x";
      },
      [](auto& shards) {
        shards[0].primary.node_id = "a";
        shards[0].primary.host = "10.0.0.1x";
      },
  };
  std::set<std::string> versions;
  for (const auto& change : changes) {
    std::vector<Shard> shards = base();
    change(shards);
    EXPECT_TRUE(versions.insert(Make(std::move(shards)).version()).second);
  }
}

// redis-cli --cluster create prints "Master[1] -> Slots 5461 - 10922".
TEST(MakeEvenTopologyTest, DealsSlotsAsRedisCliDoes) {
  const ClusterTopology topology = MakeEvenTopology(3);
  ASSERT_EQ(topology.shards().size(), 3u);
  EXPECT_THAT(topology.shards()[0].slot_ranges, ElementsAre(Range(0, 5460)));
  EXPECT_THAT(topology.shards()[1].slot_ranges,
              ElementsAre(Range(5461, 10922)));
  EXPECT_THAT(topology.shards()[2].slot_ranges,
              ElementsAre(Range(10923, 16383)));
  EXPECT_EQ(topology.shards()[2].primary.host, "127.0.0.1");
  EXPECT_EQ(topology.shards()[2].primary.port, 7002);
  EXPECT_EQ(topology.shards()[2].primary.node_id.size(), 40u);
  EXPECT_THAT(topology.shards()[2].replicas, IsEmpty());
}

TEST(MakeEvenTopologyTest, AssignsAllSlotsEvenly) {
  for (int count = 1; count <= 1000; count += 1 + count / 10) {
    const ClusterTopology topology = MakeEvenTopology(count);
    ASSERT_EQ(topology.shards().size(), static_cast<size_t>(count));
    ASSERT_EQ(topology.unassigned_slot_count(), 0);
    for (const Shard& shard : topology.shards()) {
      ASSERT_GE(shard.slot_ranges[0].size(), kHashSlotCount / count);
      ASSERT_LE(shard.slot_ranges[0].size(), kHashSlotCount / count + 1);
    }
  }
}

}  // namespace
}  // namespace slotplanner
