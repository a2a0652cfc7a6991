// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeySlotTest {
  // Rule A4, seen on a live server.
  @ParameterizedTest
  @CsvSource({
    "'', 0",
    "foo, 12182",
    "bar, 5061",
    "hello, 866",
    "user:1, 10778",
    "user:2, 6777",
    "{user:1}:profile, 10778",
    "{}, 15257",
    "{}{a}, 13650",
    "{}foo, 9500",
    "foo{}, 5542",
    "foo{}{bar}, 8363",
    "foo{{bar}}zap, 4015",
    "foo{bar}{zap}, 5061",
    "a}{b}c, 3300",
    "{a, 10276",
    "}{a}, 15495",
    "123456789, 12739"
  })
  void hashesTheTagAsNodesDo(String key, int slot) {
    assertEquals(slot, KeySlot.of(key));
  }

  @Test
  void hashesBytesNotText() {
    assertEquals(0, KeySlot.of(new byte[] {0}));
    assertEquals(3374, KeySlot.of(new byte[] {(byte) 0xFF, (byte) 0xFE}));
  }

  @Test
  void tellsWhereTheTagIs() {
    assertEquals(Optional.empty(), KeySlot.hashTagOf(Bytes.utf8("foo{}{bar}")));
    assertEquals(Optional.of(new KeySlot.HashTag(2, 1)), KeySlot.hashTagOf(Bytes.utf8("}{a}b")));
  }

  @Test
  void agreesWithDivisionBitByBit() {
    Random random = new Random(7);
    for (int i = 0; i < 1000; i++) {
      byte[] key = new byte[random.nextInt(40)];
      random.nextBytes(key);
      Optional<KeySlot.HashTag> tag = KeySlot.hashTagOf(key);
      byte[] hashed =
          tag.map(t -> Arrays.copyOfRange(key, t.offset(), t.offset() + t.length())).orElse(key);
      assertEquals(remainder(hashed) % KeySlot.COUNT, KeySlot.of(key));
    }
  }

  /** Rule A1, one bit at a time. */
  private static int remainder(byte[] bytes) {
    int crc = 0;
    for (byte b : bytes) {
      for (int bit = 7; bit >= 0; bit--) {
        boolean carries = (crc >> 15 & 1) != (b >> bit & 1);
        crc = (crc << 1 & 0xFFFF) ^ (carries ? 0x1021 : 0);
      }
    }
    return crc;
  }
}
