// SPDX-License-Identifier: Apache-2.0
// The wire format of GroupKeysRequest and GroupKeysResponse. A general protobuf
// library spends its time on an object for each key and each group; here keys
// go straight into one buffer, and indexes come straight into typed arrays.
'use strict';

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

const tagOf = (field, wireType) => (field << 3) | wireType;
const KEY_TAG = tagOf(2, BYTES);
const GROUPING_TAG = tagOf(3, VARINT);
const GROUPING_SIZE = 2;

// What stands before a key of fewer than 128 bytes.
const KEY_HEADERS = Array.from(
    {length: 128}, (_, size) => String.fromCharCode(KEY_TAG, size));

// The bytes of a GroupKeysRequest of these keys: strings, sent as UTF-8, or
// Buffers. Requires: grouping < 128.
function encodeGroupKeysRequest({keys, grouping}) {
  return encodeShortAsciiKeys(keys, grouping) ?? encodeKeys(keys, grouping);
}

// The start of a request, with room for keys of `size` bytes.
function startRequest(grouping, size) {
  const bytes = Buffer.allocUnsafe(GROUPING_SIZE + size);
  bytes[0] = GROUPING_TAG;
  bytes[1] = grouping;
  return bytes;
}

// The request, if all keys are short strings of ASCII; null if they are not.
// Joined strings are written in half the time that each key takes on its own,
// by a loop or a call. By the hundred they also stay in the cache.
function encodeShortAsciiKeys(keys, grouping) {
  const JOINED_KEYS = 256;
  let size = 0;
  for (const key of keys) {
    if (typeof key !== 'string' || key.length > 127) return null;
    size += 2 + key.length;
  }
  // There is room for a character of any size, so one that is no ASCII shows.
  const bytes = startRequest(grouping, size + 4);
  let at = GROUPING_SIZE;
  for (let i = 0; i < keys.length;) {
    const end = Math.min(i + JOINED_KEYS, keys.length);
    let text = '';
    for (; i < end; ++i) text += KEY_HEADERS[keys[i].length] + keys[i];
    const written = bytes.write(text, at);
    if (written !== text.length) return null;
    at += written;
  }
  return bytes.subarray(0, at);
}

// The request, whatever the keys are.
function encodeKeys(keys, grouping) {
  const MAX_HEADER_SIZE = 6;
  let maxSize = 0;
  for (const key of keys) maxSize += MAX_HEADER_SIZE + Buffer.byteLength(key);
  const bytes = startRequest(grouping, maxSize);
  let at = GROUPING_SIZE;
  for (const key of keys) {
    bytes[at++] = KEY_TAG;
    let size = Buffer.byteLength(key);
    for (; size > 127; size >>>= 7) bytes[at++] = (size & 127) | 128;
    bytes[at++] = size;
    at += typeof key === 'string' ? bytes.write(key, at) : key.copy(bytes, at);
  }
  return bytes.subarray(0, at);
}

// A GroupKeysResponse. Who wants to know slots does not need the groups, of
// which there are nearly as many as keys by slot: they are read when asked for.
class GroupKeysResponse {
  // Takes over `bytes`.
  constructor(bytes) {
    this.reader = new Reader(bytes);
    this.groupStarts = [];
    this.nodes = [];  // With host and port.
    const slots = new Uint16Array(bytes.length);  // Each takes a byte or more.
    let slotCount = 0;
    const {reader} = this;
    while (reader.nextField()) {
      switch (reader.field) {
        case 1: slotCount = reader.int32s(slots, slotCount); break;
        case 2:
          this.groupStarts.push(reader.at);
          reader.skipField();
          break;
        case 3: this.nodes.push(reader.message(readNode)); break;
        default: reader.skipField();
      }
    }
    this.slots = slots.subarray(0, slotCount);
  }

  // The groups: {nodeIndex, keyIndexes}. `nodeIndex` is undefined where no node
  // is known to serve the keys.
  groups() {
    const keyIndexes = new Int32Array(this.slots.length);
    let start = 0;
    return this.groupStarts.map((at) => {
      this.reader.at = at;
      const {nodeIndex, end} = this.reader.message(
          (reader) => readGroup(reader, keyIndexes, start));
      const group = {nodeIndex, keyIndexes: keyIndexes.subarray(start, end)};
      start = end;
      return group;
    });
  }
}

// The indexes go into `keyIndexes` from `end` on.
function readGroup(reader, keyIndexes, end) {
  let nodeIndex;
  while (reader.nextField()) {
    switch (reader.field) {
      case 1: nodeIndex = reader.varint(); break;
      case 2: end = reader.int32s(keyIndexes, end); break;
      default: reader.skipField();
    }
  }
  return {nodeIndex, end};
}

function readNode(reader) {
  const node = {host: '', port: 0};
  while (reader.nextField()) {
    switch (reader.field) {
      case 2: node.host = reader.string(); break;
      case 3: node.port = reader.varint(); break;
      default: reader.skipField();
    }
  }
  return node;
}

// Reads a message field by field. Throws a RangeError if it is malformed.
class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
    this.end = bytes.length;  // Of the message that is being read.
    this.field = 0;
    this.wireType = 0;
  }

  // Goes on to the next field of the message, if there is one.
  nextField() {
    if (this.at >= this.end) {
      if (this.at > this.end) throw new RangeError('Truncated message.');
      return false;
    }
    const tag = this.varint();
    this.field = tag >>> 3;
    this.wireType = tag & 7;
    return true;
  }

  // The low 32 bits of a varint, signed: all of a tag, a size or an int32.
  varint() {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.bytes[this.at++];
      if (shift < 32) value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw new RangeError('Malformed varint.');
  }

  // Skips `size` bytes; where they started.
  skip(size) {
    const start = this.at;
    if (size < 0 || size > this.end - start) {
      throw new RangeError('Truncated message.');
    }
    this.at = start + size;
    return start;
  }

  // What `read` makes of the message in this field.
  message(read) {
    const outerEnd = this.end;
    const size = this.varint();
    const start = this.skip(size);
    this.at = start;
    this.end = start + size;
    const result = read(this);
    this.end = outerEnd;
    return result;
  }

  string() {
    const start = this.skip(this.varint());
    return this.bytes.toString('utf8', start, this.at);
  }

  // Reads a repeated int32, packed or not, into `target` from `length` on; the
  // new length.
  int32s(target, length) {
    if (this.wireType === VARINT) {
      target[length] = this.varint();
      return length + 1;
    }
    const size = this.varint();
    const start = this.skip(size);
    const end = start + size;
    this.at = start;
    while (this.at < end) {
      // Nearly all take one or two bytes.
      const low = this.bytes[this.at];
      const high = this.bytes[this.at + 1];
      if (low < 128) {
        target[length++] = low;
        this.at += 1;
      } else if (high < 128) {
        target[length++] = (low & 127) | (high << 7);
        this.at += 2;
      } else {
        target[length++] = this.varint();
      }
    }
    if (this.at > end) throw new RangeError('Truncated message.');
    return length;
  }

  skipField() {
    switch (this.wireType) {
      case VARINT: this.varint(); break;
      case FIXED64: this.skip(8); break;
      case BYTES: this.skip(this.varint()); break;
      case FIXED32: this.skip(4); break;
      default: throw new RangeError(`Unknown wire type ${this.wireType}.`);
    }
  }
}

const decodeGroupKeysResponse = (bytes) => new GroupKeysResponse(bytes);

module.exports = {encodeGroupKeysRequest, decodeGroupKeysResponse};
