// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

/** The cause of a refusal. */
public enum RefusalReason {
  /** One that this client does not know; the message says it. */
  OTHER,
  /** The keys are in several slots and the command cannot be split. */
  CROSS_SLOT,
  /** The keys are in several slots and the split policy forbids splitting. */
  SPLIT_FORBIDDEN,
  /** The commands of a transaction are in several slots. */
  CROSS_SLOT_TRANSACTION,
  /** The cluster does not know the command. */
  UNKNOWN_COMMAND,
  /** The number of arguments is wrong. */
  WRONG_ARITY,
  /** The arguments do not parse. */
  SYNTAX,
  /** The command does not exist in cluster mode, or belongs to a connection. */
  NOT_PLANNABLE,
  /** No node serves a slot that the command needs. */
  SLOT_UNASSIGNED;

  static RefusalReason ofNumber(int number) {
    return number > 0 && number < values().length ? values()[number] : OTHER;
  }
}
