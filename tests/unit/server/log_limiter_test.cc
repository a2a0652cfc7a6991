// SPDX-License-Identifier: Apache-2.0
#include "server/log_limiter.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "absl/time/time.h"

namespace slotplanner {
namespace {

constexpr absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

// How many of `count` lines at one time are written.
int AdmittedOf(LogLimiter& limiter, int count, std::string_view key,
               absl::Time now) {
  int admitted = 0;
  for (int i = 0; i < count; ++i) {
    if (limiter.Admit(key, now)) ++admitted;
  }
  return admitted;
}

TEST(LogLimiterTest, AdmitsABurst) {
  LogLimiter limiter;
  EXPECT_EQ(AdmittedOf(limiter, 20, "event", kStart), 20);
  EXPECT_EQ(limiter.suppressed_count(), 0);
  EXPECT_EQ(AdmittedOf(limiter, 5, "event", kStart), 0);
  EXPECT_EQ(limiter.suppressed_count(), 5);
}

TEST(LogLimiterTest, AdmitsOneLineASecondAfterTheBurst) {
  LogLimiter limiter;
  AdmittedOf(limiter, 100, "event", kStart);
  EXPECT_EQ(AdmittedOf(limiter, 1, "event", kStart + absl::Milliseconds(999)),
            0);
  EXPECT_EQ(AdmittedOf(limiter, 5, "event", kStart + absl::Seconds(1)), 1);
  EXPECT_EQ(AdmittedOf(limiter, 5, "event", kStart + absl::Seconds(4)), 3);
  EXPECT_EQ(AdmittedOf(limiter, 50, "event", kStart + absl::Hours(1)), 20);
}

TEST(LogLimiterTest, AdmitsAllThatComeNoFasterThanTheInterval) {
  LogLimiter limiter;
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_EQ(limiter.Admit("event", kStart + absl::Seconds(i)), 0);
  }
}

TEST(LogLimiterTest, TellsTheNextLineHowManyWereSuppressed) {
  LogLimiter limiter;
  AdmittedOf(limiter, 20 + 7, "event", kStart);
  EXPECT_EQ(limiter.Admit("event", kStart + absl::Seconds(1)), 7);
  EXPECT_EQ(limiter.Admit("event", kStart + absl::Seconds(1)), std::nullopt);
  EXPECT_EQ(limiter.Admit("event", kStart + absl::Seconds(2)), 1);
  EXPECT_EQ(limiter.Admit("event", kStart + absl::Seconds(3)), 0);
  EXPECT_EQ(limiter.suppressed_count(), 8);
}

TEST(LogLimiterTest, KeepsKeysApart) {
  LogLimiter limiter;
  AdmittedOf(limiter, 30, "flood", kStart);
  EXPECT_EQ(limiter.Admit("other", kStart), 0);
}

TEST(LogLimiterTest, LetsKeysPastItsMemoryShareOneLimit) {
  LogLimiter limiter;
  for (int i = 0; i < LogLimiter::kMaxKeys; ++i) {
    EXPECT_EQ(limiter.Admit(std::to_string(i), kStart), 0);
  }
  int admitted = 0;
  for (int i = 0; i < 1'000; ++i) {
    if (limiter.Admit("late" + std::to_string(i), kStart)) ++admitted;
  }
  EXPECT_EQ(admitted, LogLimiter::kBurst);
  // Those that it knows are as before.
  EXPECT_EQ(AdmittedOf(limiter, 30, "0", kStart), LogLimiter::kBurst - 1);
}

TEST(LogLimiterTest, GoesOnWhenTheClockIsPutBack) {
  LogLimiter limiter;
  AdmittedOf(limiter, 10, "event", kStart);
  const absl::Time earlier = kStart - absl::Hours(1);
  EXPECT_EQ(AdmittedOf(limiter, 10, "event", earlier), 0);
  EXPECT_EQ(AdmittedOf(limiter, 10, "event", earlier + absl::Seconds(3)), 3);
}

}  // namespace
}  // namespace slotplanner
