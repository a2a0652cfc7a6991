// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/call_budget.h"

#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/random_seed.h"

namespace slotplanner {
namespace {

using Refusal = CallBudget::Refusal;

constexpr CallBudget::Limits kLimits = {.max_calls = 3, .max_bytes = 100};

void ExpectHolds(const CallBudget& budget, int64_t calls, int64_t bytes) {
  EXPECT_EQ(budget.calls(), calls);
  EXPECT_EQ(budget.bytes(), bytes);
}

TEST(CallBudgetTest, CountsCallsAndTheirBytes) {
  CallBudget budget;
  EXPECT_EQ(budget.Begin(10, kLimits), std::nullopt);
  EXPECT_EQ(budget.Begin(20, kLimits), std::nullopt);
  budget.AddBytes(5);
  ExpectHolds(budget, 2, 35);
  budget.End(15);
  ExpectHolds(budget, 1, 20);
  budget.End(20);
  ExpectHolds(budget, 0, 0);
}

TEST(CallBudgetTest, RefusesTheCallPastTheLimitAndCountsNothingOfIt) {
  CallBudget budget;
  for (int i = 0; i < kLimits.max_calls; ++i) {
    EXPECT_EQ(budget.Begin(1, kLimits), std::nullopt);
  }
  EXPECT_EQ(budget.Begin(1, kLimits), Refusal::kConcurrentCalls);
  ExpectHolds(budget, 3, 3);
  budget.End(1);
  EXPECT_EQ(budget.Begin(1, kLimits), std::nullopt);
}

TEST(CallBudgetTest, AdmitsUpToTheLastByteAndCountsNothingOfWhatItRefuses) {
  CallBudget budget;
  EXPECT_EQ(budget.Begin(60, kLimits), std::nullopt);
  EXPECT_EQ(budget.Begin(41, kLimits), Refusal::kMemory);
  ExpectHolds(budget, 1, 60);
  EXPECT_EQ(budget.Begin(40, kLimits), std::nullopt);
  EXPECT_EQ(budget.Begin(1, kLimits), Refusal::kMemory);
  // A request without bytes costs none.
  EXPECT_EQ(budget.Begin(0, kLimits), std::nullopt);
  ExpectHolds(budget, 3, 100);
}

TEST(CallBudgetTest, AdmitsWhatIsLargerThanTheQuotaWhileNothingElseIsHeld) {
  CallBudget budget;
  EXPECT_EQ(budget.Begin(101, kLimits), std::nullopt);
  EXPECT_EQ(budget.Begin(101, kLimits), Refusal::kMemory);
  EXPECT_EQ(budget.Begin(1, kLimits), Refusal::kMemory);
  budget.End(101);
  EXPECT_EQ(budget.Begin(1, kLimits), std::nullopt);
  EXPECT_EQ(budget.Begin(101, kLimits), Refusal::kMemory);
  ExpectHolds(budget, 1, 1);
}

TEST(CallBudgetTest, NeverRefusesAResponseButThenTheNextRequest) {
  CallBudget budget;
  EXPECT_EQ(budget.Begin(90, kLimits), std::nullopt);
  budget.AddBytes(1'000);
  ExpectHolds(budget, 1, 1'090);
  EXPECT_EQ(budget.Begin(1, kLimits), Refusal::kMemory);
  budget.End(1'090);
  EXPECT_EQ(budget.Begin(1, kLimits), std::nullopt);
}

TEST(CallBudgetTest, TakesTheLimitsOfEachCall) {
  CallBudget budget;
  EXPECT_EQ(budget.Begin(50, kLimits), std::nullopt);
  EXPECT_EQ(budget.Begin(1, {.max_calls = 1, .max_bytes = 100}),
            Refusal::kConcurrentCalls);
  EXPECT_EQ(budget.Begin(1, {.max_calls = 3, .max_bytes = 20}),
            Refusal::kMemory);
  EXPECT_EQ(budget.Begin(1, {.max_calls = 0, .max_bytes = 100}),
            Refusal::kConcurrentCalls);
  EXPECT_EQ(budget.Begin(60, {.max_calls = 2, .max_bytes = 110}), std::nullopt);
}

TEST(CallBudgetTest, CountsMoreThan32BitsHold) {
  constexpr int64_t kHalfTebibyte = int64_t{1} << 39;
  constexpr CallBudget::Limits kNone = {
      .max_calls = std::numeric_limits<int>::max(),
      .max_bytes = std::numeric_limits<int64_t>::max()};
  CallBudget budget;
  EXPECT_EQ(budget.Begin(kHalfTebibyte, kNone), std::nullopt);
  budget.AddBytes(kHalfTebibyte - 1);
  for (int i = 0; i < 100'000; ++i) {
    EXPECT_EQ(budget.Begin(0, kNone), std::nullopt);
  }
  ExpectHolds(budget, 100'001, 2 * kHalfTebibyte - 1);
}

TEST(CallBudgetTest, KeepsItsLimitsAndLosesNothingWithManyThreads) {
  const uint64_t seed = RandomSeed();
  constexpr CallBudget::Limits kTight = {.max_calls = 3, .max_bytes = 60};
  constexpr int64_t kLargest = 30;
  CallBudget budget;
  std::atomic<int> admitted_at_once = 0;
  std::atomic<int> admitted = 0;
  std::atomic<int> refused = 0;
  {
    std::vector<std::jthread> threads;
    threads.reserve(6);
    for (uint64_t thread = 0; thread < 6; ++thread) {
      threads.emplace_back([&, thread] {
        std::mt19937_64 random(seed + thread);
        for (int i = 0; i < 20'000; ++i) {
          const auto bytes = static_cast<int64_t>(random() % kLargest);
          if (budget.Begin(bytes, kTight)) {
            ++refused;
            continue;
          }
          ++admitted;
          EXPECT_LE(++admitted_at_once, kTight.max_calls);
          EXPECT_LE(budget.bytes(), kTight.max_bytes);
          if (random() % 8 == 0) std::this_thread::yield();
          --admitted_at_once;
          budget.End(bytes);
        }
      });
    }
  }
  EXPECT_EQ(admitted + refused, 6 * 20'000);
  EXPECT_GT(admitted, 0);
  ExpectHolds(budget, 0, 0);
}

}  // namespace
}  // namespace slotplanner
