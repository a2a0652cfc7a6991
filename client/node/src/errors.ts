// SPDX-License-Identifier: Apache-2.0
// What the methods of `SlotPlanner` reject with.
import type { Deadline } from './deadline.js';
import type { KeyLocation, Refusal, Remedy } from './messages.js';
import { errorCode } from './redirection.js';
import type { PartResult } from './reply_merge.js';
import type { Cause, StatusCode } from './status.js';

/** Every error of this package. Holds no key, value or password. */
export abstract class SlotPlannerError extends Error {
  /** For programs. */
  abstract readonly code: string;

  override get name(): string {
    return this.constructor.name;
  }
}

/**
 * Nothing was sent to any node: the planner could not be reached in time or
 * turned the request down, or its plan cannot be run. `code` is the name of a
 * gRPC status code.
 */
export class NotRunError extends SlotPlannerError {
  override readonly code: StatusCode;

  /**
   * The reason that the planner gave, such as `CLUSTER_NOT_FOUND`: a name of
   * `slotplanner.v1.ErrorReason` without its prefix.
   */
  readonly reason: string | undefined;

  constructor(cause: Cause, reason?: string, options?: ErrorOptions) {
    super(cause.message, options);
    this.code = cause.code;
    this.reason = reason;
  }
}

/** What a call rejects with that is over before anything was sent. */
export function notInTime({ cause, abortReason }: Deadline): NotRunError {
  const options = abortReason === undefined ? {} : { cause: abortReason };
  return new NotRunError(cause, undefined, options);
}

/** The planner refused the command; nothing of it was sent. */
export class CommandRefusedError extends SlotPlannerError {
  override readonly code = 'REFUSED';

  constructor(readonly refusal: Refusal) {
    super(refusal.message);
  }

  /** The cause, such as `REFUSAL_REASON_CROSS_SLOT`. */
  get reason(): Refusal['reason'] {
    return this.refusal.reason;
  }

  /** The keys that stand in the way, as indexes into the command. */
  get keys(): readonly KeyLocation[] {
    return this.refusal.keys;
  }

  /** Ways out, the best first. */
  get remedies(): readonly Remedy[] {
    return this.refusal.remedies;
  }
}

/**
 * A node answered with an error; of a command in several parts, all nodes with
 * the same one. `code` is its first word, such as `WRONGTYPE`; `message` the
 * whole line.
 */
export class NodeReplyError extends SlotPlannerError {
  override readonly code: string;

  /** @param node `host:port` of the node; of several, the first. */
  constructor(
    text: string,
    readonly node: string,
  ) {
    super(text);
    this.code = errorCode(text);
  }
}

/**
 * Not all parts of a command were applied, or their replies do not fit
 * together. `code` is `PARTFAILED` or `UNMERGEABLE`.
 */
export class PartsFailedError extends SlotPlannerError {
  override readonly code: string;

  /** @param parts What became of each part: outcome, node, argument indexes. */
  constructor(
    text: string,
    readonly parts: readonly PartResult[],
  ) {
    super(text);
    this.code = errorCode(text);
  }
}
