// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import slotplanner.v1.TopologyServiceOuterClass.GetKeyPositionsResponse;
import slotplanner.v1.TopologyServiceOuterClass.KeyPositions;

class KeyPositionsCacheTest {
  private static final List<Command> GET = List.of(Command.of("GET", "k"));
  private static final List<Command> NEW = List.of(Command.of("GET", "k"), Command.of("NEW", "k"));

  private long now = Long.MAX_VALUE - 5; // So that it wraps.
  private int fetches;
  private String[] known = {"get"};
  private final KeyPositionsCache cache = new KeyPositionsCache(() -> now);

  private KeyPositionsTable table(List<Command> commands) {
    return cache.tableFor("", commands, this::fetch);
  }

  private KeyPositionsTable fetch() {
    fetches++;
    GetKeyPositionsResponse.Builder response = GetKeyPositionsResponse.newBuilder();
    for (String name : known) {
      response.addCommands(KeyPositions.newBuilder().setCommand(name));
    }
    return new KeyPositionsTable(response.build());
  }

  private void pass(long millis) {
    now += TimeUnit.MILLISECONDS.toNanos(millis);
  }

  @Test
  void fetchesOncePerCluster() {
    table(GET);
    table(GET);
    assertEquals(1, fetches);
    cache.tableFor("other", GET, this::fetch);
    assertEquals(2, fetches);
  }

  @Test
  void fetchesAgainForWhatIsNotListedAtMostOnceASecond() {
    table(GET);
    known = new String[] {"get", "new"};
    table(NEW);
    assertEquals(1, fetches);
    pass(999);
    table(NEW);
    assertEquals(1, fetches);
    pass(1);
    assertTrue(table(NEW).lists(NEW.get(1)));
    assertEquals(2, fetches);
    pass(5000);
    table(NEW);
    assertEquals(2, fetches);
  }

  @Test
  void fetchesAnewAfterAFailure() {
    table(GET);
    pass(1000);
    assertThrows(
        SlotPlannerException.class,
        () ->
            cache.tableFor(
                "",
                NEW,
                () -> {
                  throw SlotPlannerException.of(Status.UNAVAILABLE);
                }));
    table(NEW);
    assertEquals(2, fetches);
  }
}
