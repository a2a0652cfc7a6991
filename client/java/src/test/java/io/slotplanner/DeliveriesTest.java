// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class DeliveriesTest {
  private static final Endpoint A = new Endpoint("h", 1);
  private static final Endpoint B = new Endpoint("h", 2);
  private int commands;

  private PlannedPart part(Endpoint endpoint, String name) {
    OptionalInt slot = name.equals("SET") ? OptionalInt.of(7) : OptionalInt.empty();
    return new PlannedPart(
        endpoint, false, commands++, 0, slot, List.of(Bytes.utf8(name)), List.of(), List.of());
  }

  private List<PlannedPart> parts(Endpoint endpoint, String... names) {
    List<PlannedPart> parts = new ArrayList<>();
    for (String name : names) {
      parts.add(part(endpoint, name));
    }
    return parts;
  }

  /** Each delivery as its kind and number of parts; each stage as its steps. */
  private static String describe(Deliveries grouped) {
    String deliveries =
        grouped.deliveries.stream()
            .map(d -> d.kind + "/" + d.parts.size() + "/" + d.watchCount)
            .collect(Collectors.joining(" "));
    String steps =
        grouped.stages.stream()
            .map(
                stage ->
                    stage.stream()
                        .map(s -> s.delivery + ":" + s.first + "-" + s.end)
                        .collect(Collectors.joining(" ")))
            .collect(Collectors.joining(" | "));
    return deliveries + " -> " + steps;
  }

  // Rule D3.
  @Test
  void keepsATransactionWithItsWatchCommands() {
    assertEquals(
        "COMMAND/1/0 TRANSACTION/5/2 -> 1:0-1 0:0-1 1:1-2 1:2-5",
        describe(
            Deliveries.group(List.of(parts(A, "watch", "GET", "WATCH", "MULTI", "SET", "exec")))));
  }

  @Test
  void findsItsWatchInAnEarlierStage() {
    assertEquals(
        "TRANSACTION/4/1 -> 0:0-1 | 0:1-4",
        describe(
            Deliveries.group(List.of(parts(A, "WATCH"), parts(A, "MULTI", "SET", "DISCARD")))));
  }

  @Test
  void keepsWatchesApartThatNoTransactionFollows() {
    assertEquals(
        "WATCH/1/0 UNWATCH/1/0 TRANSACTION/2/0 WATCH/1/0 -> 0:0-1 1:0-1 2:0-2 3:0-1",
        describe(
            Deliveries.group(List.of(parts(A, "WATCH", "UNWATCH", "MULTI", "EXEC", "WATCH")))));
  }

  @Test
  void refusesTransactionsInPieces() {
    List<PlannedPart> overTwoNodes = parts(A, "MULTI");
    overTwoNodes.addAll(parts(B, "EXEC"));
    for (List<List<PlannedPart>> stages :
        List.of(
            List.of(parts(A, "MULTI", "SET")),
            List.of(parts(A, "EXEC")),
            List.of(parts(A, "MULTI"), parts(A, "EXEC")),
            List.of(overTwoNodes))) {
      assertThrows(SlotPlannerException.class, () -> Deliveries.group(stages));
    }
  }

  @Test
  void takesTheSlotOfAnyPart() {
    Deliveries grouped = Deliveries.group(List.of(parts(A, "MULTI", "SET", "EXEC", "PING")));
    assertEquals(OptionalInt.of(7), grouped.deliveries.get(0).slot());
    assertEquals(OptionalInt.empty(), grouped.deliveries.get(1).slot());
  }
}
