// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import io.grpc.Status;
import java.util.List;

/** The planner refuses the command: nothing was sent. */
public final class CommandRefusedException extends SlotPlannerException {
  private static final long serialVersionUID = 1L;

  private final transient Refusal refusal;

  CommandRefusedException(Refusal refusal) {
    super(Status.Code.FAILED_PRECONDITION, refusal.message());
    this.refusal = refusal;
  }

  /**
   * Why, with the keys that stand in the way.
   *
   * @return the refusal; null after serialization
   */
  public Refusal refusal() {
    return refusal;
  }

  /**
   * Ways out, the best first.
   *
   * @return the remedies of the refusal
   */
  public List<Remedy> remedies() {
    return refusal == null ? List.of() : refusal.remedies();
  }
}
