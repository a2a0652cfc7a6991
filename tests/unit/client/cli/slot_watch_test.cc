// SPDX-License-Identifier: Apache-2.0
#include "client/cli/slot_watch.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slotplanner::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

HashSlot Slot(int number) { return *HashSlot::FromNumber(number); }

SlotRange Range(int first, int last) { return {Slot(first), Slot(last)}; }

ClusterTopology TopologyOf(const std::vector<std::vector<SlotRange>>& ranges) {
  std::vector<Shard> shards;
  for (size_t i = 0; i < ranges.size(); ++i) {
    shards.push_back(
        {.slot_ranges = ranges[i],
         .primary = {.node_id = std::string(1, static_cast<char>('a' + i)),
                     .host = "h",
                     .port = static_cast<int>(i) + 1,
                     .zone = {}},
         .replicas = {}});
  }
  return *ClusterTopology::Make(std::move(shards));
}

TEST(SlotWatchTest, ATopologyThatStaysIsNoNews) {
  const auto topology = TopologyOf({{Range(0, 99)}, {Range(100, 16383)}});
  SlotWatch watch(topology);
  watch.SeeTopology(TopologyOf({{Range(0, 99)}, {Range(100, 16383)}}));
  watch.SeeShard(0, std::vector{Range(50, 99), Range(0, 49)});
  watch.SeeMigrations({});
  EXPECT_EQ(watch.count(), 0);
  EXPECT_THAT(watch.Ranges(), IsEmpty());
}

TEST(SlotWatchTest, SeesSlotsWithAnotherOwner) {
  const auto topology = TopologyOf({{Range(0, 99)}, {Range(100, 16383)}});
  SlotWatch watch(topology);
  watch.SeeTopology(TopologyOf({{Range(0, 89)}, {Range(92, 16383)}}));
  EXPECT_EQ(watch.count(), 10);
  EXPECT_THAT(watch.Ranges(), ElementsAre(Range(90, 99)));
}

TEST(SlotWatchTest, ANodeTellsOfItsOwnSlotsOnly) {
  const auto topology = TopologyOf({{Range(0, 99)}, {Range(100, 16383)}});
  SlotWatch watch(topology);
  // One has gone, one has come.
  watch.SeeShard(0, std::vector{Range(0, 98), Range(200, 200)});
  EXPECT_EQ(watch.count(), 2);
  EXPECT_THAT(watch.Ranges(), ElementsAre(Range(99, 99), Range(200, 200)));
}

TEST(SlotWatchTest, RemembersWhatHasMovedAndIsBack) {
  const auto topology = TopologyOf({{Range(0, 99)}, {Range(100, 16383)}});
  SlotWatch watch(topology);
  watch.SeeMigrations(std::vector<SlotMigration>{
      {.slot = Slot(5), .source_node_id = "a", .target_node_id = "b"}});
  watch.SeeShard(0, std::vector{Range(0, 98)});
  watch.SeeShard(0, std::vector{Range(0, 99)});
  watch.SeeTopology(topology);
  EXPECT_THAT(watch.Ranges(), ElementsAre(Range(5, 5), Range(99, 99)));
}

}  // namespace
}  // namespace slotplanner::cli
