// SPDX-License-Identifier: Apache-2.0
// The moving parts of the map ring under many threads at once, for
// ThreadSanitizer; what each promises alone is in the tests of each.
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <queue>
#include <random>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/commands/command_catalog.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/refresh_cycle.h"
#include "service/topology/refresh_requests.h"
#include "service/topology/topology_refresher.h"
#include "service/topology/topology_source.h"
#include "service/topology/topology_store.h"
#include "service/topology/topology_watch.h"
#include "tests/support/random_seed.h"

namespace slotplanner {
namespace {

// Another topology at each read, and now and then an error: snapshot i has i
// nodes asked, so that order shows.
class RestlessSource final : public TopologySource {
 public:
  absl::StatusOr<ClusterReading> Read(absl::Time /*deadline*/) override {
    ++reads_;
    if (reads_ % 5 == 0) return absl::UnavailableError("down");
    return ClusterReading{.topology = topologies_[reads_ % topologies_.size()],
                          .catalog = CommandCatalog::Redis70(),
                          .asked_node_count = static_cast<int>(reads_),
                          .is_settled = reads_ % 3 != 0};
  }

 private:
  const std::vector<std::shared_ptr<const ClusterTopology>> topologies_ = {
      std::make_shared<const ClusterTopology>(MakeEvenTopology(1)),
      std::make_shared<const ClusterTopology>(MakeEvenTopology(2)),
      std::make_shared<const ClusterTopology>(MakeEvenTopology(3))};
  size_t reads_ = 0;
};

// Lets a test wait for a number of refreshes.
class CountingObserver final : public RefreshObserver {
 public:
  void OnRefreshSucceeded(const RefreshReport& /*report*/) override { Count(); }
  void OnRefreshFailed(const absl::Status& /*status*/,
                       absl::Duration /*duration*/) override {
    Count();
  }

  void WaitFor(int count) {
    std::unique_lock lock(mutex_);
    counted_.wait(lock, [&] { return count_ >= count; });
  }

 private:
  void Count() {
    const std::lock_guard lock(mutex_);
    ++count_;
    counted_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable counted_;
  int count_ = 0;  // Guarded by mutex_.
};

RefreshOptions Quick() {
  return {.interval = absl::Microseconds(200),
          .timeout = absl::Seconds(1),
          .min_interval = absl::Microseconds(50),
          .min_backoff = absl::Microseconds(10),
          .max_backoff = absl::Microseconds(100),
          .max_unsettled_interval = absl::Microseconds(100)};
}

// Runs what it is given on a thread of its own, as gRPC finishes its sends.
class Completions {
 public:
  void Add(std::function<void()> work) {
    {
      const std::lock_guard lock(mutex_);
      queue_.push(std::move(work));
    }
    added_.notify_one();
  }

 private:
  void Run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (added_.wait(lock, stop, [this] { return !queue_.empty(); })) {
      const std::function<void()> work = std::move(queue_.front());
      queue_.pop();
      lock.unlock();
      work();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable_any added_;
  std::queue<std::function<void()>> queue_;  // Guarded by mutex_.
  std::jthread thread_{[this](const std::stop_token& stop) { Run(stop); }};
};

// A stream to a client. Checks that sends do not overlap and that topologies
// never go back; its plain fields are for ThreadSanitizer, too.
class Stream final : public TopologyWatch {
 public:
  explicit Stream(Completions* completions) : completions_(completions) {}

  void WaitUntilEnded() {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return has_ended_; });
  }
  int last_sent() const { return last_sent_; }

 private:
  void StartSend(std::shared_ptr<const ClusterSnapshot> snapshot) override {
    EXPECT_FALSE(is_sending_.exchange(true));
    EXPECT_LT(last_sent_, snapshot->asked_node_count);
    last_sent_ = snapshot->asked_node_count;
    completions_->Add([this] {
      is_sending_ = false;
      OnSent();
    });
  }
  void OnEnded() override {
    EXPECT_FALSE(is_sending_);
    const std::lock_guard lock(mutex_);
    has_ended_ = true;
    ended_.notify_one();  // Under the lock: whoever waits destroys this.
  }

  Completions* const completions_;
  std::atomic<bool> is_sending_ = false;
  int last_sent_ = 0;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool has_ended_ = false;  // Guarded by mutex_.
};

TEST(TopologyThreadsTest, HoldsTogetherWhileAllHappensAtOnce) {
  const uint64_t seed = RandomSeed();
  TopologyStore store;
  RefreshRequests requests;
  CountingObserver observer;
  Completions completions;
  std::atomic<int> called_back = 0;
  std::atomic<int> wanted_back = 0;
  std::atomic<int> streams_with_sends = 0;
  {
    TopologyRefresher refresher(std::make_unique<RestlessSource>(), &store,
                                &requests, &observer, Quick());
    std::atomic<bool> done = false;
    std::vector<std::jthread> threads;
    // Requests that read.
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&] {
        int newest = 0;
        while (!done) {
          std::this_thread::yield();
          const auto snapshot = store.Current();
          if (snapshot == nullptr) continue;
          EXPECT_GE(snapshot->asked_node_count, newest);
          newest = snapshot->asked_node_count;
          EXPECT_EQ(snapshot->topology->unassigned_slot_count(), 0);
        }
      });
    }
    // Streams that come and go.
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&, i] {
        std::mt19937_64 random(seed + static_cast<uint64_t>(i));
        while (!done) {
          std::vector<std::unique_ptr<Stream>> streams(random() % 8);
          for (auto& stream : streams) {
            stream = std::make_unique<Stream>(&completions);
            store.Watch(stream.get());
          }
          for (auto& stream : streams) {
            if (random() % 2 == 0) std::this_thread::yield();
            stream->End();
            stream->WaitUntilEnded();
            store.Unwatch(stream.get());
            if (stream->last_sent() > 0) ++streams_with_sends;
          }
        }
      });
    }
    // Callers who want a refresh, and some who want to know when it is over.
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&, i] {
        std::mt19937_64 random(seed + 100 + static_cast<uint64_t>(i));
        while (!done) {
          std::this_thread::yield();
          if (random() % 4 != 0) {
            requests.Request();
            continue;
          }
          ++wanted_back;
          requests.Request([&] { ++called_back; });
        }
      });
    }
    // Enough for every pair of threads to have met.
    observer.WaitFor(1'000);
    done = true;
  }
  EXPECT_EQ(called_back, wanted_back);
  EXPECT_EQ(store.watcher_count(), 0u);
  EXPECT_GT(streams_with_sends, 0);
}

// `Watch` and `Publish` on two threads: whoever comes first, the watcher hears
// of the last snapshot, and of none twice.
class LastHeard final : public TopologyWatcher {
 public:
  void OnTopology(std::shared_ptr<const ClusterSnapshot> snapshot) override {
    EXPECT_NE(snapshot, last_);
    last_ = std::move(snapshot);
  }

  const ClusterSnapshot* last() const { return last_.get(); }

 private:
  std::shared_ptr<const ClusterSnapshot> last_;
};

TEST(TopologyThreadsTest, AWatcherMissesNoChangeWhileItBeginsToWatch) {
  TopologyStore store;
  std::vector<std::shared_ptr<const ClusterSnapshot>> snapshots;
  for (const int shard_count : {1, 2}) {
    snapshots.push_back(std::make_shared<const ClusterSnapshot>(
        ClusterSnapshot{.topology = std::make_shared<const ClusterTopology>(
                            MakeEvenTopology(shard_count)),
                        .catalog = CommandCatalog::Redis70(),
                        .confirm_time = absl::UnixEpoch()}));
  }
  for (size_t i = 0; i < 2'000; ++i) {
    LastHeard watcher;
    std::latch start(2);
    std::jthread publisher([&] {
      start.arrive_and_wait();
      store.Publish(snapshots[i % 2]);
    });
    start.arrive_and_wait();
    store.Watch(&watcher);
    publisher.join();
    store.Unwatch(&watcher);
    ASSERT_EQ(watcher.last(), snapshots[i % 2].get());
  }
}

}  // namespace
}  // namespace slotplanner
