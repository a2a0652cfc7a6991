// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

/** What became of a part of a command (rule E3). */
public enum PartOutcome {
  /** No node can have executed it. */
  NOT_SENT("not sent"),
  /** A node replied, and not with an error. */
  APPLIED("applied"),
  /** A node replied with an error. */
  FAILED("failed"),
  /** Sent, but no reply came: it may have been executed. */
  UNKNOWN("unknown");

  private final String text;

  PartOutcome(String text) {
    this.text = text;
  }

  /** In words, as errors name it. */
  String text() {
    return text;
  }
}
