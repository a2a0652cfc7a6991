// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/unanswered_calls.h"

#include <gtest/gtest.h>

#include "absl/time/time.h"

namespace slotplanner {
namespace {

using Verdict = UnansweredCalls::Verdict;

constexpr int kMax = UnansweredCalls::kMax;
constexpr absl::Time kStart = absl::UnixEpoch();

// Begins calls that are all fine.
void Begin(UnansweredCalls& calls, const char* peer, int count,
           absl::Time now = kStart) {
  for (int i = 0; i < count; ++i) {
    ASSERT_EQ(calls.Begin(peer, now), Verdict::kFine) << i;
  }
}

TEST(UnansweredCallsTest, TellsOfAConnectionOnce) {
  UnansweredCalls calls;
  Begin(calls, "flood", kMax - 1);
  EXPECT_EQ(calls.Begin("flood", kStart), Verdict::kReachedMax);
  EXPECT_EQ(calls.Begin("flood", kStart), Verdict::kPastMax);
  calls.Answered("flood");
  calls.Answered("flood");
  EXPECT_EQ(calls.Begin("flood", kStart), Verdict::kPastMax);
  EXPECT_EQ(calls.Begin("other", kStart), Verdict::kFine);
}

TEST(UnansweredCallsTest, DoesNotCountThoseThatWereAnswered) {
  UnansweredCalls calls;
  for (int i = 0; i < 2 * kMax; ++i) {
    Begin(calls, "busy", 1);
    calls.Answered("busy");
  }
  Begin(calls, "busy", kMax - 1);
  EXPECT_EQ(calls.Begin("busy", kStart), Verdict::kReachedMax);
}

TEST(UnansweredCallsTest, BeginsAnewEachSecond) {
  UnansweredCalls calls;
  Begin(calls, "slow", kMax - 1, kStart);
  Begin(calls, "slow", kMax - 1, kStart + absl::Seconds(1));
  EXPECT_EQ(
      calls.Begin("slow", kStart + absl::Seconds(2) - absl::Nanoseconds(1)),
      Verdict::kReachedMax);
}

TEST(UnansweredCallsTest, BearsAClockThatIsSetBack) {
  UnansweredCalls calls;
  Begin(calls, "peer", kMax - 1, kStart + absl::Hours(1));
  Begin(calls, "peer", kMax - 1, kStart);
}

// Nothing is saved up by answers of calls that began in an earlier second.
TEST(UnansweredCallsTest, AnswersTakeBackNoMoreThanThereIs) {
  UnansweredCalls calls;
  for (int i = 0; i < 10; ++i) calls.Answered("late");
  Begin(calls, "late", 1);
  for (int i = 0; i < 10; ++i) calls.Answered("late");
  Begin(calls, "late", kMax - 1);
  EXPECT_EQ(calls.Begin("late", kStart), Verdict::kReachedMax);
}

}  // namespace
}  // namespace slotplanner
