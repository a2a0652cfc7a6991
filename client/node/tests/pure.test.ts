// SPDX-License-Identifier: Apache-2.0
// Small functions: slots, redirections, arguments, requests, backoff.
import assert from 'node:assert/strict';
import test from 'node:test';
import { encodeCommand } from '../src/arguments.js';
import { backoffDelayMs } from '../src/backoff.js';
import { endpointText } from '../src/endpoint.js';
import { hashTagRange, keySlot } from '../src/hash_slot.js';
import { parseRedirection } from '../src/redirection.js';
import { encodeRequest } from '../src/resp_request.js';

test('slots of known keys (A1 to A4)', () => {
  const slots: Record<string, number> = {
    '': 0,
    '123456789': 12739,
    foo: 12182,
    'user:1': 10778,
    '{user:1}:profile': 10778,
    '{}': 15257,
    '{}{a}': 13650,
    'foo{}{bar}': 8363,
    'foo{{bar}}zap': 4015,
    'foo{bar}{zap}': 5061,
    'a}{b}c': 3300,
    '{a': 10276,
    '}{a}': 15495,
    '\0': 0,
  };
  for (const [key, slot] of Object.entries(slots)) {
    assert.equal(keySlot(key), slot, key);
    assert.equal(keySlot(Buffer.from(key)), slot, key);
  }
  assert.equal(keySlot(Uint8Array.of(0xff, 0xfe)), 3374); // Rule A3.
});

test('hash tags are counted in bytes (A2)', () => {
  assert.equal(hashTagRange('{}{a}'), undefined);
  assert.equal(hashTagRange('}{a'), undefined);
  assert.deepEqual(hashTagRange('é{ü}'), { offset: 3, length: 2 });
});

test('redirections (F2, F3)', () => {
  const sender = { host: '10.0.0.9', port: 1 };
  const read = (error: string) => parseRedirection(error, sender);
  assert.deepEqual(read('MOVED 3999 127.0.0.1:6381'), {
    kind: 'moved',
    slot: 3999,
    target: { host: '127.0.0.1', port: 6381 },
  });
  assert.deepEqual(read('ASK 0 fe80::1:6381')?.target, {
    host: 'fe80::1',
    port: 6381,
  });
  assert.deepEqual(read('MOVED 1 :7')?.target, { host: '10.0.0.9', port: 7 });
  for (const error of [
    'ERR MOVED 1 a:1',
    'MOVED',
    'MOVED 1',
    'MOVED 1 a',
    'MOVED 1 ?:7000',
    'MOVED 16384 a:1',
    'MOVED -1 a:1',
    'MOVED 1 a:0',
    'MOVED 1 a:65536',
    'MOVED 1 a:1 b',
    'MOVED x a:1',
  ]) {
    assert.equal(read(error), undefined, error);
  }
  assert.equal(endpointText({ host: '::1', port: 7 }), '[::1]:7');
});

test('arguments become bytes', () => {
  const view = new Uint8Array([1, 2, 3]).subarray(1);
  assert.deepEqual(encodeCommand(['é', view, 1.5, -7, 2n ** 64n]), [
    Buffer.from([0xc3, 0xa9]),
    Buffer.from([2, 3]),
    Buffer.from('1.5'),
    Buffer.from('-7'),
    Buffer.from('18446744073709551616'),
  ]);
});

test('what is no argument is refused, not stored as "undefined"', () => {
  const holes = ['SET', 'k'];
  holes[3] = 'v';
  for (const bad of [undefined, null, {}, [], Number.NaN, Infinity, true]) {
    assert.throws(() => encodeCommand(['SET', 'k', bad as never]), {
      name: 'TypeError',
      message: /^Argument 2 /,
    });
  }
  assert.throws(() => encodeCommand(holes), TypeError);
});

test('requests are arrays of bulk strings, whatever the bytes', () => {
  const request = [
    Buffer.from('SET'),
    Buffer.from([0, 13, 10, 255]),
    Buffer.alloc(0),
  ];
  assert.deepEqual(
    encodeRequest(request),
    Buffer.from('*3\r\n$3\r\nSET\r\n$4\r\n\0\r\n\xff\r\n$0\r\n\r\n', 'latin1'),
  );
});

test('backoff doubles up to its limit and reaches down to nothing (F4)', () => {
  const options = { firstMs: 10, maxMs: 500 };
  const longest = [0, 1, 2, 6, 1000].map((retry) =>
    backoffDelayMs(options, retry, 1),
  );
  assert.deepEqual(longest, [10, 20, 40, 500, 500]);
  assert.equal(backoffDelayMs(options, 5, 0), 0);
});
