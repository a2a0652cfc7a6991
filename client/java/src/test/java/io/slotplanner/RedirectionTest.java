// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedirectionTest {
  private static final Endpoint SENDER = new Endpoint("10.0.0.1", 7000);

  @Test
  void readsMovedAndAsk() {
    Redirection moved = Redirection.parse("MOVED 3999 127.0.0.1:6381", SENDER).orElseThrow();
    assertFalse(moved.isAsk);
    assertEquals(new Endpoint("127.0.0.1", 6381), moved.target);
    assertTrue(Redirection.parse("ASK 0 h:1", SENDER).orElseThrow().isAsk);
  }

  @Test
  void takesAnEmptyHostForThatOfTheSender() {
    assertEquals(
        new Endpoint("10.0.0.1", 1), Redirection.parse("MOVED 1 :1", SENDER).orElseThrow().target);
  }

  @Test
  void readsIpv6() {
    assertEquals(
        "[::1]:7001",
        Redirection.parse("MOVED 1 ::1:7001", SENDER).orElseThrow().target.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "MOVED",
        "MOVED 1",
        "MOVED 1 h:1 x",
        "MOVED 16384 h:1",
        "MOVED -1 h:1",
        "MOVED x h:1",
        "MOVED 1 h",
        "MOVED 1 h:0",
        "MOVED 1 h:65536",
        "MOVED 1 ?:1",
        "MOVED 1 h:",
        "moved 1 h:1",
        "ERR MOVED 1 h:1",
        "MOVED 99999999999999999999 h:1"
      })
  void leavesOtherErrorsAlone(String error) {
    assertTrue(Redirection.parse(error, SENDER).isEmpty());
  }

  @Test
  void knowsTheCodesByTheFirstWordOnly() {
    assertTrue(Redirection.meansTryLater("TRYAGAIN Multiple keys request"));
    assertTrue(Redirection.meansTryLater("LOADING"));
    assertFalse(Redirection.meansTryLater("TRYAGAINST x"));
    assertFalse(Redirection.meansTryLater("ERR TRYAGAIN"));
    assertTrue(
        Redirection.meansNotPrimary("READONLY You can't write against a read only replica."));
    assertFalse(Redirection.tellsOfTopology("LOADING Redis is loading"));
  }
}
