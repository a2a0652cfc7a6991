// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

/** The kinds of change that make a refused command work. */
public enum RemedyKind {
  /** One that this client does not know; the description says it. */
  OTHER,
  /** Give the keys one hash tag. */
  HASH_TAG,
  /** Send one command per key, in a pipeline. */
  PIPELINE,
  /** Keep the fields in one hash instead of in several keys. */
  HASH_FIELDS,
  /** Allow the planner to split or emulate the command. */
  SPLIT_POLICY,
  /** Send it to each node and keep the replies apart. */
  PER_NODE;

  static RemedyKind ofNumber(int number) {
    return number > 0 && number < values().length ? values()[number] : OTHER;
  }
}
