// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import io.grpc.Status;
import java.util.Optional;

/**
 * What went wrong with a call. Of this class itself when nothing was sent to any node: the planner
 * could not be asked, or has refused the whole call.
 */
public class SlotPlannerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Status.Code code;
  private final String reason;

  SlotPlannerException(Status.Code code, String message) {
    this(code, message, null, null);
  }

  SlotPlannerException(Status.Code code, String message, String reason, Throwable cause) {
    super(message, cause);
    this.code = code;
    this.reason = reason;
  }

  static SlotPlannerException of(Status status) {
    return new SlotPlannerException(
        status.getCode(), status.getDescription() == null ? "" : status.getDescription());
  }

  /**
   * The code of gRPC that names the kind of failure.
   *
   * @return never OK
   */
  public Status.Code code() {
    return code;
  }

  /**
   * The reason that the planner gave, as the values of <code>ErrorReason</code> are named without
   * their prefix, such as <code>UNKNOWN_CLUSTER</code>.
   *
   * @return nothing when it gave none
   */
  public Optional<String> reason() {
    return Optional.ofNullable(reason);
  }
}
