// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/work_queue.h"

#include <atomic>
#include <cstdint>
#include <latch>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/time.h"
#include "tests/support/random_seed.h"

namespace slotplanner {
namespace {

using Outcome = WorkQueue::Outcome;
using testing::ElementsAre;

constexpr WorkQueue::Limits kRoomy = {.max_length = 1'000,
                                      .max_delay = absl::InfiniteDuration()};

WorkQueue::Limits AtMost(int max_length) {
  return {.max_length = max_length, .max_delay = absl::InfiniteDuration()};
}

// A clock that moves when told. Thread-safe.
class FakeClock {
 public:
  absl::Time Now() const {
    return absl::UnixEpoch() + absl::Milliseconds(milliseconds_.load());
  }
  void Advance(absl::Duration duration) {
    milliseconds_ += absl::ToInt64Milliseconds(duration);
  }

 private:
  std::atomic<int64_t> milliseconds_ = 0;
};

// Keeps one worker of a queue busy until it is released.
class Blocker {
 public:
  explicit Blocker(WorkQueue& queue,
                   const WorkQueue::Limits& limits = AtMost(0)) {
    EXPECT_EQ(queue.Add(
                  [this](absl::Duration) {
                    began_.count_down();
                    released_.wait();
                    ended_.count_down();
                  },
                  limits),
              Outcome::kAdded);
    began_.wait();
  }
  ~Blocker() {
    if (!released_.try_wait()) Release();
    ended_.wait();
  }

  void Release() { released_.count_down(); }

 private:
  std::latch began_{1};
  std::latch released_{1};
  std::latch ended_{1};
};

// The outcome of adding work that does nothing.
Outcome AddNothing(WorkQueue& queue, const WorkQueue::Limits& limits) {
  return queue.Add([](absl::Duration) {}, limits);
}

TEST(WorkQueueTest, RunsWorkOnAThreadOfItsOwn) {
  std::thread::id id;
  {
    WorkQueue queue(1);
    queue.Add([&id](absl::Duration) { id = std::this_thread::get_id(); },
              kRoomy);
  }
  EXPECT_NE(id, std::thread::id());
  EXPECT_NE(id, std::this_thread::get_id());
}

TEST(WorkQueueTest, RunsWorkInTheOrderInWhichItWasAdded) {
  std::vector<int> order;
  {
    WorkQueue queue(1);
    const Blocker blocker(queue);
    for (int i = 0; i < 5; ++i) {
      queue.Add([&order, i](absl::Duration) { order.push_back(i); }, kRoomy);
    }
    EXPECT_TRUE(order.empty());
  }
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4));
}

TEST(WorkQueueTest, RunsAsMuchAtOnceAsItHasThreads) {
  WorkQueue queue(3);
  // Each waits for the others: with fewer threads this would never end.
  std::latch together(3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(queue.Add([&](absl::Duration) { together.arrive_and_wait(); },
                        AtMost(0)),
              Outcome::kAdded);
  }
}

TEST(WorkQueueTest, RefusesWhatWouldWaitPastItsLength) {
  WorkQueue queue(1);
  const Blocker blocker(queue);
  EXPECT_EQ(queue.length(), 0);
  EXPECT_EQ(AddNothing(queue, AtMost(2)), Outcome::kAdded);
  EXPECT_EQ(AddNothing(queue, AtMost(2)), Outcome::kAdded);
  EXPECT_EQ(queue.length(), 2);
  EXPECT_EQ(AddNothing(queue, AtMost(2)), Outcome::kTooLong);
  EXPECT_EQ(AddNothing(queue, AtMost(1)), Outcome::kTooLong);
  EXPECT_EQ(queue.length(), 2);
  EXPECT_EQ(AddNothing(queue, AtMost(3)), Outcome::kAdded);
  EXPECT_EQ(queue.length(), 3);
}

TEST(WorkQueueTest, LetsNothingWaitWithLengthZero) {
  WorkQueue queue(2);
  const Blocker first(queue);
  const Blocker second(queue);
  EXPECT_EQ(AddNothing(queue, AtMost(0)), Outcome::kTooLong);
  EXPECT_EQ(queue.length(), 0);
}

TEST(WorkQueueTest, CountsNothingAsWaitingThatAnIdleWorkerWillTake) {
  WorkQueue queue(2);
  const Blocker blocker(queue);
  // One worker is idle, whether it has woken up yet or not.
  EXPECT_EQ(AddNothing(queue, AtMost(0)), Outcome::kAdded);
  EXPECT_EQ(queue.length(), 0);
}

TEST(WorkQueueTest, RefusesWhileTheOldestWaitsLongerThanItMay) {
  constexpr WorkQueue::Limits kPatient = {.max_length = 10,
                                          .max_delay = absl::Milliseconds(500)};
  FakeClock clock;
  WorkQueue queue(1, [&clock] { return clock.Now(); });
  std::optional<Blocker> blocker(queue);
  EXPECT_EQ(AddNothing(queue, kPatient), Outcome::kAdded);
  clock.Advance(absl::Milliseconds(500));
  EXPECT_EQ(AddNothing(queue, kPatient), Outcome::kAdded);
  clock.Advance(absl::Milliseconds(1));
  EXPECT_EQ(AddNothing(queue, kPatient), Outcome::kTooSlow);
  // Other limits for another call.
  EXPECT_EQ(AddNothing(queue, kRoomy), Outcome::kAdded);
  // Both rules broken: the length is named.
  EXPECT_EQ(AddNothing(queue, {.max_length = 3, .max_delay = {}}),
            Outcome::kTooLong);

  // Once the oldest ran, the age of the next one counts, and of none.
  std::latch idle(1);
  EXPECT_EQ(queue.Add([&idle](absl::Duration) { idle.count_down(); }, kRoomy),
            Outcome::kAdded);
  blocker.reset();
  idle.wait();
  EXPECT_EQ(queue.length(), 0);
  EXPECT_EQ(AddNothing(queue, kPatient), Outcome::kAdded);
}

TEST(WorkQueueTest, RefusesWhatWouldWaitTooLongGoingByWhatRanBefore) {
  constexpr WorkQueue::Limits kPatient = {.max_length = 100,
                                          .max_delay = absl::Milliseconds(500)};
  FakeClock clock;
  WorkQueue queue(1, [&clock] { return clock.Now(); });
  std::latch ran(1);
  queue.Add(
      [&](absl::Duration) {
        clock.Advance(absl::Milliseconds(200));
        ran.count_down();
      },
      kPatient);
  ran.wait();

  const Blocker blocker(queue, kRoomy);  // Begins when that run is counted.
  // 0, 200 and 400 ms to wait for; then 600.
  EXPECT_EQ(AddNothing(queue, kPatient), Outcome::kAdded);
  EXPECT_EQ(AddNothing(queue, kPatient), Outcome::kAdded);
  EXPECT_EQ(AddNothing(queue, kPatient), Outcome::kAdded);
  EXPECT_EQ(AddNothing(queue, kPatient), Outcome::kTooSlow);
  EXPECT_EQ(AddNothing(queue, kRoomy), Outcome::kAdded);
}

TEST(WorkQueueTest, MindsNoDelayWhileAWorkerIsIdle) {
  FakeClock clock;
  WorkQueue queue(1, [&clock] { return clock.Now(); });
  clock.Advance(absl::Hours(1));
  EXPECT_EQ(AddNothing(queue, {.max_length = 0, .max_delay = {}}),
            Outcome::kAdded);
}

TEST(WorkQueueTest, TellsWorkHowLongItWaited) {
  FakeClock clock;
  absl::Duration waited;
  {
    WorkQueue queue(1, [&clock] { return clock.Now(); });
    const Blocker blocker(queue);
    queue.Add([&waited](absl::Duration duration) { waited = duration; },
              kRoomy);
    clock.Advance(absl::Milliseconds(70));
  }
  EXPECT_EQ(waited, absl::Milliseconds(70));
}

TEST(WorkQueueTest, TellsNoNegativeWaitWhenTheClockIsPutBack) {
  FakeClock clock;
  absl::Duration waited = absl::InfiniteDuration();
  {
    WorkQueue queue(1, [&clock] { return clock.Now(); });
    const Blocker blocker(queue);
    queue.Add([&waited](absl::Duration duration) { waited = duration; },
              kRoomy);
    clock.Advance(absl::Milliseconds(-70));
  }
  EXPECT_EQ(waited, absl::ZeroDuration());
}

TEST(WorkQueueTest, RunsAllThatWasAddedBeforeItIsGone) {
  // So much that it cannot be done when the destructor begins.
  constexpr int kCount = 20'000;
  std::atomic<int> count = 0;
  {
    WorkQueue queue(2);
    const Blocker first(queue);
    const Blocker second(queue);
    for (int i = 0; i < kCount; ++i) {
      queue.Add([&count](absl::Duration) { ++count; }, AtMost(kCount));
    }
  }
  EXPECT_EQ(count, kCount);
}

TEST(WorkQueueTest, DestroysWorkOnceItRanOrWasRefused) {
  const auto held = std::make_shared<int>();
  WorkQueue queue(1);
  {
    const Blocker blocker(queue);
    EXPECT_EQ(queue.Add([held](absl::Duration) {}, AtMost(0)),
              Outcome::kTooLong);
    EXPECT_EQ(held.use_count(), 1);
    queue.Add([held](absl::Duration) {}, kRoomy);
    EXPECT_EQ(held.use_count(), 2);
  }
  // When the next work runs, the one before is gone.
  std::latch done(1);
  queue.Add([&done](absl::Duration) { done.count_down(); }, kRoomy);
  done.wait();
  EXPECT_EQ(held.use_count(), 1);
}

TEST(WorkQueueTest, HoldsNoLockWhileWorkRunsAndIsDestroyed) {
  // Asks the queue when it goes.
  class Asker {
   public:
    explicit Asker(const WorkQueue& queue) : queue_(queue) {}
    ~Asker() { EXPECT_EQ(queue_.length(), 0); }
    void Ask() const { EXPECT_EQ(queue_.length(), 0); }

   private:
    const WorkQueue& queue_;
  };
  WorkQueue queue(1);
  queue.Add([asker = std::make_unique<Asker>(queue)](
                absl::Duration) { asker->Ask(); },
            kRoomy);
}

TEST(WorkQueueTest, RunsEachOnceWithManyThreadsAndKeepsItsLength) {
  const uint64_t seed = RandomSeed();
  constexpr int kMaxLength = 4;
  std::atomic<int> added = 0;
  std::atomic<int> run = 0;
  std::atomic<int> refused = 0;
  {
    WorkQueue queue(3);
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (uint64_t thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&, thread] {
        std::mt19937_64 random(seed + thread);
        for (int i = 0; i < 5'000; ++i) {
          // On the heap: whoever runs it twice, or lets it go twice, shows.
          auto payload = std::make_unique<int>(1);
          const Outcome outcome = queue.Add(
              [&run, payload = std::move(payload)](absl::Duration) mutable {
                run += *payload;
                payload.reset();
              },
              AtMost(kMaxLength));
          ++(outcome == Outcome::kAdded ? added : refused);
          EXPECT_LE(queue.length(), kMaxLength);
          if (random() % 4 == 0) std::this_thread::yield();
        }
      });
    }
  }
  EXPECT_EQ(added + refused, 20'000);
  EXPECT_EQ(run, added);
  EXPECT_GT(added, 0);
}

}  // namespace
}  // namespace slotplanner
