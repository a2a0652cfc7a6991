// SPDX-License-Identifier: Apache-2.0
#include "service/topology/topology_refresher.h"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/commands/command_catalog.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/topology_source.h"
#include "service/topology/topology_store.h"

namespace slotplanner {
namespace {

using ::testing::ElementsAre;

ClusterReading ReadingOf(int shard_count) {
  return {.topology = std::make_shared<const ClusterTopology>(
              MakeEvenTopology(shard_count)),
          .catalog = CommandCatalog::Redis70()};
}

// Gives what it was made with, one after the other, then the last again.
class ListSource final : public TopologySource {
 public:
  explicit ListSource(std::vector<absl::StatusOr<ClusterReading>> readings)
      : readings_(std::move(readings)) {}

  absl::StatusOr<ClusterReading> Read(absl::Time /*deadline*/) override {
    if (next_ + 1 < readings_.size()) return readings_[next_++];
    return readings_[next_];
  }

 private:
  const std::vector<absl::StatusOr<ClusterReading>> readings_;
  size_t next_ = 0;
};

// Writes down what it hears, and lets a test wait for a number of events.
class Diary final : public RefreshObserver {
 public:
  void OnRefreshSucceeded(const ClusterSnapshot& snapshot, bool changed,
                          absl::Duration /*duration*/) override {
    Add((changed ? "changed to " : "still ") +
        std::to_string(snapshot.topology->shards().size()));
  }

  void OnRefreshFailed(const absl::Status& status,
                       absl::Duration /*duration*/) override {
    Add(std::string(status.message()));
  }

  // The first `count` events, once there are so many.
  std::vector<std::string> WaitFor(size_t count) {
    std::unique_lock lock(mutex_);
    added_.wait(lock, [&] { return events_.size() >= count; });
    return {events_.begin(), events_.begin() + static_cast<int>(count)};
  }

 private:
  void Add(std::string event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    added_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable added_;
  std::vector<std::string> events_;  // Guarded by mutex_.
};

TopologyRefresher::Options Quick() {
  return {.interval = absl::Microseconds(100),
          .timeout = absl::Seconds(1),
          .min_backoff = absl::Microseconds(10),
          .max_backoff = absl::Microseconds(100)};
}

TEST(TopologyRefresherTest, PublishesWhatTheSourceReads) {
  TopologyStore store;
  Diary diary;
  const TopologyRefresher refresher(
      std::make_unique<ListSource>(
          std::vector<absl::StatusOr<ClusterReading>>{ReadingOf(3)}),
      &store, &diary, {.interval = absl::Hours(1)});
  EXPECT_THAT(diary.WaitFor(1), ElementsAre("changed to 3"));
  ASSERT_NE(store.Current(), nullptr);
  EXPECT_EQ(store.Current()->topology->shards().size(), 3u);
}

TEST(TopologyRefresherTest, SaysWhetherTheTopologyChanged) {
  TopologyStore store;
  Diary diary;
  const TopologyRefresher refresher(
      std::make_unique<ListSource>(std::vector<absl::StatusOr<ClusterReading>>{
          ReadingOf(3), ReadingOf(3), ReadingOf(4), ReadingOf(4)}),
      &store, &diary, Quick());
  EXPECT_THAT(diary.WaitFor(4), ElementsAre("changed to 3", "still 3",
                                            "changed to 4", "still 4"));
}

// Rule G5.
TEST(TopologyRefresherTest, KeepsTheLastSnapshotThroughFailuresAndRecovers) {
  TopologyStore store;
  Diary diary;
  const TopologyRefresher refresher(
      std::make_unique<ListSource>(std::vector<absl::StatusOr<ClusterReading>>{
          absl::UnavailableError("starting"), ReadingOf(3),
          absl::UnavailableError("down"), absl::UnavailableError("down"),
          ReadingOf(3)}),
      &store, &diary, Quick());
  EXPECT_THAT(diary.WaitFor(5), ElementsAre("starting", "changed to 3", "down",
                                            "down", "still 3"));
  EXPECT_EQ(store.Current()->topology->shards().size(), 3u);
}

TEST(TopologyRefresherTest, StopsAtOnceWhileItWaits) {
  TopologyStore store;
  Diary diary;
  const TopologyRefresher refresher(
      std::make_unique<ListSource>(
          std::vector<absl::StatusOr<ClusterReading>>{ReadingOf(1)}),
      &store, &diary, {.interval = absl::InfiniteDuration()});
  diary.WaitFor(1);
}

// For ThreadSanitizer: readers take snapshots while they are replaced.
TEST(TopologyRefresherTest, ReadersSeeWholeSnapshotsWhileTopologiesChange) {
  TopologyStore store;
  Diary diary;
  std::vector<absl::StatusOr<ClusterReading>> readings;
  for (int i = 0; i < 200; ++i) {
    readings.push_back(ReadingOf(1 + i % 7));
    readings.push_back(absl::UnavailableError("down"));
  }
  std::atomic<bool> done = false;
  std::vector<std::jthread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        const std::shared_ptr<const ClusterSnapshot> snapshot = store.Current();
        if (snapshot == nullptr) continue;
        EXPECT_EQ(snapshot->topology->unassigned_slot_count(), 0);
        EXPECT_NE(snapshot->catalog->Find("get"), nullptr);
      }
    });
  }
  {
    const TopologyRefresher refresher(
        std::make_unique<ListSource>(std::move(readings)), &store, &diary,
        Quick());
    diary.WaitFor(400);
  }
  done = true;
}

constexpr double kMiddle = 0.5;  // No jitter.

TEST(DelayUntilNextRefreshTest, IsTheIntervalAfterASuccess) {
  EXPECT_EQ(DelayUntilNextRefresh({.interval = absl::Seconds(10)}, 0, kMiddle),
            absl::Seconds(10));
}

TEST(DelayUntilNextRefreshTest, DoublesWithEachFailureUpToTheLimit) {
  const TopologyRefresher::Options options{
      .interval = absl::Seconds(10),
      .min_backoff = absl::Milliseconds(100),
      .max_backoff = absl::Seconds(1)};
  const auto delay = [&](int failures) {
    return DelayUntilNextRefresh(options, failures, kMiddle);
  };
  EXPECT_EQ(delay(1), absl::Milliseconds(100));
  EXPECT_EQ(delay(2), absl::Milliseconds(200));
  EXPECT_EQ(delay(4), absl::Milliseconds(800));
  EXPECT_EQ(delay(5), absl::Seconds(1));
  EXPECT_EQ(delay(1'000'000), absl::Seconds(1));
}

TEST(DelayUntilNextRefreshTest, IsNeverLongerAfterAFailureThanAfterASuccess) {
  EXPECT_EQ(
      DelayUntilNextRefresh({.interval = absl::Milliseconds(50)}, 9, kMiddle),
      absl::Milliseconds(50));
}

TEST(DelayUntilNextRefreshTest, JitterIsTenPercentEitherWay) {
  const TopologyRefresher::Options options{.interval = absl::Seconds(10)};
  EXPECT_EQ(DelayUntilNextRefresh(options, 0, 0.0), absl::Seconds(9));
  EXPECT_EQ(DelayUntilNextRefresh(options, 0, 0.75), absl::Milliseconds(10500));
  EXPECT_LT(DelayUntilNextRefresh(options, 0, 0.999), absl::Seconds(11));
}

}  // namespace
}  // namespace slotplanner
