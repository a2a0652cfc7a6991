// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import java.util.List;
import java.util.OptionalInt;

/** One command to send, as a plan says. Immutable. */
final class PlannedPart {
  final Endpoint endpoint;
  final boolean requiresReadonly;
  final int commandIndex;
  final int partIndex;

  /** The slot that its keys share; nothing without keys. */
  final OptionalInt slot;

  /** The name, then the arguments; never empty. */
  final List<byte[]> args;

  /** As in {@link PartResult#argIndexes}. */
  final List<Integer> argIndexes;

  final List<Integer> replyPositions;

  PlannedPart(
      Endpoint endpoint,
      boolean requiresReadonly,
      int commandIndex,
      int partIndex,
      OptionalInt slot,
      List<byte[]> args,
      List<Integer> argIndexes,
      List<Integer> replyPositions) {
    this.endpoint = endpoint;
    this.requiresReadonly = requiresReadonly;
    this.commandIndex = commandIndex;
    this.partIndex = partIndex;
    this.slot = slot;
    this.args = args;
    this.argIndexes = argIndexes;
    this.replyPositions = replyPositions;
  }

  boolean isNamed(String name) {
    return Bytes.equalsIgnoreCase(args.get(0), name);
  }

  boolean endsTransaction() {
    return isNamed("EXEC") || isNamed("DISCARD");
  }
}
