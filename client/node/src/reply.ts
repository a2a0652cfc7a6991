// SPDX-License-Identifier: Apache-2.0
// What nodes answer, in RESP2's terms.

/**
 * A reply: nil; an integer (a `bigint` where a `number` would lose digits); a
 * status or a bulk string, as bytes; an error, as a value; or an array.
 */
export type Reply = null | number | bigint | Buffer | ErrorReply | Reply[];

/** An error that a node answered, as it may also stand within EXEC's array. */
export class ErrorReply {
  /** The whole line, such as `WRONGTYPE Operation against ...`. */
  readonly bytes: Buffer;

  constructor(line: string | Buffer) {
    this.bytes = typeof line === 'string' ? Buffer.from(line) : line;
  }

  /** The line as text. What is not UTF-8 in it shows as U+FFFD. */
  get text(): string {
    return this.bytes.toString();
  }
}

/** Whether a reply is an integer. */
export function isInteger(reply: Reply): reply is number | bigint {
  return typeof reply === 'number' || typeof reply === 'bigint';
}

/** An integer as a `number` where that is exact, else as it is. */
export function integerReply(value: bigint): number | bigint {
  const isExact =
    value >= BigInt(Number.MIN_SAFE_INTEGER) &&
    value <= BigInt(Number.MAX_SAFE_INTEGER);
  return isExact ? Number(value) : value;
}
