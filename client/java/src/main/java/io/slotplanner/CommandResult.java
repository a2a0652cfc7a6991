// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import java.util.List;
import java.util.Optional;

/** What one command of a batch came to. Immutable. */
public final class CommandResult {
  private final Reply reply;
  private final List<PartResult> parts;
  private final Refusal refusal;

  CommandResult(Reply reply, List<PartResult> parts, Refusal refusal) {
    this.reply = reply;
    this.parts = List.copyOf(parts);
    this.refusal = refusal;
  }

  /**
   * The reply that a single server would have given. Else an error: that of a node, when all parts
   * met the same; <code>PARTFAILED</code>, which says which parts were applied and which were not;
   * <code>UNMERGEABLE</code>, when the replies of the parts do not fit together; or <code>REFUSED
   * </code>.
   *
   * @return the reply
   */
  public Reply reply() {
    return reply;
  }

  /**
   * Every part, in order. Where a part was planned again, that plan's parts stand in its place.
   *
   * @return an immutable list; empty for a refused command
   */
  public List<PartResult> parts() {
    return parts;
  }

  /**
   * Why nothing was sent.
   *
   * @return nothing unless the planner refuses the command
   */
  public Optional<Refusal> refusal() {
    return Optional.ofNullable(refusal);
  }

  /**
   * The reply, if it is none of an error.
   *
   * @return {@link #reply()}
   * @throws CommandRefusedException when the planner refuses the command
   * @throws NodeReplyException when nodes answered with an error, all parts with the same
   * @throws PartsFailedException when some part was not applied, or the replies do not fit together
   */
  public Reply replyOrThrow() {
    if (refusal != null) {
      throw new CommandRefusedException(refusal);
    }
    if (!reply.isError()) {
      return reply;
    }
    boolean isOfNodes =
        parts.stream().allMatch(part -> part.reply().filter(reply::equals).isPresent());
    if (isOfNodes) {
      throw new NodeReplyException(reply.asError(), parts);
    }
    throw new PartsFailedException(reply.asError(), parts);
  }

  @Override
  public String toString() {
    return refusal != null ? "refused" : reply + " of " + parts;
  }
}
