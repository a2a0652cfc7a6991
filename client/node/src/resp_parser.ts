// SPDX-License-Identifier: Apache-2.0
import { ErrorReply, integerReply, type Reply } from './reply.js';

/**
 * Reads RESP2 replies from bytes as they come, in pieces of any size. Strings
 * are views of the bytes that were pushed. O(bytes), also for a reply that
 * comes in many pieces.
 */
export class RespParser {
  private pieces: Buffer[] = []; // Not read yet, the first one from `offset`.
  private size = 0; // Of all of them.
  private offset = 0;
  private needed = 1; // Nothing can be read before there are so many bytes.
  // Arrays that are not complete, from the outside to the inside.
  private readonly open: OpenArray[] = [];

  /**
   * The replies that are complete by now. Throws a `ProtocolError` when the
   * bytes are no RESP2 or exceed its limits; then this is of no further use.
   */
  push(bytes: Buffer): Reply[] {
    this.pieces.push(bytes);
    this.size += bytes.length;
    const replies: Reply[] = [];
    while (this.size - this.offset >= this.needed) {
      const value = this.readValue();
      if (value === undefined) break;
      const reply = value instanceof OpenArray ? this.begin(value) : value;
      const complete = reply === undefined ? undefined : this.place(reply);
      if (complete !== undefined) replies.push(complete);
    }
    if (this.offset === this.size) this.drop();
    return replies;
  }

  // One value, of an array only its beginning; undefined when it is not whole.
  private readValue(): Reply | OpenArray | undefined {
    const buffer = this.join();
    const lineEnd = this.findLineEnd(buffer);
    if (lineEnd === undefined) return undefined;
    const type = buffer[this.offset];
    const line = buffer.subarray(this.offset + 1, lineEnd);
    const next = lineEnd + 2;
    switch (type) {
      case PLUS:
        return this.accept(next, line);
      case MINUS:
        return this.accept(next, new ErrorReply(line));
      case COLON:
        return this.accept(next, parseInteger(line));
      case DOLLAR:
        return this.readBulk(buffer, parseLength(line, MAX_BULK_BYTES), next);
      case STAR: {
        const length = parseLength(line, MAX_ELEMENTS);
        return this.accept(next, length < 0 ? null : new OpenArray(length));
      }
      default:
        throw new ProtocolError('its reply is no RESP2');
    }
  }

  private accept<T>(next: number, value: T): T {
    this.offset = next;
    this.needed = 1;
    return value;
  }

  private findLineEnd(buffer: Buffer): number | undefined {
    const end = buffer.indexOf(CR, this.offset);
    if (end < 0 || end + 1 === buffer.length) {
      const read = buffer.length - this.offset;
      if (read > MAX_LINE_BYTES) throw new ProtocolError('a line is too long');
      this.needed = read + 1;
      return undefined;
    }
    if (buffer[end + 1] !== LF) throw new ProtocolError('a line has no end');
    return end;
  }

  private readBulk(
    buffer: Buffer,
    length: number,
    begin: number,
  ): Buffer | null | undefined {
    if (length < 0) return this.accept(begin, null);
    const end = begin + length;
    if (buffer.length < end + 2) {
      this.needed = end + 2 - this.offset;
      return undefined;
    }
    if (buffer[end] !== CR || buffer[end + 1] !== LF) {
      throw new ProtocolError('a string has no end');
    }
    return this.accept(end + 2, buffer.subarray(begin, end));
  }

  private begin(array: OpenArray): Reply | undefined {
    if (array.length === 0) return array.elements;
    if (this.open.length === MAX_DEPTH) {
      throw new ProtocolError('arrays are nested too deep');
    }
    this.open.push(array);
    return undefined;
  }

  // Puts a value where it belongs. Returns the reply that it completes, if any.
  private place(value: Reply): Reply | undefined {
    let complete = value;
    for (let array = this.open.at(-1); array; array = this.open.at(-1)) {
      array.elements.push(complete);
      if (array.elements.length < array.length) return undefined;
      complete = array.elements;
      this.open.pop();
    }
    return complete;
  }

  private join(): Buffer {
    if (this.pieces.length > 1) {
      const [first, ...rest] = this.pieces;
      const joined = Buffer.concat([
        (first as Buffer).subarray(this.offset),
        ...rest,
      ]);
      this.pieces = [joined];
      this.size = joined.length;
      this.offset = 0;
    }
    return this.pieces[0] as Buffer;
  }

  private drop(): void {
    this.pieces = [];
    this.size = 0;
    this.offset = 0;
  }
}

/** What a node sent is no reply. */
export class ProtocolError extends Error {}

const CR = 0x0d;
const LF = 0x0a;
const PLUS = 0x2b;
const MINUS = 0x2d;
const COLON = 0x3a;
const DOLLAR = 0x24;
const STAR = 0x2a;

// More than any server sends: a string has 512 MB at most.
const MAX_BULK_BYTES = 512 << 20;
const MAX_ELEMENTS = 2 ** 31 - 1;
const MAX_LINE_BYTES = 64 << 10;
const MAX_DEPTH = 64;

// An array whose elements are still to come.
class OpenArray {
  readonly elements: Reply[] = [];

  constructor(readonly length: number) {}
}

function parseInteger(line: Buffer): number | bigint {
  const text = line.toString('latin1');
  if (!/^[+-]?\d{1,19}$/.test(text)) {
    throw new ProtocolError('an integer is none');
  }
  // There is no -0 among integers.
  return text.length < 16 ? Number(text) + 0 : integerReply(BigInt(text));
}

// -1 for nil.
function parseLength(line: Buffer, limit: number): number {
  const text = line.toString('latin1');
  const length = /^(-1|\d{1,10})$/.test(text) ? Number(text) : Number.NaN;
  if (!(length <= limit)) throw new ProtocolError('a length is none');
  return length;
}
