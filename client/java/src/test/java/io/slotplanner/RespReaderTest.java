// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.util.RedisInputStream;

class RespReaderTest {
  private static Reply read(String wire) {
    return RespReader.read(new RedisInputStream(new ByteArrayInputStream(Bytes.latin1(wire))));
  }

  @Test
  void readsEveryKind() {
    assertEquals(Reply.string(Bytes.utf8("OK")), read("+OK\r\n"));
    assertEquals(Reply.integer(-5), read(":-5\r\n"));
    assertEquals(
        Reply.string(new byte[] {0, '\r', '\n', (byte) 0xFF}), read("$4\r\n\0\r\n\u00ff\r\n"));
    assertEquals(Reply.string(new byte[0]), read("$0\r\n\r\n"));
    assertEquals(Reply.NIL, read("$-1\r\n"));
    assertEquals(Reply.NIL, read("*-1\r\n"));
    assertEquals(Reply.array(Arrays.asList()), read("*0\r\n"));
  }

  @Test
  void keepsErrorsInTheirPlace() {
    assertEquals(
        Reply.array(Arrays.asList(Reply.integer(1), Reply.error(Bytes.utf8("ERR no")), Reply.NIL)),
        read("*3\r\n:1\r\n-ERR no\r\n$-1\r\n"));
  }

  @Test
  void readsRedirectionsThatDoNotParse() {
    assertEquals("MOVED x", read("-MOVED x\r\n").asError());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 400\r\n",
        ":x\r\n",
        "$-2\r\n",
        "$99999999999\r\n",
        "*x\r\n",
        "$1\r\nabc\r\n",
        "%1\r\n+a\r\n+b\r\n"
      })
  void refusesWhatIsNoReply(String wire) {
    assertThrows(RespReader.MalformedReplyException.class, () -> read(wire));
  }

  @Test
  void refusesWhatIsNestedWithoutEnd() {
    assertThrows(RespReader.MalformedReplyException.class, () -> read("*1\r\n".repeat(100_000)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "+OK", "$3\r\nab", "*2\r\n:1\r\n"})
  void noticesTheEnd(String wire) {
    assertThrows(JedisConnectionException.class, () -> read(wire));
  }
}
