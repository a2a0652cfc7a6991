// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import java.util.ArrayList;
import java.util.List;
import redis.clients.jedis.util.RedisInputStream;

/** Reads replies in RESP2. Errors stay values, in their place. */
final class RespReader {
  /** No command's reply is deeper; what is comes from no node. */
  private static final int MAX_DEPTH = 32;

  /** The longest string of a node's reply, from its <code>proto-max-bulk-len</code>. */
  private static final long MAX_BYTES = 512L << 20;

  /** What is reserved for an array at once; more comes with the elements. */
  private static final int MAX_RESERVED = 1024;

  private RespReader() {}

  /** What came is no reply. */
  static final class MalformedReplyException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MalformedReplyException(String what) {
      super(what);
    }
  }

  /**
   * The next reply.
   *
   * @throws MalformedReplyException when there is none
   */
  static Reply read(RedisInputStream in) {
    return read(in, 0);
  }

  private static Reply read(RedisInputStream in, int depth) {
    if (depth > MAX_DEPTH) {
      throw new MalformedReplyException("a reply is nested too deeply");
    }
    byte type = in.readByte();
    switch (type) {
      case '+':
        return Reply.string(in.readLineBytes());
      case '-':
        return Reply.error(in.readLineBytes());
      case ':':
        return Reply.integer(readNumber(in, Long.MIN_VALUE, Long.MAX_VALUE));
      case '$':
        return readString(in);
      case '*':
        return readArray(in, depth);
      default:
        throw new MalformedReplyException("what came is no reply in RESP2");
    }
  }

  private static Reply readString(RedisInputStream in) {
    int length = (int) readNumber(in, -1, MAX_BYTES);
    if (length < 0) {
      return Reply.NIL;
    }
    byte[] bytes = new byte[length];
    for (int got = 0; got < length; ) {
      int more = in.read(bytes, got, length - got);
      if (more < 0) {
        throw new redis.clients.jedis.exceptions.JedisConnectionException("closed by the node");
      }
      got += more;
    }
    if (in.readByte() != '\r' || in.readByte() != '\n') {
      throw new MalformedReplyException("a string does not end where it should");
    }
    return Reply.string(bytes);
  }

  private static Reply readArray(RedisInputStream in, int depth) {
    int length = (int) readNumber(in, -1, Integer.MAX_VALUE);
    if (length < 0) {
      return Reply.NIL;
    }
    List<Reply> elements = new ArrayList<>(Math.min(length, MAX_RESERVED));
    for (int i = 0; i < length; i++) {
      elements.add(read(in, depth + 1));
    }
    return Reply.array(elements);
  }

  private static long readNumber(RedisInputStream in, long min, long max) {
    try {
      long number = Long.parseLong(Bytes.latin1(in.readLineBytes()));
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Below.
    }
    throw new MalformedReplyException("a number in a reply does not parse");
  }
}
