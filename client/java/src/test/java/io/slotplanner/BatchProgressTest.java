// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import static io.slotplanner.Plans.on;
import static io.slotplanner.Plans.part;
import static io.slotplanner.Plans.plan;
import static io.slotplanner.Plans.single;
import static io.slotplanner.Plans.split;
import static io.slotplanner.Plans.stage;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import slotplanner.v1.SlotPlannerServiceOuterClass.MergeOperation;
import slotplanner.v1.SlotPlannerServiceOuterClass.RetrySafety;

class BatchProgressTest {
  private static final Endpoint NODE = new Endpoint("h", 1);

  private static ExecutionResult result(PartResult... parts) {
    return new ExecutionResult(
        List.of(new CommandResult(Reply.NIL, Arrays.asList(parts), null)), "");
  }

  private static PartResult got(PartResult part, String... values) {
    List<Reply> replies = new ArrayList<>();
    for (String value : values) {
      replies.add(Reply.string(Bytes.utf8(value)));
    }
    return part.replied("h:1", Reply.array(replies));
  }

  private static PartResult down(PartResult part) {
    return part.silent(PartOutcome.NOT_SENT, "h:1", Status.UNAVAILABLE.withDescription("down"));
  }

  private static List<String> words(Command command) {
    return command.args().stream().map(Bytes::utf8).collect(Collectors.toList());
  }

  // MGET a b c d in two parts; the second is planned again, falls into two, and the last of these
  // is planned again once more.
  @Test
  void mergesOnceFromAllPieces() {
    BatchProgress progress =
        new BatchProgress(
            new BatchRequest(
                List.of(Command.of("MGET", "a", "b", "c", "d")),
                ExecuteOptions.DEFAULTS.withReadPreference(ReadPreference.REPLICA),
                ""));
    MergeOperation gather = MergeOperation.MERGE_OPERATION_GATHER;
    RetrySafety safe = RetrySafety.RETRY_SAFETY_SAFE;
    progress.take(
        plan(
            List.of(stage(on(NODE, part(0, 0, 1, 0, 1, 3), part(0, 1, 2, 0, 2, 4)))),
            split(2, gather, safe)),
        result(
            got(PartResult.unsent(List.of(1, 3), List.of(0, 2)), "A", "C"),
            down(PartResult.unsent(List.of(2, 4), List.of(1, 3)))));
    assertEquals(List.of("MGET", "b", "d"), words(progress.request().commands.get(0)));
    assertEquals(ReadPreference.PRIMARY, progress.request().options.readPreference());
    assertEquals("v1", progress.request().outdatedTopologyVersion);

    progress.take(
        plan(
            List.of(stage(on(NODE, part(0, 0, 2, 0, 2), part(0, 1, 2, 0, 1)))),
            split(2, gather, safe)),
        result(
            got(PartResult.unsent(List.of(2), List.of(1)), "D"),
            down(PartResult.unsent(List.of(1), List.of(0)))));
    assertEquals(List.of("MGET", "b"), words(progress.request().commands.get(0)));
    assertFalse(progress.isDone());

    progress.take(
        plan(List.of(stage(on(NODE, part(0, 0, 2)))), single(safe)),
        result(got(PartResult.unsent(List.of(), List.of()), "B")));
    assertTrue(progress.isDone());
    CommandResult merged = progress.finish().commands.get(0);
    assertEquals(
        List.of("A", "B", "C", "D"),
        merged.reply().asList().stream().map(Reply::asString).collect(Collectors.toList()));
    assertEquals(
        List.of(List.of(1, 3), List.of(4), List.of(2)),
        merged.parts().stream().map(PartResult::argIndexes).collect(Collectors.toList()));
  }

  @Test
  void keepsTheRefusalOfAPart() {
    BatchProgress progress =
        new BatchProgress(
            new BatchRequest(List.of(Command.of("DEL", "a", "b")), ExecuteOptions.DEFAULTS, ""));
    progress.take(
        plan(
            List.of(stage(on(NODE, part(0, 0, 1, 0, 1), part(0, 1, 2, 0, 2)))),
            split(2, MergeOperation.MERGE_OPERATION_SUM, RetrySafety.RETRY_SAFETY_SAME_STATE)),
        result(
            PartResult.unsent(List.of(1), List.of()).replied("h:1", Reply.integer(1)),
            down(PartResult.unsent(List.of(2), List.of()))));
    slotplanner.v1.SlotPlannerServiceOuterClass.Refusal refusal =
        slotplanner.v1.SlotPlannerServiceOuterClass.Refusal.newBuilder()
            .setMessage("No node serves slot 2.")
            .build();
    progress.take(
        plan(List.of(), Plans.refused(refusal)),
        new ExecutionResult(
            List.of(new CommandResult(Reply.NIL, List.of(), new Refusal(refusal))), ""));
    assertEquals(
        "PARTFAILED 1 of 2 parts were applied; not sent: part 1 on h:1 (arguments 2): No node"
            + " serves slot 2.; applied: part 0 on h:1 (arguments 1)",
        progress.finish().commands.get(0).reply().asError());
  }
}
