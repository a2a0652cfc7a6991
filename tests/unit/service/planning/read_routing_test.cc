// SPDX-License-Identifier: Apache-2.0
#include "service/planning/read_routing.h"

#include <set>

#include <gtest/gtest.h>

#include "tests/support/plan_fixture.h"

namespace slotplanner {
namespace {

HashSlot Slot(int number) { return *HashSlot::FromNumber(number); }

int PortForRead(int slot, ReadPreference preference, std::string_view zone) {
  const ClusterSnapshot snapshot = ThreeShards();
  return NodeForRead(*snapshot.topology->ShardOf(Slot(slot)), Slot(slot),
                     preference, zone)
      .port;
}

TEST(NodeForReadTest, TakesThePrimaryByDefault) {
  EXPECT_EQ(PortForRead(0, ReadPreference::kPrimary, "b"), 7000);
}

TEST(NodeForReadTest, SpreadsTheSlotsOfAShardOverItsReplicas) {
  std::set<int> ports;
  for (const int slot : {0, 1, 2, 3}) {
    ports.insert(PortForRead(slot, ReadPreference::kReplica, ""));
  }
  EXPECT_EQ(ports, (std::set<int>{7100, 7200}));
}

TEST(NodeForReadTest, TakesTheSameReplicaForTheSameSlot) {
  EXPECT_EQ(PortForRead(8, ReadPreference::kReplica, ""),
            PortForRead(8, ReadPreference::kReplica, ""));
}

TEST(NodeForReadTest, TakesTheReplicaInTheCallersZone) {
  EXPECT_EQ(PortForRead(0, ReadPreference::kNearest, "b"), 7100);
  EXPECT_EQ(PortForRead(0, ReadPreference::kNearest, "c"), 7200);
}

TEST(NodeForReadTest, TakesThePrimaryInTheCallersZoneWithoutAReplicaThere) {
  EXPECT_EQ(PortForRead(0, ReadPreference::kNearest, "a"), 7000);
}

TEST(NodeForReadTest, TakesAnyReplicaWhenTheZoneIsEmptyOrElsewhere) {
  EXPECT_EQ(PortForRead(0, ReadPreference::kNearest, ""), 7100);
  EXPECT_EQ(PortForRead(1, ReadPreference::kNearest, "z"), 7200);
}

TEST(NodeForReadTest, TakesThePrimaryWhenThereIsNoReplica) {
  const ClusterTopology topology = MakeEvenTopology(1);
  for (const auto preference :
       {ReadPreference::kReplica, ReadPreference::kNearest}) {
    EXPECT_EQ(&NodeForRead(topology.shards()[0], Slot(0), preference, "a"),
              &topology.shards()[0].primary);
  }
}

}  // namespace
}  // namespace slotplanner
