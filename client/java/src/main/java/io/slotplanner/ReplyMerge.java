// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import io.grpc.Status;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.LongBinaryOperator;
import java.util.stream.Collectors;
import slotplanner.v1.SlotPlannerServiceOuterClass.MergeOperation;

/** Rules E1 to E3: how the replies of the parts of a command become its reply. */
final class ReplyMerge {
  /**
   * Beyond this many, an error line counts parts or arguments, no longer names them: a split of
   * thousands of keys must still be readable.
   */
  private static final int MAX_NAMED = 8;

  private ReplyMerge() {}

  /** The replies do not have the shapes that the operation needs. */
  private static final class UnmergeableException extends Exception {
    private static final long serialVersionUID = 1L;

    UnmergeableException(String message) {
      super(message);
    }
  }

  static boolean canMerge(MergeOperation operation) {
    switch (operation) {
      case MERGE_OPERATION_UNSPECIFIED:
      case UNRECOGNIZED:
        return false;
      default:
        return true;
    }
  }

  /**
   * The reply of a command from those of its parts, which are ordered by part index.
   *
   * <p>An error of a part is never dropped (rule E2): if any part was not applied, the reply is an
   * error, <code>PARTFAILED</code>, that names the first few parts of each outcome with their nodes
   * and argument indexes, and the error of each. Only an error that all parts met, each in the same
   * words, is passed on as the nodes sent it: a single server would have answered that.
   * MERGE_OPERATION_ONE_SUCCEEDED asks for one success, so that any makes the reply. With
   * MERGE_OPERATION_BY_NODE it is an array of pairs, each the <code>host:port</code> of a node and
   * its reply. <code>UNMERGEABLE</code> when the replies do not have the shapes that the operation
   * needs: whatever happens, a command has a reply. O(elements of the replies).
   */
  static Reply replyOf(MergeOperation operation, List<PartResult> parts) {
    try {
      return merge(operation, parts);
    } catch (UnmergeableException e) {
      return Reply.error("UNMERGEABLE " + e.getMessage());
    }
  }

  private static Reply merge(MergeOperation operation, List<PartResult> parts)
      throws UnmergeableException {
    if (!canMerge(operation)) {
      throw new UnmergeableException(
          "Merge operation " + operation + " is not known to this client; update it.");
    }
    if (parts.isEmpty()) {
      throw new UnmergeableException("There is no part to merge.");
    }
    if (failedAlike(parts)) {
      return replyOf(parts.get(0));
    }
    if (operation == MergeOperation.MERGE_OPERATION_ONE_SUCCEEDED) {
      return parts.stream()
          .filter(ReplyMerge::isApplied)
          .findFirst()
          .map(ReplyMerge::replyOf)
          .orElseGet(() -> failureOf(parts));
    }
    return parts.stream().allMatch(ReplyMerge::isApplied)
        ? mergeApplied(operation, parts)
        : failureOf(parts);
  }

  private static Reply mergeApplied(MergeOperation operation, List<PartResult> parts)
      throws UnmergeableException {
    switch (operation) {
      case MERGE_OPERATION_SINGLE:
        return single(parts);
      case MERGE_OPERATION_GATHER:
        return gather(parts);
      case MERGE_OPERATION_SUM:
        return fold(parts, 0, Math::addExact);
      case MERGE_OPERATION_MIN:
        return fold(parts, Long.MAX_VALUE, Math::min);
      case MERGE_OPERATION_MAX:
        return fold(parts, Long.MIN_VALUE, Math::max);
      case MERGE_OPERATION_LOGICAL_AND:
        return fold(parts, 1, (total, term) -> total != 0 && term != 0 ? 1 : 0);
      case MERGE_OPERATION_LOGICAL_OR:
        return fold(parts, 0, (total, term) -> total != 0 || term != 0 ? 1 : 0);
      case MERGE_OPERATION_CONCATENATE:
        return concatenate(parts);
      case MERGE_OPERATION_BY_NODE:
        return byNode(parts);
      case MERGE_OPERATION_FIRST_NOT_NIL:
        return parts.stream()
            .map(ReplyMerge::replyOf)
            .filter(reply -> !reply.isNil())
            .findFirst()
            .orElse(Reply.NIL);
      default: // ALL_SUCCEEDED
        return replyOf(parts.get(0));
    }
  }

  // The operations. Each gets at least one part, and only applied ones.

  private static Reply single(List<PartResult> parts) throws UnmergeableException {
    if (parts.size() != 1) {
      throw new UnmergeableException("One part was expected, there are " + parts.size() + ".");
    }
    return replyOf(parts.get(0));
  }

  private static Reply gather(List<PartResult> parts) throws UnmergeableException {
    int count = parts.stream().mapToInt(part -> part.replyPositions().size()).sum();
    Reply[] elements = new Reply[count];
    for (int i = 0; i < parts.size(); i++) {
      List<Integer> positions = parts.get(i).replyPositions();
      Reply reply = replyOf(parts.get(i));
      if (!reply.isArray() || reply.asList().size() != positions.size()) {
        throw wrongShape(i, parts.get(i), "an array of length " + positions.size());
      }
      for (int j = 0; j < positions.size(); j++) {
        int position = positions.get(j);
        if (position < 0 || position >= count || elements[position] != null) {
          throw new UnmergeableException(
              "The reply positions of "
                  + nameOf(i, parts.get(i))
                  + " do not fit those of the other parts.");
        }
        elements[position] = reply.asList().get(j);
      }
    }
    return Reply.array(Arrays.asList(elements));
  }

  /** Combines integers, or arrays of them element by element (rule C7). */
  private static Reply fold(List<PartResult> parts, long initial, LongBinaryOperator combine)
      throws UnmergeableException {
    Reply first = replyOf(parts.get(0));
    int length = first.isArray() ? first.asList().size() : 1;
    long[] totals = new long[length];
    Arrays.fill(totals, initial);
    for (int i = 0; i < parts.size(); i++) {
      Reply reply = replyOf(parts.get(i));
      List<Reply> terms = reply.isArray() ? reply.asList() : Collections.singletonList(reply);
      if (reply.isArray() != first.isArray()
          || terms.size() != length
          || !combineInto(totals, terms, combine)) {
        throw wrongShape(i, parts.get(i), "of the shape of the others, or too large");
      }
    }
    if (!first.isArray()) {
      return Reply.integer(totals[0]);
    }
    return Reply.array(Arrays.stream(totals).mapToObj(Reply::integer).collect(Collectors.toList()));
  }

  /** False when a term is no integer, or a total is no 64-bit integer. */
  private static boolean combineInto(long[] totals, List<Reply> terms, LongBinaryOperator combine) {
    try {
      for (int i = 0; i < totals.length; i++) {
        if (terms.get(i).kind() != Reply.Kind.INTEGER) {
          return false;
        }
        totals[i] = combine.applyAsLong(totals[i], terms.get(i).asLong());
      }
      return true;
    } catch (ArithmeticException e) {
      return false;
    }
  }

  private static Reply concatenate(List<PartResult> parts) throws UnmergeableException {
    List<Reply> elements = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      Reply reply = replyOf(parts.get(i));
      if (!reply.isArray()) {
        throw wrongShape(i, parts.get(i), "an array");
      }
      elements.addAll(reply.asList());
    }
    return Reply.array(elements);
  }

  private static Reply byNode(List<PartResult> parts) {
    return Reply.array(
        parts.stream()
            .map(part -> Reply.array(List.of(Reply.string(Bytes.utf8(part.node())), replyOf(part))))
            .collect(Collectors.toList()));
  }

  // Errors.

  private static Reply failureOf(List<PartResult> parts) {
    long applied = parts.stream().filter(ReplyMerge::isApplied).count();
    return Reply.error(
        "PARTFAILED "
            + applied
            + " of "
            + parts.size()
            + " parts were applied"
            + listParts(PartOutcome.FAILED, parts)
            + listParts(PartOutcome.UNKNOWN, parts)
            + listParts(PartOutcome.NOT_SENT, parts)
            + listParts(PartOutcome.APPLIED, parts));
  }

  /**
   * As in "; failed: part 0 on ...: WRONGTYPE ..., part 1 on ...". Empty when no part has that
   * outcome.
   */
  private static String listParts(PartOutcome outcome, List<PartResult> parts) {
    List<String> named = new ArrayList<>();
    int count = 0;
    for (int i = 0; i < parts.size(); i++) {
      PartResult part = parts.get(i);
      if (part.outcome() != outcome || ++count > MAX_NAMED) {
        continue;
      }
      String name = nameOf(i, part);
      if (outcome == PartOutcome.FAILED) {
        name += ": " + replyOf(part).latin1();
      } else if (part.cause().getCode() != Status.Code.OK) {
        name += ": " + part.cause().getDescription();
      }
      named.add(name);
    }
    if (count == 0) {
      return "";
    }
    String list = "; " + outcome.text() + ": " + String.join(", ", named);
    return count > MAX_NAMED ? list + " and " + (count - MAX_NAMED) + " more" : list;
  }

  /** As in "part 1 on 127.0.0.1:7001 (arguments 2, 5)". */
  private static String nameOf(int partIndex, PartResult part) {
    String name = "part " + partIndex + " on " + part.node();
    List<Integer> indexes = part.argIndexes();
    if (indexes.isEmpty()) {
      return name;
    }
    int named = Math.min(indexes.size(), MAX_NAMED);
    String list =
        indexes.subList(0, named).stream().map(String::valueOf).collect(Collectors.joining(", "));
    String more = named < indexes.size() ? " and " + (indexes.size() - named) + " more" : "";
    return name + " (arguments " + list + more + ")";
  }

  private static UnmergeableException wrongShape(int partIndex, PartResult part, String expected) {
    return new UnmergeableException(
        "The reply of " + nameOf(partIndex, part) + " is not " + expected + ".");
  }

  private static boolean isApplied(PartResult part) {
    return part.outcome() == PartOutcome.APPLIED;
  }

  private static boolean failedAlike(List<PartResult> parts) {
    return parts.stream()
        .allMatch(
            part ->
                part.outcome() == PartOutcome.FAILED
                    && replyOf(part).equals(replyOf(parts.get(0))));
  }

  /** Requires: it has one. */
  private static Reply replyOf(PartResult part) {
    return part.reply().orElseThrow();
  }
}
