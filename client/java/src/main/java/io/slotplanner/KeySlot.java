// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import java.util.Objects;
import java.util.Optional;

/** The hash slot of a key, computed as a cluster's nodes do. Pure functions, hence thread-safe. */
public final class KeySlot {
  /** Number of hash slots of a cluster; the last one is 16383. */
  public static final int COUNT = 16384;

  private static final int[] CRC16 = makeTable();

  private KeySlot() {}

  /** A range of bytes within a key. Immutable. */
  public static final class HashTag {
    private final int offset;
    private final int length;

    HashTag(int offset, int length) {
      this.offset = offset;
      this.length = length;
    }

    /**
     * Where the hash tag begins.
     *
     * @return the zero-based position of its first byte, behind the brace
     */
    public int offset() {
      return offset;
    }

    /**
     * How long it is.
     *
     * @return its number of bytes, at least 1
     */
    public int length() {
      return length;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof HashTag
          && ((HashTag) other).offset == offset
          && ((HashTag) other).length == length;
    }

    @Override
    public int hashCode() {
      return Objects.hash(offset, length);
    }

    @Override
    public String toString() {
      return "[" + offset + ", " + (offset + length) + ")";
    }
  }

  /**
   * The hash slot of a key. Only its hash tag is hashed, if it has one.
   *
   * @param key any bytes; the empty key is in slot 0
   * @return 0 to 16383
   */
  public static int of(byte[] key) {
    Optional<HashTag> tag = hashTagOf(key);
    int begin = tag.map(HashTag::offset).orElse(0);
    int end = begin + tag.map(HashTag::length).orElse(key.length);
    int crc = 0;
    for (int i = begin; i < end; i++) {
      crc = (crc << 8 & 0xFFFF) ^ CRC16[(crc >> 8 ^ key[i]) & 0xFF];
    }
    return crc % COUNT;
  }

  /**
   * The hash slot of a key.
   *
   * @param key encoded as UTF-8
   * @return 0 to 16383
   */
  public static int of(String key) {
    return of(Bytes.utf8(key));
  }

  /**
   * Where the hash tag of a key is: between the first <code>{</code> and the first <code>}</code>
   * behind it, if there is at least one byte.
   *
   * @param key any bytes
   * @return nothing when the whole key is hashed
   */
  public static Optional<HashTag> hashTagOf(byte[] key) {
    int open = indexOf(key, '{', 0);
    int close = open < 0 ? -1 : indexOf(key, '}', open + 1);
    return close <= open + 1
        ? Optional.empty()
        : Optional.of(new HashTag(open + 1, close - open - 1));
  }

  private static int indexOf(byte[] bytes, char wanted, int from) {
    for (int i = from; i < bytes.length; i++) {
      if (bytes[i] == wanted) {
        return i;
      }
    }
    return -1;
  }

  /** CRC-16/XMODEM: polynomial 0x1021, from the cluster specification. */
  private static int[] makeTable() {
    int[] table = new int[256];
    for (int i = 0; i < table.length; i++) {
      int crc = i << 8;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
      }
      table[i] = crc & 0xFFFF;
    }
    return table;
  }
}
