// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import java.util.List;
import java.util.OptionalInt;

/**
 * Parts that go over one connection, and are sent again together or not at all: one part, or a
 * transaction with the WATCH commands before it (rule D3). Immutable.
 */
final class Delivery {
  enum Kind {
    /** One part. */
    COMMAND,
    /** One part, a WATCH that no transaction follows. */
    WATCH,
    /** One part, an UNWATCH. */
    UNWATCH,
    /** The WATCH commands, if any; then MULTI to EXEC or DISCARD. */
    TRANSACTION
  }

  final Kind kind;

  /** In the order of the plan; never empty. */
  final List<PlannedPart> parts;

  /** How many of them, from the first, are the WATCH commands of a transaction. */
  final int watchCount;

  Delivery(Kind kind, List<PlannedPart> parts, int watchCount) {
    this.kind = kind;
    this.parts = List.copyOf(parts);
    this.watchCount = watchCount;
  }

  /** The slot of its keys, if it has any. */
  OptionalInt slot() {
    return parts.stream()
        .filter(part -> part.slot.isPresent())
        .mapToInt(part -> part.slot.getAsInt())
        .findFirst();
  }

  PlannedPart first() {
    return parts.get(0);
  }

  PlannedPart last() {
    return parts.get(parts.size() - 1);
  }

  /** Whether a part is one of MULTI to EXEC. */
  boolean isInBody(int part) {
    return kind == Kind.TRANSACTION && part >= watchCount;
  }
}
