// SPDX-License-Identifier: Apache-2.0
#include "client/cli/number_text.h"

#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

#include "absl/time/time.h"

namespace slotplanner::cli {
namespace {

TEST(FormatCountTest, GroupsDigits) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1000), "1,000");
  EXPECT_EQ(FormatCount(123456), "123,456");
  EXPECT_EQ(FormatCount(-1234567), "-1,234,567");
  EXPECT_EQ(FormatCount(-100), "-100");
  EXPECT_EQ(FormatCount(std::numeric_limits<int64_t>::max()),
            "9,223,372,036,854,775,807");
}

TEST(FormatShareTest, IsAPercentage) {
  EXPECT_EQ(FormatShare(1, 3), "33.3%");
  EXPECT_EQ(FormatShare(1, 1), "100.0%");
  EXPECT_EQ(FormatShare(0, 0), "-");
}

TEST(FormatSecondsTest, HasTheTwoLargestUnits) {
  EXPECT_EQ(FormatSeconds(absl::Milliseconds(400)), "0 s");
  EXPECT_EQ(FormatSeconds(absl::Seconds(59)), "59 s");
  EXPECT_EQ(FormatSeconds(absl::Seconds(200)), "3 min 20 s");
  EXPECT_EQ(FormatSeconds(absl::Hours(2) + absl::Minutes(5)), "2 h 5 min");
}

}  // namespace
}  // namespace slotplanner::cli
