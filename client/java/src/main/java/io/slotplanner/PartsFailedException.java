// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import io.grpc.Status;
import java.util.List;

/**
 * Some parts of the command were not applied, or it is not known whether they were. Parts that were
 * applied stay applied.
 */
public final class PartsFailedException extends SlotPlannerException {
  private static final long serialVersionUID = 1L;

  private final transient List<PartResult> parts;

  PartsFailedException(String error, List<PartResult> parts) {
    super(Status.Code.ABORTED, error);
    this.parts = parts;
  }

  /**
   * Every part of the command, with its outcome, node and argument indexes.
   *
   * @return an immutable list; empty after serialization
   */
  public List<PartResult> parts() {
    return parts == null ? List.of() : parts;
  }
}
