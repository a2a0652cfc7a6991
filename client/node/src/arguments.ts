// SPDX-License-Identifier: Apache-2.0
import type { Command } from './planned_parts.js';

/** An argument: a string, sent as UTF-8; bytes; or a number, in decimal. */
export type Argument = string | Uint8Array | number | bigint;

/**
 * A command as bytes. Throws a `TypeError` that names the index of an argument
 * that is nothing of the kind, so that no `undefined` is ever stored.
 */
export function encodeCommand(command: readonly Argument[]): Command {
  // Not `map`, which passes over the holes of an array.
  return Array.from(command, encodeArgument);
}

function encodeArgument(arg: Argument, index: number): Buffer {
  if (typeof arg === 'string') return Buffer.from(arg);
  if (Buffer.isBuffer(arg)) return arg;
  if (arg instanceof Uint8Array) {
    return Buffer.from(arg.buffer, arg.byteOffset, arg.byteLength);
  }
  if (typeof arg === 'bigint' || Number.isFinite(arg)) {
    return Buffer.from(String(arg));
  }
  throw new TypeError(
    `Argument ${index} is neither a string nor bytes nor a finite number.`,
  );
}
