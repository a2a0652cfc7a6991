// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import io.grpc.Status;
import java.util.List;

/** A node answered with an error, and so did all others that the command went to. */
public final class NodeReplyException extends SlotPlannerException {
  private static final long serialVersionUID = 1L;

  private final transient List<PartResult> parts;

  NodeReplyException(String error, List<PartResult> parts) {
    super(Status.Code.UNKNOWN, error);
    this.parts = parts;
  }

  /**
   * The error line, its code first.
   *
   * @return the same as the message
   */
  public String error() {
    return getMessage();
  }

  /**
   * Every part of the command.
   *
   * @return an immutable list; empty after serialization
   */
  public List<PartResult> parts() {
    return parts == null ? List.of() : parts;
  }
}
