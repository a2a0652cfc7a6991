// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static slotplanner.v1.SlotPlannerServiceOuterClass.MergeOperation.*;

import io.grpc.Status;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import slotplanner.v1.SlotPlannerServiceOuterClass.MergeOperation;

class ReplyMergeTest {
  private static PartResult part(int port, Reply reply, Integer... positions) {
    List<Integer> places = Arrays.asList(positions);
    return PartResult.unsent(places.stream().map(p -> p + 1).collect(Collectors.toList()), places)
        .replied("h:" + port, reply);
  }

  private static Reply text(String text) {
    return Reply.string(Bytes.utf8(text));
  }

  private static Reply array(Reply... elements) {
    return Reply.array(Arrays.asList(elements));
  }

  private static Reply integers(long... values) {
    return Reply.array(Arrays.stream(values).mapToObj(Reply::integer).collect(Collectors.toList()));
  }

  private static Reply fold(MergeOperation operation, long... values) {
    List<PartResult> parts = new ArrayList<>();
    for (long value : values) {
      parts.add(part(parts.size() + 1, Reply.integer(value)));
    }
    return ReplyMerge.replyOf(operation, parts);
  }

  // Rules E1 and C5.
  @Test
  void gathersByPositionAndKeepsDuplicatesAndNil() {
    assertEquals(
        array(text("b"), text("a"), text("b"), Reply.NIL),
        ReplyMerge.replyOf(
            MERGE_OPERATION_GATHER,
            List.of(
                part(1, array(text("a"), Reply.NIL), 1, 3),
                part(2, array(text("b"), text("b")), 0, 2))));
  }

  @Test
  void refusesPositionsThatDoNotFit() {
    for (int wrong : new int[] {0, 2, -1}) {
      Reply reply =
          ReplyMerge.replyOf(
              MERGE_OPERATION_GATHER,
              List.of(part(1, array(text("a")), 0), part(2, array(text("b")), wrong)));
      assertTrue(reply.asError().startsWith("UNMERGEABLE The reply positions of part 1 on h:2"));
    }
    assertEquals(
        "UNMERGEABLE The reply of part 0 on h:1 (arguments 1, 2) is not an array of length 2.",
        ReplyMerge.replyOf(MERGE_OPERATION_GATHER, List.of(part(1, array(text("a")), 0, 1)))
            .asError());
  }

  // Rule C7.
  @Test
  void foldsIntegers() {
    assertEquals(Reply.integer(6), fold(MERGE_OPERATION_SUM, 1, 2, 3));
    assertEquals(Reply.integer(-4), fold(MERGE_OPERATION_MIN, 7, -4, 0));
    assertEquals(Reply.integer(7), fold(MERGE_OPERATION_MAX, 7, -4, 0));
    assertEquals(Reply.integer(0), fold(MERGE_OPERATION_LOGICAL_AND, 2, 0));
    assertEquals(Reply.integer(1), fold(MERGE_OPERATION_LOGICAL_AND, 2, 1));
    assertEquals(Reply.integer(1), fold(MERGE_OPERATION_LOGICAL_OR, 0, 5));
    assertTrue(fold(MERGE_OPERATION_SUM, Long.MAX_VALUE, 1).asError().startsWith("UNMERGEABLE"));
  }

  @Test
  void foldsArraysElementByElement() {
    assertEquals(
        integers(1, 0),
        ReplyMerge.replyOf(
            MERGE_OPERATION_LOGICAL_AND,
            List.of(part(1, integers(1, 0)), part(2, integers(1, 1)))));
    assertTrue(
        ReplyMerge.replyOf(
                MERGE_OPERATION_SUM, List.of(part(1, integers(1)), part(2, integers(1, 1))))
            .asError()
            .startsWith("UNMERGEABLE The reply of part 1"));
    assertTrue(
        ReplyMerge.replyOf(
                MERGE_OPERATION_SUM, List.of(part(1, Reply.integer(1)), part(2, text("1"))))
            .asError()
            .startsWith("UNMERGEABLE The reply of part 1"));
  }

  @Test
  void mergesWhatHasNoIntegers() {
    List<PartResult> parts = List.of(part(1, array(text("a"))), part(2, array(text("b"))));
    assertEquals(
        array(text("a"), text("b")), ReplyMerge.replyOf(MERGE_OPERATION_CONCATENATE, parts));
    assertEquals(array(text("a")), ReplyMerge.replyOf(MERGE_OPERATION_ALL_SUCCEEDED, parts));
    assertEquals(
        array(array(text("h:1"), array(text("a"))), array(text("h:2"), array(text("b")))),
        ReplyMerge.replyOf(MERGE_OPERATION_BY_NODE, parts));
    assertEquals(
        text("k"),
        ReplyMerge.replyOf(
            MERGE_OPERATION_FIRST_NOT_NIL, List.of(part(1, Reply.NIL), part(2, text("k")))));
  }

  // Rule E2.
  @Test
  void namesEveryPartThatWasNotApplied() {
    PartResult none = PartResult.unsent(List.of(3), List.of());
    assertEquals(
        "PARTFAILED 1 of 4 parts were applied"
            + "; failed: part 1 on h:2 (arguments 2): WRONGTYPE no"
            + "; unknown: part 2 on h:3 (arguments 3): gone"
            + "; not sent: part 3 on h:4 (arguments 3): down"
            + "; applied: part 0 on h:1 (arguments 1)",
        ReplyMerge.replyOf(
                MERGE_OPERATION_SUM,
                List.of(
                    part(1, Reply.integer(1), 0),
                    part(2, Reply.error(Bytes.utf8("WRONGTYPE no")), 1),
                    none.silent(
                        PartOutcome.UNKNOWN, "h:3", Status.UNAVAILABLE.withDescription("gone")),
                    none.silent(
                        PartOutcome.NOT_SENT, "h:4", Status.UNAVAILABLE.withDescription("down"))))
            .asError());
  }

  @Test
  void passesOnAnErrorThatAllPartsMet() {
    Reply oom = Reply.error(Bytes.utf8("OOM command not allowed"));
    assertEquals(oom, ReplyMerge.replyOf(MERGE_OPERATION_SUM, List.of(part(1, oom), part(2, oom))));
  }

  @Test
  void countsWhatIsTooMuchToName() {
    Reply wrong = Reply.error(Bytes.utf8("ERR no"));
    List<PartResult> parts =
        IntStream.range(0, 20)
            .mapToObj(i -> part(i, i == 0 ? Reply.integer(1) : wrong, 0, 1, 2, 3, 4, 5, 6, 7, 8))
            .collect(Collectors.toList());
    String error = ReplyMerge.replyOf(MERGE_OPERATION_SUM, parts).asError();
    assertTrue(error.contains("(arguments 1, 2, 3, 4, 5, 6, 7, 8 and 1 more)"), error);
    assertTrue(error.contains(": ERR no and 11 more; applied: part 0"), error);
  }

  @Test
  void isContentWithOneSuccessWhereOneIsAskedFor() {
    Reply none = Reply.error(Bytes.utf8("NOTBUSY No scripts in execution right now."));
    Reply other = Reply.error(Bytes.utf8("ERR other"));
    assertEquals(
        text("OK"),
        ReplyMerge.replyOf(
            MERGE_OPERATION_ONE_SUCCEEDED, List.of(part(1, none), part(2, text("OK")))));
    assertTrue(
        ReplyMerge.replyOf(MERGE_OPERATION_ONE_SUCCEEDED, List.of(part(1, none), part(2, other)))
            .asError()
            .startsWith("PARTFAILED 0 of 2"));
  }

  @Test
  void keepsTheBytesOfErrors() {
    Reply odd = Reply.error(new byte[] {'E', (byte) 0xFF});
    Reply merged =
        ReplyMerge.replyOf(MERGE_OPERATION_SUM, List.of(part(1, odd), part(2, Reply.integer(1))));
    assertTrue(merged.latin1().contains("E\u00ff"));
  }
}
