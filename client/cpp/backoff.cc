// SPDX-License-Identifier: Apache-2.0
#include "client/cpp/backoff.h"

#include <algorithm>
#include <cmath>

namespace slotplanner {

absl::Duration BackoffDelay(const BackoffOptions& options, int retry,
                            double random) {
  // 2^30 times any first wait is past every limit.
  const int doublings = std::min(retry, 30);
  return random *
         std::min(options.first * std::ldexp(1.0, doublings), options.max);
}

}  // namespace slotplanner
