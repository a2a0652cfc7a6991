// SPDX-License-Identifier: Apache-2.0
#include "service/topology/topology_refresher.h"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <future>
#include <memory>
#include <mutex>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/commands/command_catalog.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/refresh_cycle.h"
#include "service/topology/refresh_requests.h"
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
  void OnRefreshSucceeded(const RefreshReport& report) override {
    Add((report.has_new_topology ? "changed to " : "still ") +
        std::to_string(report.snapshot->topology->shards().size()));
  }

  void OnRefreshFailed(const absl::Status& status,
                       absl::Duration /*duration*/) override {
    Add(std::string(status.message()));
  }

  size_t count() {
    const std::lock_guard lock(mutex_);
    return events_.size();
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
  RefreshRequests requests;
  Diary diary;
  const TopologyRefresher refresher(
      std::make_unique<ListSource>(
          std::vector<absl::StatusOr<ClusterReading>>{ReadingOf(3)}),
      &store, &requests, &diary, {.interval = absl::Hours(1)});
  EXPECT_THAT(diary.WaitFor(1), ElementsAre("changed to 3"));
  ASSERT_NE(store.Current(), nullptr);
  EXPECT_EQ(store.Current()->topology->shards().size(), 3u);
}

TEST(TopologyRefresherTest, SaysWhetherTheTopologyChanged) {
  TopologyStore store;
  RefreshRequests requests;
  Diary diary;
  const TopologyRefresher refresher(
      std::make_unique<ListSource>(std::vector<absl::StatusOr<ClusterReading>>{
          ReadingOf(3), ReadingOf(3), ReadingOf(4), ReadingOf(4)}),
      &store, &requests, &diary, Quick());
  EXPECT_THAT(diary.WaitFor(4), ElementsAre("changed to 3", "still 3",
                                            "changed to 4", "still 4"));
}

// Rule G5.
TEST(TopologyRefresherTest, KeepsTheLastSnapshotThroughFailuresAndRecovers) {
  TopologyStore store;
  RefreshRequests requests;
  Diary diary;
  const TopologyRefresher refresher(
      std::make_unique<ListSource>(std::vector<absl::StatusOr<ClusterReading>>{
          absl::UnavailableError("starting"), ReadingOf(3),
          absl::UnavailableError("down"), absl::UnavailableError("down"),
          ReadingOf(3)}),
      &store, &requests, &diary, Quick());
  EXPECT_THAT(diary.WaitFor(5), ElementsAre("starting", "changed to 3", "down",
                                            "down", "still 3"));
  EXPECT_EQ(store.Current()->topology->shards().size(), 3u);
}

TEST(TopologyRefresherTest, StopsAtOnceWhileItWaits) {
  TopologyStore store;
  RefreshRequests requests;
  Diary diary;
  const TopologyRefresher refresher(
      std::make_unique<ListSource>(
          std::vector<absl::StatusOr<ClusterReading>>{ReadingOf(1)}),
      &store, &requests, &diary, {.interval = absl::InfiniteDuration()});
  diary.WaitFor(1);
}

// For ThreadSanitizer: readers take snapshots while they are replaced.
TEST(TopologyRefresherTest, ReadersSeeWholeSnapshotsWhileTopologiesChange) {
  TopologyStore store;
  RefreshRequests requests;
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
        std::make_unique<ListSource>(std::move(readings)), &store, &requests,
        &diary, Quick());
    diary.WaitFor(400);
  }
  done = true;
}

// Refreshes for nobody else's reasons.
TopologyRefresher::Options OnRequestOnly() {
  return {.interval = absl::InfiniteDuration(),
          .min_interval = absl::Microseconds(1)};
}

TEST(TopologyRefresherTest, RefreshesWhenAsked) {
  TopologyStore store;
  RefreshRequests requests;
  Diary diary;
  const TopologyRefresher refresher(
      std::make_unique<ListSource>(std::vector<absl::StatusOr<ClusterReading>>{
          ReadingOf(3), ReadingOf(4)}),
      &store, &requests, &diary, OnRequestOnly());
  diary.WaitFor(1);
  requests.Request();
  EXPECT_THAT(diary.WaitFor(2), ElementsAre("changed to 3", "changed to 4"));
}

TEST(TopologyRefresherTest, CallsBackAfterTheRefreshWellOrBadly) {
  TopologyStore store;
  RefreshRequests requests;
  Diary diary;
  const TopologyRefresher refresher(
      std::make_unique<ListSource>(std::vector<absl::StatusOr<ClusterReading>>{
          ReadingOf(3), ReadingOf(4), absl::UnavailableError("down")}),
      &store, &requests, &diary, OnRequestOnly());
  diary.WaitFor(1);
  const auto refresh = [&] {
    const auto seen = std::make_shared<std::promise<size_t>>();
    requests.Request([&store, seen] {
      seen->set_value(store.Current()->topology->shards().size());
    });
    return seen->get_future().get();
  };
  EXPECT_EQ(refresh(), 4u);
  EXPECT_EQ(refresh(), 4u);
  EXPECT_THAT(diary.WaitFor(3),
              ElementsAre("changed to 3", "changed to 4", "down"));
}

// A source whose reads wait for a word, one each.
class HeldSource final : public TopologySource {
 public:
  explicit HeldSource(std::counting_semaphore<>* words) : words_(words) {}

  absl::StatusOr<ClusterReading> Read(absl::Time /*deadline*/) override {
    words_->acquire();
    return ReadingOf(++reads_);
  }

 private:
  std::counting_semaphore<>* const words_;
  int reads_ = 0;
};

TEST(TopologyRefresherTest, ARequestDuringARefreshIsServedByTheNextOne) {
  TopologyStore store;
  RefreshRequests requests;
  Diary diary;
  std::counting_semaphore<> words(0);
  const TopologyRefresher refresher(std::make_unique<HeldSource>(&words),
                                    &store, &requests, &diary, OnRequestOnly());
  words.release();
  diary.WaitFor(1);
  std::promise<size_t> seen;
  // The second refresh asks for a third from within.
  requests.Request([&] {
    requests.Request(
        [&] { seen.set_value(store.Current()->topology->shards().size()); });
  });
  words.release();
  diary.WaitFor(2);
  words.release();
  EXPECT_EQ(seen.get_future().get(), 3u);
}

TEST(TopologyRefresherTest, AMillionRequestsCostOneRefreshPerMinInterval) {
  TopologyStore store;
  RefreshRequests requests;
  Diary diary;
  const absl::Time begin = absl::Now();
  constexpr absl::Duration kMinInterval = absl::Milliseconds(100);
  {
    const TopologyRefresher refresher(
        std::make_unique<ListSource>(
            std::vector<absl::StatusOr<ClusterReading>>{ReadingOf(3)}),
        &store, &requests, &diary,
        {.interval = absl::InfiniteDuration(), .min_interval = kMinInterval});
    std::vector<std::jthread> callers;
    for (int i = 0; i < 4; ++i) {
      callers.emplace_back([&] {
        for (int j = 0; j < 250'000; ++j) requests.Request();
      });
    }
    callers.clear();
    diary.WaitFor(2);
  }
  const auto limit = (absl::Now() - begin) / kMinInterval;
  EXPECT_LE(static_cast<double>(diary.count()), 1 + limit);
}

TEST(TopologyRefresherTest, CallsBackThoseWhoWaitWhenItStops) {
  TopologyStore store;
  RefreshRequests requests;
  Diary diary;
  int calls = 0;
  {
    const TopologyRefresher refresher(
        std::make_unique<ListSource>(
            std::vector<absl::StatusOr<ClusterReading>>{ReadingOf(1)}),
        &store, &requests, &diary,
        {.interval = absl::InfiniteDuration(), .min_interval = absl::Hours(1)});
    diary.WaitFor(1);
    requests.Request([&] { ++calls; });
  }
  EXPECT_EQ(calls, 1);
  requests.Request([&] { ++calls; });
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace slotplanner
