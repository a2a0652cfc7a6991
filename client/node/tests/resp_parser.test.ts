// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { ErrorReply, type Reply } from '../src/reply.js';
import { ProtocolError, RespParser } from '../src/resp_parser.js';

function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function parse(text: string): Reply[] {
  return new RespParser().push(bytes(text));
}

const STREAM =
  '+OK\r\n-ERR \xff\r\n:-9223372036854775808\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n' +
  '*2\r\n*3\r\n$2\r\n\r\n\r\n:1\r\n*0\r\n*1\r\n-E\r\n:+7\r\n';

const REPLIES: Reply[] = [
  bytes('OK'),
  new ErrorReply(bytes('ERR \xff')),
  -(2n ** 63n),
  Buffer.alloc(0),
  null,
  null,
  [],
  [[bytes('\r\n'), 1, []], [new ErrorReply('E')]],
  7,
];

test('reads every kind of reply', () => {
  assert.deepEqual(parse(STREAM), REPLIES);
});

test('pieces may be of any size', () => {
  for (let size = 1; size < 12; ++size) {
    const parser = new RespParser();
    const replies: Reply[] = [];
    for (let i = 0; i < STREAM.length; i += size) {
      replies.push(...parser.push(bytes(STREAM.slice(i, i + size))));
    }
    assert.deepEqual(replies, REPLIES, `in pieces of ${size}`);
  }
});

test('integers keep every digit', () => {
  assert.deepEqual(
    parse(':9007199254740991\r\n:9007199254740992\r\n:-9007199254740993\r\n'),
    [9007199254740991, 9007199254740992n, -9007199254740993n],
  );
});

test('a large reply in small pieces takes time in proportion', {
  timeout: 30_000,
}, () => {
  const parser = new RespParser();
  const size = 32 << 20;
  const piece = Buffer.alloc(4 << 10, 'x');
  parser.push(bytes(`*2\r\n$${size}\r\n`));
  for (let sent = 0; sent < size; sent += piece.length) {
    assert.deepEqual(parser.push(piece), []);
  }
  const [reply] = parser.push(bytes('\r\n:1\r\n'));
  assert(Array.isArray(reply) && Buffer.isBuffer(reply[0]));
  assert.equal(reply[0].length, size);
});

test('what is no RESP2 is refused, whatever it declares', () => {
  for (const text of [
    '@x\r\n',
    '%1\r\n', // RESP3.
    '_\r\n',
    'OK\r\n',
    ':1.5\r\n',
    ':\r\n',
    ':1x\r\n',
    '+a\rb\r\n',
    '$-2\r\n',
    '$x\r\n',
    '$536870913\r\n',
    '*-2\r\n',
    '*99999999999\r\n',
    '$1\r\nab\r\n',
    '*1\r\n'.repeat(100),
    `+${'x'.repeat(70_000)}`,
  ]) {
    assert.throws(() => parse(text), ProtocolError, JSON.stringify(text));
  }
  // Believed, but nothing is set aside for it.
  assert.deepEqual(parse('*2147483647\r\n$536870912\r\n'), []);
});
