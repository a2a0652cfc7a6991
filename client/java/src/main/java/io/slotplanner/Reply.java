// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;

/**
 * What a node answered, or what the replies of several nodes were merged into: nil, an integer, a
 * string of bytes, an error, or an array of replies. A status such as <code>OK</code> is a string.
 * Immutable as long as nobody writes to its bytes.
 */
public final class Reply {
  /** The kinds of replies. */
  public enum Kind {
    /** Nothing: a nil string or a nil array. */
    NIL,
    /** A signed 64-bit integer. */
    INTEGER,
    /** Bytes. */
    STRING,
    /** An error line. */
    ERROR,
    /** Replies in order; any of them may be an error. */
    ARRAY
  }

  /** Nil. */
  public static final Reply NIL = new Reply(Kind.NIL, 0, null, null);

  private final Kind kind;
  private final long integer;
  private final byte[] bytes;
  private final List<Reply> elements;

  private Reply(Kind kind, long integer, byte[] bytes, List<Reply> elements) {
    this.kind = kind;
    this.integer = integer;
    this.bytes = bytes;
    this.elements = elements;
  }

  /**
   * Makes an integer.
   *
   * @param integer its value
   * @return the reply
   */
  public static Reply integer(long integer) {
    return new Reply(Kind.INTEGER, integer, null, null);
  }

  /**
   * Makes a string.
   *
   * @param bytes its value; not copied
   * @return the reply
   */
  public static Reply string(byte[] bytes) {
    return new Reply(Kind.STRING, 0, Objects.requireNonNull(bytes), null);
  }

  /**
   * Makes an error.
   *
   * @param line the whole line, its code first, without a leading dash; not copied
   * @return the reply
   */
  public static Reply error(byte[] line) {
    return new Reply(Kind.ERROR, 0, Objects.requireNonNull(line), null);
  }

  /**
   * Makes an array.
   *
   * @param elements its elements
   * @return the reply
   */
  public static Reply array(List<Reply> elements) {
    return new Reply(Kind.ARRAY, 0, null, Collections.unmodifiableList(new ArrayList<>(elements)));
  }

  static Reply error(String latin1) {
    return error(Bytes.latin1(latin1));
  }

  /**
   * What kind of reply it is, and so which accessor may be called.
   *
   * @return the kind
   */
  public Kind kind() {
    return kind;
  }

  /**
   * Whether there is nothing.
   *
   * @return true for {@link Kind#NIL}
   */
  public boolean isNil() {
    return kind == Kind.NIL;
  }

  /**
   * Whether a node refused.
   *
   * @return true for {@link Kind#ERROR}
   */
  public boolean isError() {
    return kind == Kind.ERROR;
  }

  boolean isArray() {
    return kind == Kind.ARRAY;
  }

  /**
   * The value of an integer.
   *
   * @return its value
   * @throws IllegalStateException when it is of another kind
   */
  public long asLong() {
    require(Kind.INTEGER);
    return integer;
  }

  /**
   * The value of a string.
   *
   * @return its bytes, which must not be written to; null for nil
   * @throws IllegalStateException when it is of another kind
   */
  public byte[] asBytes() {
    if (isNil()) {
      return null;
    }
    require(Kind.STRING);
    return bytes;
  }

  /**
   * The value of a string.
   *
   * @return its bytes decoded as UTF-8; null for nil
   * @throws IllegalStateException when it is of another kind
   */
  public String asString() {
    byte[] value = asBytes();
    return value == null ? null : Bytes.utf8(value);
  }

  /**
   * The elements of an array.
   *
   * @return an immutable list; null for nil
   * @throws IllegalStateException when it is of another kind
   */
  public List<Reply> asList() {
    if (isNil()) {
      return null;
    }
    require(Kind.ARRAY);
    return elements;
  }

  /**
   * The line of an error.
   *
   * @return the whole line, its code first, decoded as UTF-8
   * @throws IllegalStateException when it is of another kind
   */
  public String asError() {
    require(Kind.ERROR);
    return Bytes.utf8(bytes);
  }

  /** One character per byte of a string or an error. */
  String latin1() {
    return Bytes.latin1(bytes);
  }

  private void require(Kind wanted) {
    if (kind != wanted) {
      throw new IllegalStateException("The reply is of kind " + kind + ", not " + wanted + ".");
    }
  }

  @Override
  public boolean equals(Object other) {
    if (!(other instanceof Reply)) {
      return false;
    }
    Reply that = (Reply) other;
    return kind == that.kind
        && integer == that.integer
        && Arrays.equals(bytes, that.bytes)
        && Objects.equals(elements, that.elements);
  }

  @Override
  public int hashCode() {
    return Objects.hash(kind, integer, Arrays.hashCode(bytes), elements);
  }

  /** Says of what kind and how large it is, never what it holds. */
  @Override
  public String toString() {
    switch (kind) {
      case STRING:
      case ERROR:
        return kind + "[" + bytes.length + " bytes]";
      case ARRAY:
        return kind + "[" + elements.size() + " elements]";
      default:
        return kind.toString();
    }
  }
}
