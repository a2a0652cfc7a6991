// SPDX-License-Identifier: Apache-2.0
#include "service/topology/topology_store.h"

#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/time.h"
#include "service/commands/command_catalog.h"
#include "service/slots/hash_slot.h"
#include "service/topology/cluster_topology.h"

namespace slotplanner {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

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

// Remembers the topologies that it hears of, as their numbers of shards.
class Diary final : public TopologyWatcher {
 public:
  void OnTopology(std::shared_ptr<const ClusterSnapshot> snapshot) override {
    heard_.push_back(snapshot->topology->shards().size());
  }

  const std::vector<size_t>& heard() const { return heard_; }

 private:
  std::vector<size_t> heard_;
};

TEST(TopologyStoreTest, TellsAWatcherTheNewestSnapshotAndEachChange) {
  TopologyStore store;
  store.Publish(SnapshotOf(1));
  store.Publish(SnapshotOf(2));
  Diary diary;
  store.Watch(&diary);
  EXPECT_THAT(diary.heard(), ElementsAre(2));
  store.Publish(SnapshotOf(3));
  store.Publish(SnapshotOf(2));
  EXPECT_THAT(diary.heard(), ElementsAre(2, 3, 2));
  store.Unwatch(&diary);
}

TEST(TopologyStoreTest, TellsAWatcherNothingBeforeTheFirstPublish) {
  TopologyStore store;
  Diary diary;
  store.Watch(&diary);
  EXPECT_THAT(diary.heard(), IsEmpty());
  store.Publish(SnapshotOf(1));
  EXPECT_THAT(diary.heard(), ElementsAre(1));
  store.Unwatch(&diary);
}

TEST(TopologyStoreTest, TellsNothingToThoseWhoLeft) {
  TopologyStore store;
  Diary stays;
  Diary leaves;
  store.Watch(&stays);
  store.Watch(&leaves);
  EXPECT_EQ(store.watcher_count(), 2u);
  store.Unwatch(&leaves);
  store.Unwatch(&leaves);  // No effect.
  EXPECT_EQ(store.watcher_count(), 1u);
  store.Publish(SnapshotOf(1));
  EXPECT_THAT(stays.heard(), ElementsAre(1));
  EXPECT_THAT(leaves.heard(), IsEmpty());

  store.Watch(&leaves);
  EXPECT_THAT(leaves.heard(), ElementsAre(1));
  store.Unwatch(&leaves);
  store.Unwatch(&stays);
}

TEST(TopologyStoreTest, TellsOfOtherMigrationsAndCommandsToo) {
  TopologyStore store;
  ClusterSnapshot snapshot = *SnapshotOf(2);
  const auto publish = [&] {
    store.Publish(std::make_shared<const ClusterSnapshot>(snapshot));
  };
  publish();
  Diary diary;
  store.Watch(&diary);

  const std::vector<Shard>& shards = snapshot.topology->shards();
  snapshot.migrations = {{.slot = *HashSlot::FromNumber(0),
                          .source_node_id = shards[0].primary.node_id,
                          .target_node_id = shards[1].primary.node_id}};
  publish();
  EXPECT_THAT(diary.heard(), ElementsAre(2, 2));
  snapshot.catalog = std::make_shared<CommandCatalog>(*snapshot.catalog);
  publish();
  EXPECT_THAT(diary.heard(), ElementsAre(2, 2, 2));
  store.Unwatch(&diary);
}

TEST(TopologyStoreTest, DoesNotTellThatTheClusterConfirmedTheTopology) {
  TopologyStore store;
  ClusterSnapshot snapshot = *SnapshotOf(2);
  store.Publish(std::make_shared<const ClusterSnapshot>(snapshot));
  Diary diary;
  store.Watch(&diary);
  snapshot.topology = SnapshotOf(2)->topology;  // Equal, another object.
  snapshot.confirm_time += absl::Seconds(10);
  snapshot.asked_node_count = 5;
  snapshot.agreeing_node_count = 4;
  store.Publish(std::make_shared<const ClusterSnapshot>(snapshot));
  EXPECT_THAT(diary.heard(), ElementsAre(2));
  EXPECT_EQ(store.Current()->asked_node_count, 5);
  store.Unwatch(&diary);
}

// Stays in its call until it is let go.
class Lingerer final : public TopologyWatcher {
 public:
  void OnTopology(std::shared_ptr<const ClusterSnapshot> /*unused*/) override {
    entered_.set_value();
    leave_.get_future().wait();
  }

  void WaitUntilEntered() { entered_.get_future().wait(); }
  void LetGo() { leave_.set_value(); }

 private:
  std::promise<void> entered_;
  std::promise<void> leave_;
};

TEST(TopologyStoreTest, ServesRequestsAndWatchersWhileItTellsOne) {
  TopologyStore store;
  Lingerer lingerer;
  store.Watch(&lingerer);
  std::jthread publisher([&] { store.Publish(SnapshotOf(3)); });
  lingerer.WaitUntilEntered();

  EXPECT_EQ(store.Current()->topology->shards().size(), 3u);
  Diary diary;
  store.Watch(&diary);
  EXPECT_THAT(diary.heard(), ElementsAre(3));
  store.Unwatch(&diary);

  lingerer.LetGo();
  publisher.join();
  store.Unwatch(&lingerer);
}

TEST(TopologyStoreTest, UnwatchWaitsForTheCallUnderWay) {
  TopologyStore store;
  Lingerer lingerer;
  store.Watch(&lingerer);
  std::jthread publisher([&] { store.Publish(SnapshotOf(3)); });
  lingerer.WaitUntilEntered();
  std::future<void> unwatched =
      std::async(std::launch::async, [&] { store.Unwatch(&lingerer); });
  // A wrong one could pass by chance; a right one never fails.
  EXPECT_EQ(unwatched.wait_for(std::chrono::milliseconds(50)),
            std::future_status::timeout);
  lingerer.LetGo();
  unwatched.wait();
  EXPECT_EQ(store.watcher_count(), 0u);
}

}  // namespace
}  // namespace slotplanner
