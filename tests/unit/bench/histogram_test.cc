// SPDX-License-Identifier: Apache-2.0
#include "bench/load/histogram.h"

#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

namespace slotplanner {
namespace {

TEST(HistogramTest, HasNoPercentilesWhenEmpty) {
  EXPECT_EQ(Histogram().count(), 0);
  EXPECT_EQ(Histogram().Percentile(50), 0);
}

TEST(HistogramTest, KeepsSmallValuesExactly) {
  Histogram histogram;
  for (int value = 1; value <= 200; ++value) histogram.Record(value);
  EXPECT_EQ(histogram.count(), 200);
  EXPECT_EQ(histogram.Percentile(0.1), 1);
  EXPECT_EQ(histogram.Percentile(50), 100);
  EXPECT_EQ(histogram.Percentile(99), 198);
  EXPECT_EQ(histogram.Percentile(100), 200);
}

TEST(HistogramTest, KeepsEveryMagnitudeWithin1In128) {
  for (int64_t value = 1; value < std::numeric_limits<int64_t>::max() / 3;
       value = value * 3 - 1 + value % 2) {
    Histogram histogram;
    histogram.Record(value);
    EXPECT_LE(histogram.Percentile(50), value);
    EXPECT_GE(histogram.Percentile(50), value - value / 128);
  }
}

TEST(HistogramTest, TakesTheLargestAndNegativeValues) {
  Histogram histogram;
  histogram.Record(-1);
  histogram.Record(std::numeric_limits<int64_t>::max());
  EXPECT_EQ(histogram.Percentile(50), 0);
  EXPECT_GT(histogram.Percentile(100),
            std::numeric_limits<int64_t>::max() / 128 * 127);
}

TEST(HistogramTest, RanksARareSlowCall) {
  Histogram histogram;
  for (int i = 0; i < 999; ++i) histogram.Record(10);
  histogram.Record(200);
  EXPECT_EQ(histogram.Percentile(99.9), 10);
  EXPECT_EQ(histogram.Percentile(99.91), 200);
}

}  // namespace
}  // namespace slotplanner
