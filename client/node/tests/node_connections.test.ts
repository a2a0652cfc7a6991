// SPDX-License-Identifier: Apache-2.0
// Connections to nodes, by each driver, over real sockets.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { connectByIoredis } from '../src/ioredis_driver.js';
import type { Driver, NodeConnection } from '../src/node_connection.js';
import { NodeConnections } from '../src/node_connections.js';
import { ErrorReply, type Reply } from '../src/reply.js';
import { connectBySocket } from '../src/socket_driver.js';
import { type Answer, FakeNode } from './fake_node.js';
import { words } from './ran_batch.js';

const DRIVERS: Record<string, Driver> = {
  sockets: connectBySocket,
  ioredis: connectByIoredis,
};

const OK = '+OK\r\n';

// The replies, or how it broke.
function call(
  connection: NodeConnection,
  ...texts: string[]
): Promise<Reply[]> {
  return new Promise((resolve, reject) => {
    const replies: Reply[] = [];
    connection.listener = {
      onReply: (reply) => {
        if (replies.push(reply) === texts.length) resolve(replies);
      },
      onBroken: (cause) => reject(new Error(`${cause.code} ${cause.message}`)),
    };
    connection.send(texts.map(words));
  });
}

// The same test with each driver and a node of its own.
function testEach(
  name: string,
  answer: Answer,
  run: (node: FakeNode, driver: Driver) => Promise<void>,
): void {
  for (const [driverName, driver] of Object.entries(DRIVERS)) {
    test(`${name}, by ${driverName}`, { timeout: 20_000 }, async () => {
      const node = await FakeNode.start(answer);
      try {
        await run(node, driver);
      } finally {
        await node.stop();
      }
    });
  }
}

testEach(
  'replies are what the node sent',
  () =>
    '*7\r\n:9223372036854775807\r\n:-0\r\n$-1\r\n*-1\r\n$5\r\n\0\r\n\xff{\r\n' +
    '+\r\n*1\r\n-ERR nested\r\n',
  async (node, driver) => {
    const connection = await driver(node.endpoint, undefined, 1000);
    // Commands that drivers have their own ideas of.
    for (const text of ['hgetall h', 'EXEC', 'ssubscribe c', 'quit']) {
      const [reply] = await call(connection, text);
      assert.deepEqual(reply, [
        9223372036854775807n,
        0,
        null,
        null,
        Buffer.from('\0\r\n\xff{', 'latin1'),
        Buffer.alloc(0),
        [new ErrorReply('ERR nested')],
      ]);
    }
    assert.deepEqual(node.received, [
      'hgetall h',
      'EXEC',
      'ssubscribe c',
      'quit',
    ]);
    connection.close();
  },
);

testEach(
  'nothing is sent but what the caller sends, and after AUTH and READONLY',
  () => OK,
  async (node, driver) => {
    const options = { username: 'u', password: async () => 'p' };
    const connections = new NodeConnections(driver, options);
    const connection = await connections.open(node.endpoint, true);
    await call(connection, 'GET a', 'GET b');
    assert.deepEqual(node.received, ['AUTH u p', 'READONLY', 'GET a', 'GET b']);
    connection.close();
  },
);

testEach(
  'a refused password or READONLY fails the connection, in no more words',
  (request) =>
    request === 'AUTH secret' || request === 'READONLY'
      ? '-WRONGPASS invalid secret\r\n'
      : OK,
  async (node, driver) => {
    const refused = new NodeConnections(driver, { password: 'secret' });
    const { port } = node.endpoint;
    await assert.rejects(refused.open(node.endpoint, false), {
      code: 'UNAUTHENTICATED',
      message: `Node 127.0.0.1:${port}: it refuses AUTH with WRONGPASS.`,
    });
    const readonly = new NodeConnections(driver, { password: 'other' });
    await assert.rejects(readonly.open(node.endpoint, true), {
      code: 'FAILED_PRECONDITION',
      message: `Node 127.0.0.1:${port}: it refuses READONLY with WRONGPASS.`,
    });
    const unreadable = new NodeConnections(driver, {
      password: () => {
        throw new Error('no file "secret"');
      },
    });
    await assert.rejects(unreadable.open(node.endpoint, false), {
      code: 'INVALID_ARGUMENT',
      message: 'The password of the nodes cannot be read.',
    });
  },
);

testEach(
  'a node that is silent or gone is given up on',
  () => '',
  async (node, driver) => {
    const options = { password: 'p', connectTimeoutMs: 100 };
    const connections = new NodeConnections(driver, options);
    const { endpoint } = node;
    await assert.rejects(connections.open(endpoint, false), {
      code: 'UNAVAILABLE',
      message: /^Node 127\.0\.0\.1:\d+: no answer in time while connecting\.$/,
    });
    await node.stop();
    await assert.rejects(connections.open(endpoint, false), {
      code: 'UNAVAILABLE',
      message: /^Node 127\.0\.0\.1:\d+: .*ECONNREFUSED.*\.$/,
    });
  },
);

testEach(
  'connections are used again, in their own mode, until the node ends them',
  () => OK,
  async (node, driver) => {
    const connections = new NodeConnections(driver, {});
    const { endpoint } = node;
    const first = await connections.open(endpoint, false);
    connections.giveBack(endpoint, false, first);
    assert.equal(connections.takeIdle(endpoint, true), undefined); // Rule D2.
    assert.equal(connections.takeIdle(endpoint, false), first);
    assert.equal(connections.takeIdle(endpoint, false), undefined);
    await call(first, 'PING');
    connections.giveBack(endpoint, false, first);
    await node.hangUp();
    assert.equal(connections.takeIdle(endpoint, false), undefined);

    const second = await connections.open(endpoint, true);
    connections.giveBack(endpoint, true, second);
    connections.forget(endpoint); // Rule F3.
    assert.equal(connections.takeIdle(endpoint, true), undefined);

    const third = await connections.open(endpoint, false);
    connections.close();
    connections.giveBack(endpoint, false, third);
    assert(!third.isUsable);
    await assert.rejects(connections.open(endpoint, false), {
      code: 'UNAVAILABLE',
    });
  },
);

testEach(
  'what is in flight when a connection breaks is not sent again (E4)',
  (request) => (request === 'INCR b' ? null : ':1\r\n'),
  async (node, driver) => {
    const connection = await driver(node.endpoint, undefined, 1000);
    await assert.rejects(call(connection, 'INCR a', 'INCR b', 'INCR c'), {
      message: /^UNAVAILABLE /,
    });
    assert(!connection.isUsable);
    assert.deepEqual(node.received.slice(0, 2), ['INCR a', 'INCR b']);
    assert.equal(node.received.filter((text) => text === 'INCR b').length, 1);
  },
);

testEach(
  'bytes that are no RESP2 break the connection',
  () => '@2\r\n',
  async (node, driver) => {
    const connection = await driver(node.endpoint, undefined, 1000);
    await assert.rejects(call(connection, 'GET a'), {
      message: /^UNAVAILABLE /,
    });
    assert(!connection.isUsable);
  },
);

test('errors keep their bytes, by sockets', async () => {
  const node = await FakeNode.start(() => '-ERR no \xff\r\n');
  const connection = await connectBySocket(node.endpoint, undefined, 1000);
  const [reply] = await call(connection, 'GET a');
  assert(reply instanceof ErrorReply);
  assert.deepEqual(reply.bytes, Buffer.from('ERR no \xff', 'latin1'));
  assert.equal(reply.text, 'ERR no \ufffd');
  connection.close();
  await node.stop();
});

const tlsFiles = process.env.TLS_FILES;

for (const [name, driver] of Object.entries(DRIVERS)) {
  const skip = tlsFiles === undefined && 'TLS_FILES is not set';
  test(`TLS, and who is not trusted, by ${name}`, { skip }, async () => {
    const read = (file: string) => readFileSync(join(tlsFiles ?? '', file));
    const [ca, cert, key] = ['ca.crt', 'server.crt', 'server.key'].map(read);
    const node = await FakeNode.start(() => OK, {
      ca,
      cert,
      key,
      requestCert: true,
    });
    const own = { cert: read('client.crt'), key: read('client.key') };
    const connections = new NodeConnections(driver, { tls: { ca, ...own } });
    const connection = await connections.open(node.endpoint, false);
    assert.deepEqual(await call(connection, 'PING'), [Buffer.from('OK')]);
    connection.close();
    for (const tls of [true, { ca: cert }] as const) {
      const distrustful = new NodeConnections(driver, { tls });
      await assert.rejects(distrustful.open(node.endpoint, false), {
        code: 'UNAVAILABLE',
      });
    }
    await node.stop();
  });
}
