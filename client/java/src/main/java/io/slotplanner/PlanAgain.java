// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import java.util.Objects;
import java.util.OptionalInt;

/** A command of a batch, or one part of one, to be planned again. Immutable. */
final class PlanAgain {
  final int commandIndex;

  /** Nothing means the whole command. */
  final OptionalInt partIndex;

  PlanAgain(int commandIndex, OptionalInt partIndex) {
    this.commandIndex = commandIndex;
    this.partIndex = partIndex;
  }

  static PlanAgain whole(int commandIndex) {
    return new PlanAgain(commandIndex, OptionalInt.empty());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PlanAgain
        && ((PlanAgain) other).commandIndex == commandIndex
        && ((PlanAgain) other).partIndex.equals(partIndex);
  }

  @Override
  public int hashCode() {
    return Objects.hash(commandIndex, partIndex);
  }

  @Override
  public String toString() {
    return commandIndex + (partIndex.isPresent() ? "." + partIndex.getAsInt() : "");
  }
}
