// SPDX-License-Identifier: Apache-2.0
#include "client/cpp/backoff.h"

#include <limits>

#include <gtest/gtest.h>

namespace slotplanner {
namespace {

constexpr BackoffOptions kOptions = {.first = absl::Milliseconds(8),
                                     .max = absl::Milliseconds(100)};

TEST(BackoffDelayTest, DoublesUpToItsLimit) {
  const double half = 0.5;  // Of the longest wait.
  EXPECT_EQ(BackoffDelay(kOptions, 0, half), absl::Milliseconds(4));
  EXPECT_EQ(BackoffDelay(kOptions, 1, half), absl::Milliseconds(8));
  EXPECT_EQ(BackoffDelay(kOptions, 3, half), absl::Milliseconds(32));
  EXPECT_EQ(BackoffDelay(kOptions, 4, half), absl::Milliseconds(50));
  EXPECT_EQ(BackoffDelay(kOptions, std::numeric_limits<int>::max(), half),
            absl::Milliseconds(50));
}

TEST(BackoffDelayTest, JitterReachesDownToNothing) {
  EXPECT_EQ(BackoffDelay(kOptions, 10, 0.0), absl::ZeroDuration());
  EXPECT_LT(BackoffDelay(kOptions, 10, 0.999), kOptions.max);
}

}  // namespace
}  // namespace slotplanner
