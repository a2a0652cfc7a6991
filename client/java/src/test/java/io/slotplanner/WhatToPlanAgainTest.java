// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import static io.slotplanner.Plans.command;
import static io.slotplanner.Plans.on;
import static io.slotplanner.Plans.part;
import static io.slotplanner.Plans.plan;
import static io.slotplanner.Plans.single;
import static io.slotplanner.Plans.split;
import static io.slotplanner.Plans.stage;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static slotplanner.v1.SlotPlannerServiceOuterClass.RetrySafety.RETRY_SAFETY_SAFE;
import static slotplanner.v1.SlotPlannerServiceOuterClass.RetrySafety.RETRY_SAFETY_SAME_STATE;
import static slotplanner.v1.SlotPlannerServiceOuterClass.RetrySafety.RETRY_SAFETY_UNSAFE;

import io.grpc.Status;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import slotplanner.v1.SlotPlannerServiceOuterClass.CommandPlan;
import slotplanner.v1.SlotPlannerServiceOuterClass.MergeOperation;
import slotplanner.v1.SlotPlannerServiceOuterClass.PlanBatchResponse;
import slotplanner.v1.SlotPlannerServiceOuterClass.PlannedCommand;
import slotplanner.v1.SlotPlannerServiceOuterClass.Verdict;

class WhatToPlanAgainTest {
  private static final Endpoint NODE = new Endpoint("h", 1);
  private static final PartResult NONE = PartResult.unsent(List.of(), List.of());
  private static final PartResult OK = NONE.replied("h:1", Reply.integer(1));
  private static final PartResult DOWN =
      NONE.silent(PartOutcome.NOT_SENT, "h:1", Status.UNAVAILABLE);
  private static final PartResult UNKNOWN =
      NONE.silent(PartOutcome.UNKNOWN, "h:1", Status.UNAVAILABLE);
  private static final PartResult DENIED =
      NONE.silent(PartOutcome.NOT_SENT, "h:1", Status.UNAUTHENTICATED);

  private final List<Command> commands = new ArrayList<>();
  private final List<PlannedCommand> planned = new ArrayList<>();
  private final List<CommandPlan> commandPlans = new ArrayList<>();
  private final List<CommandResult> results = new ArrayList<>();

  private static PartResult failed(String error) {
    return NONE.replied("h:1", Reply.error(Bytes.utf8(error)));
  }

  private void add(String name, int slot, CommandPlan commandPlan, PartResult... parts) {
    int index = commands.size();
    commands.add(Command.of(name, "k"));
    commandPlans.add(commandPlan);
    for (int i = 0; i < parts.length; i++) {
      PlannedCommand each = part(index, i, Math.max(slot, 0) + i);
      planned.add(slot < 0 ? each.toBuilder().clearSlot().build() : each);
    }
    results.add(new CommandResult(Reply.NIL, Arrays.asList(parts), null));
  }

  private void get(int slot, PartResult part) {
    add("GET", slot, single(RETRY_SAFETY_SAFE), part);
  }

  private void set(int slot, PartResult part) {
    add("SET", slot, single(RETRY_SAFETY_SAME_STATE), part);
  }

  private String again() {
    PlanBatchResponse plan =
        plan(
            List.of(stage(on(NODE, planned.toArray(new PlannedCommand[0])))),
            commandPlans.toArray(new CommandPlan[0]));
    return WhatToPlanAgain.find(commands, plan, results).stream()
        .map(PlanAgain::toString)
        .collect(Collectors.joining(" "));
  }

  @Test
  void takesWhatNoNodeHasExecuted() {
    set(1, DOWN);
    set(2, failed("MOVED 2 h:2"));
    set(3, failed("READONLY You can't write against a read only replica."));
    set(4, failed("CLUSTERDOWN The cluster is down"));
    set(5, failed("WRONGTYPE no"));
    set(6, OK);
    set(7, DENIED);
    assertEquals("0 1 2 3", again());
  }

  // Rule E4.
  @Test
  void takesOfTheUnknownOnlyWhatReads() {
    get(1, UNKNOWN);
    set(2, UNKNOWN);
    assertEquals("0", again());
  }

  // Rule D1.
  @Test
  void takesNothingOutOfItsOrder() {
    set(1, DOWN); // Read behind it.
    get(1, OK);
    get(2, DOWN); // Written behind it.
    set(2, OK);
    get(3, DOWN); // Only read behind it.
    get(3, OK);
    set(4, DOWN); // What is behind it goes again, too.
    get(4, DOWN);
    set(5, DOWN); // What is behind it may have been executed.
    set(5, UNKNOWN);
    assertEquals("4 6 7", again());
  }

  @Test
  void takesPartsOfSplitCommandsForThemselves() {
    add(
        "DEL",
        1,
        split(3, MergeOperation.MERGE_OPERATION_SUM, RETRY_SAFETY_SAME_STATE),
        OK,
        DOWN,
        UNKNOWN);
    assertEquals("0.1", again());
  }

  @Test
  void takesFanOutsAsAWhole() {
    CommandPlan write =
        command(
            Verdict.VERDICT_FAN_OUT,
            2,
            MergeOperation.MERGE_OPERATION_ALL_SUCCEEDED,
            RETRY_SAFETY_SAME_STATE);
    CommandPlan read = write.toBuilder().setRetrySafety(RETRY_SAFETY_SAFE).build();
    add("DBSIZE", -1, read, OK, DOWN);
    add("FLUSHALL", -1, write, OK, DOWN);
    assertEquals("", again()); // FLUSHALL was executed behind DBSIZE.
    results.set(1, new CommandResult(Reply.NIL, List.of(DOWN, DOWN), null));
    assertEquals("0 1", again());
  }

  // Rule D3.
  @Test
  void takesTransactionsAsAWhole() {
    add("WATCH", 1, single(RETRY_SAFETY_SAFE), OK);
    add("MULTI", -1, single(RETRY_SAFETY_UNSAFE), OK);
    add("SET", 1, single(RETRY_SAFETY_SAME_STATE), failed("MOVED 1 h:2"));
    add("EXEC", -1, single(RETRY_SAFETY_UNSAFE), failed("EXECABORT Transaction discarded"));
    assertEquals("0 1 2 3", again());
    results.set(3, new CommandResult(Reply.NIL, List.of(UNKNOWN), null));
    assertEquals("", again());
  }

  // Rule C8.
  @Test
  void takesNoWriteThatAWaitHasNotSpokenOf() {
    set(1, DOWN);
    get(2, DOWN);
    add("wait", -1, single(RETRY_SAFETY_UNSAFE), OK);
    assertEquals("1", again());
  }

  @Test
  void neverTakesWhatSpeaksOfAConnection() {
    add("WAIT", -1, single(RETRY_SAFETY_SAFE), DOWN);
    add("WATCH", 1, single(RETRY_SAFETY_SAFE), DOWN);
    add("UNWATCH", -1, single(RETRY_SAFETY_SAFE), DOWN);
    assertEquals("", again());
  }
}
