// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import io.grpc.Status;
import java.util.List;
import java.util.Optional;

/** What is known about one part of a command after it ran. Immutable. */
public final class PartResult {
  private final PartOutcome outcome;
  private final String node;
  private final Reply reply;
  private final Status cause;
  private final List<Integer> argIndexes;
  private final List<Integer> replyPositions;

  private PartResult(
      PartOutcome outcome,
      String node,
      Reply reply,
      Status cause,
      List<Integer> argIndexes,
      List<Integer> replyPositions) {
    this.outcome = outcome;
    this.node = node;
    this.reply = reply;
    this.cause = cause;
    this.argIndexes = argIndexes;
    this.replyPositions = replyPositions;
  }

  /** A part that has not run. */
  static PartResult unsent(List<Integer> argIndexes, List<Integer> replyPositions) {
    return new PartResult(PartOutcome.NOT_SENT, "", null, Status.OK, argIndexes, replyPositions);
  }

  PartResult replied(String byNode, Reply with) {
    PartOutcome is = with.isError() ? PartOutcome.FAILED : PartOutcome.APPLIED;
    return new PartResult(is, byNode, with, Status.OK, argIndexes, replyPositions);
  }

  PartResult silent(PartOutcome is, String onNode, Status because) {
    return new PartResult(is, onNode, null, because, argIndexes, replyPositions);
  }

  PartResult withPlaces(List<Integer> newArgIndexes, List<Integer> newReplyPositions) {
    return new PartResult(outcome, node, reply, cause, newArgIndexes, newReplyPositions);
  }

  /**
   * What became of it.
   *
   * @return the outcome
   */
  public PartOutcome outcome() {
    return outcome;
  }

  /**
   * The last node that it was meant for.
   *
   * @return <code>host:port</code>; empty when none could be named
   */
  public String node() {
    return node;
  }

  /**
   * The node's reply.
   *
   * @return nothing but with {@link PartOutcome#APPLIED} and {@link PartOutcome#FAILED}
   */
  public Optional<Reply> reply() {
    return Optional.ofNullable(reply);
  }

  /**
   * Why there is no reply.
   *
   * @return OK but with {@link PartOutcome#NOT_SENT} and {@link PartOutcome#UNKNOWN}
   */
  public Status cause() {
    return cause;
  }

  /**
   * Which arguments of the command are in this part.
   *
   * @return their indexes in {@link Command#args()}, the command's name left out; empty for a
   *     command that went out unchanged
   */
  public List<Integer> argIndexes() {
    return argIndexes;
  }

  /** As <code>PlannedCommand.reply_positions</code> of the plan. */
  List<Integer> replyPositions() {
    return replyPositions;
  }

  /** Names outcome, node and argument indexes. */
  @Override
  public String toString() {
    return outcome.text() + " on " + node + " " + argIndexes;
  }
}
