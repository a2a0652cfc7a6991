// SPDX-License-Identifier: Apache-2.0
package example;

import io.slotplanner.Command;
import io.slotplanner.CommandRefusedException;
import io.slotplanner.CommandResult;
import io.slotplanner.KeySlot;
import io.slotplanner.RefusalReason;
import io.slotplanner.Reply;
import io.slotplanner.SlotPlanner;
import io.slotplanner.SlotPlannerException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Uses the published client: with a planner at PLANNER if that is set, else without any. */
public final class Smoke {
  private Smoke() {}

  /**
   * Ends with an exception when something is not as it should be.
   *
   * @param args none
   */
  public static void main(String[] args) {
    require(KeySlot.of("user:1") == 10778, "the slot of a key");
    String planner = System.getenv("PLANNER");
    if (planner == null) {
      failWithoutPlanner();
    } else {
      try (SlotPlanner client = SlotPlanner.builder().planner(planner).build()) {
        use(client);
      }
    }
    System.out.println("smoke: all well" + (planner == null ? ", without a planner" : ""));
  }

  private static void failWithoutPlanner() {
    try (SlotPlanner client =
        SlotPlanner.builder().planner("127.0.0.1:1").timeout(Duration.ofMillis(500)).build()) {
      client.mget("a", "b");
      throw new IllegalStateException("There is a planner.");
    } catch (SlotPlannerException e) {
      require(e.getClass() == SlotPlannerException.class, "that nothing was sent");
    }
  }

  private static void use(SlotPlanner client) {
    client.mset(Map.of("user:1", "Ann", "user:2", "Bob", "user:3", "Cy"));
    require(
        client.mget("user:3", "none", "user:1").equals(Arrays.asList("Cy", null, "Ann")),
        "the order of MGET");
    require(client.exists("user:1", "user:2", "user:1") == 3, "duplicates in EXISTS");

    List<CommandResult> results =
        client.executeBatch(
            List.of(
                Command.of("MULTI"),
                Command.of("INCR", "{user:1}:visits"),
                Command.of("GET", "{user:1}:visits"),
                Command.of("EXEC"),
                Command.of("RENAME", "user:1", "user:2")));
    List<Reply> executed = results.get(3).replyOrThrow().asList();
    require(executed.get(0).asLong() == 1 && executed.get(1).asString().equals("1"), "EXEC");
    try {
      results.get(4).replyOrThrow();
      throw new IllegalStateException("RENAME over two slots was not refused.");
    } catch (CommandRefusedException e) {
      require(e.refusal().reason() == RefusalReason.CROSS_SLOT, "the reason of a refusal");
      require(!e.remedies().isEmpty(), "the remedies of a refusal");
    }
    require(
        client.del("user:1", "user:2", "user:3", "{user:1}:visits") == 4, "the count of DEL");
  }

  private static void require(boolean is, String what) {
    if (!is) {
      throw new IllegalStateException("Wrong: " + what);
    }
  }
}
