// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import slotplanner.v1.TopologyServiceOuterClass.GetKeyPositionsResponse;
import slotplanner.v1.TopologyServiceOuterClass.HiddenArguments;
import slotplanner.v1.TopologyServiceOuterClass.KeyPositions;
import slotplanner.v1.TopologyServiceOuterClass.KeyRange;

class KeyPositionsTableTest {
  private static KeyPositions.Builder named(String name) {
    return KeyPositions.newBuilder().setCommand(name);
  }

  private static KeyRange.Builder range(int first, int last, int step) {
    return KeyRange.newBuilder().setFirst(first).setLast(last).setStep(step);
  }

  private final KeyPositionsTable table =
      new KeyPositionsTable(
          GetKeyPositionsResponse.newBuilder()
              .addCommands(named("set").addRanges(range(1, 1, 1)))
              .addCommands(named("mset").addRanges(range(1, -1, 2)))
              .addCommands(named("eval").addRanges(range(3, 0, 1).setCountIndex(2)))
              .addCommands(
                  named("msetex").addRanges(range(2, 0, 2).setCountIndex(1).setReadsBehind(true)))
              .addCommands(named("sort").setReadsAll(true))
              .addCommands(named("config").setIsContainer(true))
              .addCommands(named("config|set"))
              .addCommands(named("object").setIsContainer(true))
              .addCommands(named("object|encoding").addRanges(range(2, 2, 1)))
              .addCommands(
                  named("migrate")
                      .setReadsAll(true)
                      .addHidden(hidden("AUTH", 1))
                      .addHidden(hidden("AUTH2", 2))
                      .addHidden(hidden("KEYS", 0)))
              .build());

  private static HiddenArguments hidden(String word, int count) {
    return HiddenArguments.newBuilder().setWord(word).setCount(count).setFirst(6).build();
  }

  private String masked(String... args) {
    return Arrays.stream(table.withoutValues(Command.of(args)))
        .map(arg -> arg.length == 0 ? "_" : Bytes.utf8(arg))
        .collect(Collectors.joining(" "));
  }

  @Test
  void leavesValuesOut() {
    assertEquals("SET k _ _ _", masked("SET", "k", "secret", "EX", "5"));
    assertEquals("mSet a _ b _", masked("mSet", "a", "1", "b", "2"));
    assertEquals("MSET a _ b", masked("MSET", "a", "1", "b"));
    assertEquals("SET", masked("SET"));
  }

  @Test
  void countsKeys() {
    assertEquals("EVAL _ 2 a b _", masked("EVAL", "script", "2", "a", "b", "arg"));
    assertEquals("EVAL _ 0 _", masked("EVAL", "script", "0", "arg"));
    for (String wrong : new String[] {"3", "-1", "01", "x", "1e1", "9999999999", " 1"}) {
      assertEquals("EVAL _ " + wrong + " _ _", masked("EVAL", "script", wrong, "a", "b"));
    }
    assertEquals("EVAL _", masked("EVAL", "script"));
    assertEquals("MSETEX 1 k _ EX 5", masked("MSETEX", "1", "k", "v", "EX", "5"));
  }

  @Test
  void readsSubcommands() {
    assertEquals("config SET _ _", masked("config", "SET", "requirepass", "secret"));
    assertEquals("OBJECT encoding k", masked("OBJECT", "encoding", "k"));
    assertEquals("OBJECT what _", masked("OBJECT", "what", "k"));
    assertFalse(table.lists(Command.of("OBJECT", "what", "k")));
    assertTrue(table.lists(Command.of("OBJECT", "ENCODING", "k")));
    assertTrue(table.lists(Command.of("OBJECT")));
  }

  @Test
  void sendsOnlyTheNameOfWhatIsNotListed() {
    assertEquals("AUTH _ _", masked("AUTH", "user", "password"));
    assertEquals("object|encoding _", masked("object|encoding", "x"));
    assertFalse(table.lists(Command.of("AUTH", "x")));
    assertFalse(table.lists(Command.of("object|encoding", "x")));
  }

  @Test
  void hidesPasswordsAmongWhatIsReadWhole() {
    assertEquals("SORT k BY w_*", masked("SORT", "k", "BY", "w_*"));
    assertEquals(
        "MIGRATE h 1 _ 0 9 COPY auth _ KEYS AUTH k",
        masked("MIGRATE", "h", "1", "", "0", "9", "COPY", "auth", "pw", "KEYS", "AUTH", "k"));
    assertEquals(
        "MIGRATE h 1 k 0 9 AUTH2 _ _",
        masked("MIGRATE", "h", "1", "k", "0", "9", "AUTH2", "u", "p"));
    assertEquals(
        "MIGRATE h 1 k 0 9 AUTH2 _", masked("MIGRATE", "h", "1", "k", "0", "9", "AUTH2", "u"));
    assertEquals("MIGRATE AUTH 1 k 0 9", masked("MIGRATE", "AUTH", "1", "k", "0", "9"));
  }
}
