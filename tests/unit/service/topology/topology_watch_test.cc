// SPDX-License-Identifier: Apache-2.0
#include "service/topology/topology_watch.h"

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/time.h"
#include "service/commands/command_catalog.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/topology_store.h"

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

// Writes down what it begins to send, as numbers of shards. A slow one leaves
// `OnSent` to the test.
class Consumer final : public TopologyWatch {
 public:
  explicit Consumer(bool is_slow) : is_slow_(is_slow) {}

  const std::vector<size_t>& sends() const { return sends_; }
  int ends() const { return ends_; }

 private:
  void StartSend(std::shared_ptr<const ClusterSnapshot> snapshot) override {
    sends_.push_back(snapshot->topology->shards().size());
    if (!is_slow_) OnSent();
  }
  void OnEnded() override { ++ends_; }

  const bool is_slow_;
  std::vector<size_t> sends_;
  int ends_ = 0;
};

TEST(TopologyWatchTest, SendsEachTopologyToAFastConsumer) {
  Consumer consumer(false);
  for (const int i : {1, 2, 3}) consumer.OnTopology(SnapshotOf(i));
  EXPECT_THAT(consumer.sends(), ElementsAre(1, 2, 3));
}

TEST(TopologyWatchTest, ASlowConsumerSkipsToTheNewest) {
  Consumer consumer(true);
  for (const int i : {1, 2, 3, 4}) consumer.OnTopology(SnapshotOf(i));
  EXPECT_THAT(consumer.sends(), ElementsAre(1));
  consumer.OnSent();
  EXPECT_THAT(consumer.sends(), ElementsAre(1, 4));
  consumer.OnSent();
  EXPECT_THAT(consumer.sends(), ElementsAre(1, 4));
  consumer.OnTopology(SnapshotOf(5));
  EXPECT_THAT(consumer.sends(), ElementsAre(1, 4, 5));
}

TEST(TopologyWatchTest, KeepsNothingButTheNewest) {
  Consumer consumer(true);
  consumer.OnTopology(SnapshotOf(1));
  std::vector<std::weak_ptr<const ClusterSnapshot>> sent;
  for (const int i : {2, 3, 4}) {
    auto snapshot = SnapshotOf(i);
    sent.push_back(snapshot);
    consumer.OnTopology(std::move(snapshot));
  }
  EXPECT_TRUE(sent[0].expired());
  EXPECT_TRUE(sent[1].expired());
  EXPECT_FALSE(sent[2].expired());
  consumer.End();
  EXPECT_TRUE(sent[2].expired());
}

TEST(TopologyWatchTest, EndsAtOnceWhenNothingIsBeingSent) {
  Consumer consumer(true);
  consumer.OnTopology(SnapshotOf(1));
  consumer.OnSent();
  consumer.End();
  EXPECT_EQ(consumer.ends(), 1);
  consumer.End();
  consumer.OnTopology(SnapshotOf(2));
  EXPECT_EQ(consumer.ends(), 1);
  EXPECT_THAT(consumer.sends(), ElementsAre(1));
}

TEST(TopologyWatchTest, EndsAfterTheSendUnderWay) {
  Consumer consumer(true);
  consumer.OnTopology(SnapshotOf(1));
  consumer.OnTopology(SnapshotOf(2));
  consumer.End();
  consumer.End();
  EXPECT_EQ(consumer.ends(), 0);
  consumer.OnSent();
  EXPECT_EQ(consumer.ends(), 1);
  EXPECT_THAT(consumer.sends(), ElementsAre(1));
}

TEST(TopologyWatchTest, MayEndBeforeItBegan) {
  Consumer consumer(false);
  consumer.End();
  EXPECT_EQ(consumer.ends(), 1);
  TopologyStore store;
  store.Publish(SnapshotOf(1));
  store.Watch(&consumer);
  store.Unwatch(&consumer);
  EXPECT_THAT(consumer.sends(), IsEmpty());
}

}  // namespace
}  // namespace slotplanner
