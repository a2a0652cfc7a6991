// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import java.nio.charset.StandardCharsets;

/** Bytes and text. */
final class Bytes {
  private Bytes() {}

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String utf8(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** One character per byte, so that nothing is lost. */
  static String latin1(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  static boolean equalsIgnoreCase(byte[] bytes, String ascii) {
    return latin1(bytes).equalsIgnoreCase(ascii);
  }
}
