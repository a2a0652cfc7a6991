// SPDX-License-Identifier: Apache-2.0
#include "service/topology/topology_store.h"

#include <memory>

#include <gtest/gtest.h>

#include "absl/time/time.h"
#include "service/commands/command_catalog.h"
#include "service/topology/cluster_topology.h"

namespace slotplanner {
namespace {

std::shared_ptr<const ClusterSnapshot> SnapshotOf(int shard_count) {
  return std::make_shared<const ClusterSnapshot>(
      ClusterSnapshot{.topology = std::make_shared<const ClusterTopology>(
                          MakeEvenTopology(shard_count)),
                      .catalog = CommandCatalog::Redis70(),
                      .confirm_time = absl::UnixEpoch()});
}

TEST(TopologyStoreTest, HasNothingBeforeTheFirstPublish) {
  EXPECT_EQ(TopologyStore().Current(), nullptr);
}

TEST(TopologyStoreTest, GivesTheNewestSnapshot) {
  TopologyStore store;
  const auto first = SnapshotOf(1);
  const auto second = SnapshotOf(2);
  store.Publish(first);
  EXPECT_EQ(store.Current(), first);
  store.Publish(second);
  EXPECT_EQ(store.Current(), second);
}

TEST(TopologyStoreTest, KeepsNoSnapshotThatNobodyUses) {
  TopologyStore store;
  store.Publish(SnapshotOf(1));
  const std::weak_ptr<const ClusterSnapshot> old = store.Current();
  store.Publish(SnapshotOf(2));
  EXPECT_TRUE(old.expired());
}

}  // namespace
}  // namespace slotplanner
