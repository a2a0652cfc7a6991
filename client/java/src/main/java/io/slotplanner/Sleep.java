// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import java.util.concurrent.TimeUnit;

/** Waiting for a moment to come. */
final class Sleep {
  private Sleep() {}

  /** Waits. False, with the thread's mark still set, when the thread is or was interrupted. */
  static boolean nanos(long nanos) {
    try {
      TimeUnit.NANOSECONDS.sleep(nanos);
      return !Thread.currentThread().isInterrupted();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
