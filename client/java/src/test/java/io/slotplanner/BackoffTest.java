// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class BackoffTest {
  private final Backoff backoff = new Backoff(250);

  @Test
  void doublesUpToItsMost() {
    assertEquals(5_000_000, backoff.delayNanos(0, 0.5));
    assertEquals(10_000_000, backoff.delayNanos(1, 0.5));
    assertEquals(80_000_000, backoff.delayNanos(4, 0.5));
    assertEquals(125_000_000, backoff.delayNanos(5, 0.5));
    assertEquals(125_000_000, backoff.delayNanos(Integer.MAX_VALUE, 0.5));
  }

  @Test
  void isAllJitter() {
    assertEquals(0, backoff.delayNanos(3, 0));
    assertTrue(backoff.delayNanos(3, 0.999999) < 80_000_000);
  }
}
