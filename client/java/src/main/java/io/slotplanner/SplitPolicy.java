// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

/** What the planner may do to a command whose keys are in several slots. */
public enum SplitPolicy {
  /** Refuse it: every command is as atomic as on a single server. */
  ATOMIC,
  /** Split it where the parts and their merged replies mean the same but for atomicity. */
  SPLIT,
  /** Also rewrite it into several commands where splitting is not enough. */
  EMULATE
}
