// SPDX-License-Identifier: Apache-2.0
#include "client/cli/scan_rate.h"

#include <gtest/gtest.h>

#include "absl/time/time.h"

namespace slotplanner::cli {
namespace {

const absl::Time kStart = absl::UnixEpoch();

TEST(ScanRateTest, WaitsForWhatIsMissingAndNoLonger) {
  ScanRate rate(/*keys_per_second=*/100'000, /*keys_per_page=*/1000, kStart);
  EXPECT_EQ(rate.TakePage(kStart), absl::ZeroDuration());
  const absl::Duration wait = rate.TakePage(kStart);
  EXPECT_NEAR(absl::ToDoubleMilliseconds(wait), 10, 0.001);
  EXPECT_EQ(rate.TakePage(kStart + wait), absl::ZeroDuration());
  EXPECT_GT(rate.TakePage(kStart + wait), absl::ZeroDuration());
}

TEST(ScanRateTest, APauseIsWorthATenthOfASecond) {
  ScanRate rate(100'000, 1000, kStart);
  const absl::Time later = kStart + absl::Hours(1);
  for (int page = 0; page < 10; ++page) {
    EXPECT_EQ(rate.TakePage(later), absl::ZeroDuration()) << page;
  }
  EXPECT_GT(rate.TakePage(later), absl::ZeroDuration());
}

TEST(ScanRateTest, IsKeptWhateverThePages) {
  for (const double keys_per_page : {1.0, 1000.0, 100'000.0}) {
    ScanRate rate(10'000, keys_per_page, kStart);
    absl::Time now = kStart;
    double keys = 0;
    while (now < kStart + absl::Minutes(1)) {
      const absl::Duration wait = rate.TakePage(now);
      if (wait == absl::ZeroDuration()) keys += keys_per_page;
      now += wait;
    }
    EXPECT_NEAR(keys, 600'000, keys_per_page + 1000) << keys_per_page;
  }
}

TEST(ScanRateTest, AClockThatGoesBackGivesNothing) {
  ScanRate rate(1000, 1000, kStart);
  EXPECT_EQ(rate.TakePage(kStart), absl::ZeroDuration());
  EXPECT_GE(rate.TakePage(kStart - absl::Hours(1)), absl::Seconds(1));
  EXPECT_GE(rate.TakePage(kStart), absl::Seconds(1));
}

}  // namespace
}  // namespace slotplanner::cli
