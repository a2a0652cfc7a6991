// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import static io.slotplanner.Plans.on;
import static io.slotplanner.Plans.part;
import static io.slotplanner.Plans.plan;
import static io.slotplanner.Plans.single;
import static io.slotplanner.Plans.split;
import static io.slotplanner.Plans.stage;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import slotplanner.v1.SlotPlannerServiceOuterClass.CommandPlan;
import slotplanner.v1.SlotPlannerServiceOuterClass.Merge;
import slotplanner.v1.SlotPlannerServiceOuterClass.MergeOperation;
import slotplanner.v1.SlotPlannerServiceOuterClass.PlanBatchResponse;
import slotplanner.v1.SlotPlannerServiceOuterClass.RetrySafety;
import slotplanner.v1.SlotPlannerServiceOuterClass.Verdict;

class PlanResolverTest {
  private static final Endpoint NODE = new Endpoint("h", 7001);
  private static final CommandPlan TWO_PARTS =
      split(2, MergeOperation.MERGE_OPERATION_SUM, RetrySafety.RETRY_SAFETY_SAFE);
  private static final CommandPlan ONE_PART = single(RetrySafety.RETRY_SAFETY_SAFE);
  private static final List<Command> DEL = List.of(Command.of("DEL", "a", "b"));

  private static void assertMisfit(String what, PlanBatchResponse plan) {
    SlotPlannerException e =
        assertThrows(SlotPlannerException.class, () -> PlanResolver.resolve(DEL, plan));
    assertEquals(Status.Code.INVALID_ARGUMENT, e.code());
    assertEquals(
        "The plan is not one of these commands: " + what + " (command 0).", e.getMessage());
  }

  @Test
  void resolvesArgumentsAndLiterals() {
    PlanBatchResponse plan =
        plan(List.of(stage(on(NODE, part(0, 0, 5, -1, 2, 0)))), ONE_PART).toBuilder()
            .addLiterals(ByteString.copyFromUtf8("X"))
            .build();
    PlannedPart part = PlanResolver.resolve(DEL, plan).get(0).get(0);
    assertEquals(
        List.of("X", "b", "DEL"), part.args.stream().map(Bytes::utf8).collect(Collectors.toList()));
    assertEquals(List.of(2), part.argIndexes); // Neither the name nor literals.
    assertEquals(5, part.slot.getAsInt());
  }

  @Test
  void refusesPlansOfOtherCommands() {
    assertMisfit("parts are missing", plan(List.of(stage(on(NODE, part(0, 0, 1)))), TWO_PARTS));
    assertMisfit(
        "a part is there twice or has no place",
        plan(List.of(stage(on(NODE, part(0, 0, 1), part(0, 0, 1)))), TWO_PARTS));
    assertMisfit(
        "a part is there twice or has no place",
        plan(List.of(stage(on(NODE, part(0, 1, 1)))), ONE_PART));
    assertMisfit(
        "there is no such argument", plan(List.of(stage(on(NODE, part(0, 0, 1, 3)))), ONE_PART));
    assertMisfit(
        "there is no such argument", plan(List.of(stage(on(NODE, part(0, 0, 1, -1)))), ONE_PART));
    assertMisfit(
        "parts are missing",
        plan(List.of(), ONE_PART.toBuilder().setPartCount(Integer.MAX_VALUE).build()));
    assertMisfit("their numbers differ", plan(List.of()));
    assertMisfit(
        "a command has no part and no refusal, or both",
        plan(List.of(), CommandPlan.newBuilder().setVerdict(Verdict.VERDICT_SPLIT).build()));
    assertMisfit(
        "a command has no part and no refusal, or both",
        plan(
            List.of(stage(on(NODE, part(0, 0, 1)))),
            ONE_PART.toBuilder().setVerdict(Verdict.VERDICT_REFUSED).build()));
  }

  @Test
  void refusesNodesWithoutAnEndpoint() {
    PlanBatchResponse plan = plan(List.of(stage(on(NODE, part(0, 0, 1)))), ONE_PART);
    PlanBatchResponse.Builder broken = plan.toBuilder();
    broken.getStagesBuilder(0).getNodePlansBuilder(0).getNodeBuilder().setPort(0);
    assertMisfit("a node has no endpoint", broken.build());
  }

  @Test
  void sendsNothingWhoseRepliesItCannotMerge() {
    CommandPlan unknown =
        ONE_PART.toBuilder().setMerge(Merge.newBuilder().setOperationValue(99)).build();
    SlotPlannerException e =
        assertThrows(
            SlotPlannerException.class,
            () ->
                PlanResolver.resolve(DEL, plan(List.of(stage(on(NODE, part(0, 0, 1)))), unknown)));
    assertEquals(Status.Code.UNIMPLEMENTED, e.code());
    assertEquals(
        "Merge operation 99 is not known to this client; nothing was sent.", e.getMessage());
  }
}
