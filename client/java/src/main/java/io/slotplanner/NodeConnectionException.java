// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import io.grpc.Status;

/** A connection to a node cannot be made, or is lost. */
public final class NodeConnectionException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient Status status;

  /**
   * Makes an exception.
   *
   * @param status UNAVAILABLE when another try may succeed; with a description of what went wrong
   * @param cause the exception of the driver
   */
  public NodeConnectionException(Status status, Throwable cause) {
    super(status.getDescription(), cause);
    this.status = status;
  }

  /**
   * What went wrong.
   *
   * @return UNAVAILABLE when another try may succeed
   */
  public Status status() {
    return status == null ? Status.UNKNOWN : status;
  }
}
