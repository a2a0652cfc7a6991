// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import java.util.concurrent.TimeUnit;

/**
 * How long to wait before asking again whoever says "not now": exponential with full jitter, so
 * that callers who were turned away together do not return together.
 */
final class Backoff {
  /** A node that answers TRYAGAIN waits for single keys to arrive, a millisecond each. */
  private static final long FIRST_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final long maxNanos;

  Backoff(long maxMillis) {
    this.maxNanos = TimeUnit.MILLISECONDS.toNanos(maxMillis);
  }

  /**
   * The wait before the retry with this number, from 0.
   *
   * @param random in [0, 1): where between nothing and the longest wait it lies
   * @return nanoseconds
   */
  long delayNanos(int retry, double random) {
    // 2^30 times the first wait is past every limit.
    double longest = Math.min((double) FIRST_NANOS * (1L << Math.min(retry, 30)), maxNanos);
    return (long) (random * longest);
  }
}
