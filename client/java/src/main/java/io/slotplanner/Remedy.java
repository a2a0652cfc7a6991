// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

/** A way out of a refusal. Immutable. */
public final class Remedy {
  private final RemedyKind kind;
  private final String description;

  Remedy(RemedyKind kind, String description) {
    this.kind = kind;
    this.description = description;
  }

  /**
   * What kind of change it is.
   *
   * @return the kind
   */
  public RemedyKind kind() {
    return kind;
  }

  /**
   * The change in one sentence, for people.
   *
   * @return text without any bytes of keys
   */
  public String description() {
    return description;
  }

  @Override
  public String toString() {
    return kind + ": " + description;
  }
}
