// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/time/time.h"

namespace slotplanner {

// How long to wait before asking a node again that says "not now".
struct BackoffOptions {
  // The longest first wait. A node that answers TRYAGAIN is waiting for single
  // keys to arrive, each of which takes about a millisecond.
  absl::Duration first = absl::Milliseconds(10);

  // What no wait exceeds: a failover, which ends CLUSTERDOWN, takes seconds.
  absl::Duration max = absl::Milliseconds(500);

  // How long after the beginning of a plan's run commands still go out again;
  // after that, what a node answered last stands. For callers who would rather
  // plan again while there is time.
  absl::Duration give_up_after = absl::InfiniteDuration();
};

// The wait before the retry with this number, from 0: exponential with full
// jitter, so that callers who were turned away together do not return together.
// `random` in [0, 1) says where between nothing and the longest wait it lies.
absl::Duration BackoffDelay(const BackoffOptions& options, int retry,
                            double random);

}  // namespace slotplanner
