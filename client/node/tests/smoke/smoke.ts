// SPDX-License-Identifier: Apache-2.0
// A program as a user of the package would write it, run where only the package
// and ioredis are installed. PLANNER is the server in front of a real cluster;
// without it, only what needs no server is tried.
import assert from 'node:assert/strict';
import {
  CommandRefusedError,
  ErrorReply,
  keySlot,
  NodeReplyError,
  NotRunError,
  PartsFailedError,
  SlotPlanner,
} from 'slotplanner';

async function withoutServer(): Promise<void> {
  assert.equal(keySlot('123456789'), 12739);
  const slots = new SlotPlanner({ planner: '127.0.0.1:1', timeoutMs: 200 });
  await assert.rejects(slots.mget('a'), (error) => {
    assert(error instanceof NotRunError);
    // Whichever was noticed last: nobody listens there, or time was up.
    assert.match(error.code, /^(UNAVAILABLE|DEADLINE_EXCEEDED)$/);
    return true;
  });
  await assert.rejects(slots.mget(undefined as never), TypeError);
  const signal = AbortSignal.abort(new Error('no longer wanted'));
  await assert.rejects(slots.with({ signal }).mget('a'), {
    code: 'CANCELLED',
    cause: signal.reason,
  });
  slots.close();
}

async function keysInManySlots(slots: SlotPlanner): Promise<void> {
  const names = Array.from({ length: 1000 }, (_, i) => `key:${i}`);
  await slots.mset(new Map(names.map((name) => [name, `value of ${name}`])));
  // Rules C5, E1: duplicates stay, and so does the order.
  const asked = [...names, 'key:7', 'none'].reverse();
  const values = await slots.mget(...asked);
  assert.deepEqual(
    values.map((value) => value?.toString()),
    asked.map((name) => (name === 'none' ? undefined : `value of ${name}`)),
  );
  assert.equal(await slots.exists('key:1', 'key:2', 'key:1', 'none'), 3);
  assert.equal(await slots.touch('key:1', 'none'), 1);
  assert.equal(await slots.unlink('key:1', 'key:2', 'none'), 2);
  assert.equal(await slots.del(...names), 998);
}

async function bytesAndBigIntegers(slots: SlotPlanner): Promise<void> {
  const key = Buffer.from([0, 13, 10, 255]);
  const value = new Uint8Array([255, 0, 36, 13, 10]);
  await slots.mset([
    [key, value],
    ['empty', ''],
  ]);
  assert.deepEqual(await slots.mget(key, 'empty'), [
    Buffer.from(value),
    Buffer.alloc(0),
  ]);
  await slots.execute(['SET', 'n', 2n ** 63n - 2n]);
  assert.equal(await slots.execute(['INCR', 'n']), 9223372036854775807n);
  assert.equal(await slots.execute(['STRLEN', 'n']), 19);
}

async function errors(slots: SlotPlanner): Promise<void> {
  await slots.execute(['SET', 'text', 'x']);
  await slots.del('list', 'text:2');
  await slots.execute(['LPUSH', 'list', 'x']);
  await assert.rejects(slots.execute(['LPUSH', 'text', 'x']), (error) => {
    assert(error instanceof NodeReplyError);
    assert.equal(error.code, 'WRONGTYPE');
    assert.match(error.node, /^127\.0\.0\.1:\d+$/);
    return true;
  });
  await assert.rejects(slots.execute(['RENAME', 'text', 'list']), (error) => {
    assert(error instanceof CommandRefusedError);
    assert.equal(error.reason, 'REFUSAL_REASON_CROSS_SLOT');
    assert.deepEqual(
      error.keys.map(({ slot }) => slot).sort(),
      [keySlot('text'), keySlot('list')].sort(),
    );
    assert(error.remedies.length > 0);
    return true;
  });
  const atomic = slots.with({ splitPolicy: 'atomic' });
  await assert.rejects(atomic.mget('text', 'list'), CommandRefusedError);
}

async function transaction(slots: SlotPlanner): Promise<void> {
  await slots.mset({ '{t}a': 1, '{t}b': 'no number' });
  const results = await slots.executeBatch([
    ['MULTI'],
    ['INCR', '{t}a'],
    ['INCR', '{t}b'],
    ['EXEC'],
    ['GET', '{t}a'],
  ]);
  const exec = results[3]?.reply;
  assert(Array.isArray(exec));
  assert.equal(exec[0], 2);
  assert(exec[1] instanceof ErrorReply); // As a value: nothing is thrown away.
  assert.deepEqual(results[4]?.reply, Buffer.from('2'));
  assert.equal(results[4]?.parts[0]?.outcome, 'applied');
}

async function manyCallsAtOnce(slots: SlotPlanner): Promise<void> {
  await Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      await slots.mset({ [`c:${i}`]: i, [`d:${i}`]: -i });
      assert.deepEqual(await slots.mget(`d:${i}`, `c:${i}`), [
        Buffer.from(String(-i)),
        Buffer.from(String(i)),
      ]);
    }),
  );
}

// A call that is aborted ends then, not when the node answers.
async function abortedWhileANodeIsWorking(slots: SlotPlanner): Promise<void> {
  const abort = new AbortController();
  const started = performance.now();
  setTimeout(() => abort.abort(), 200);
  const call = slots
    .with({ signal: abort.signal, timeoutMs: 60_000 })
    .execute(['BLPOP', 'nothing comes', 30]);
  await assert.rejects(call, (error) => {
    assert(error instanceof PartsFailedError);
    assert.equal(error.parts[0]?.outcome, 'unknown');
    assert.equal(error.parts[0]?.cause?.code, 'CANCELLED');
    return true;
  });
  assert(performance.now() - started < 10_000);
}

async function main(): Promise<void> {
  await withoutServer();
  const planner = process.env.PLANNER;
  if (planner !== undefined) {
    const slots = new SlotPlanner({ planner, timeoutMs: 20_000 });
    await keysInManySlots(slots);
    await bytesAndBigIntegers(slots);
    await errors(slots);
    await transaction(slots);
    await manyCallsAtOnce(slots);
    await abortedWhileANodeIsWorking(slots);
    // `await using`, where the runtime knows it.
    const { asyncDispose } = Symbol as { readonly asyncDispose?: symbol };
    if (asyncDispose) {
      const disposable = slots as unknown as Record<
        symbol,
        () => Promise<void>
      >;
      await disposable[asyncDispose]?.();
    } else {
      slots.close();
    }
    await assert.rejects(slots.mget('a'), NotRunError);
  }
  console.log(`smoke: passed, ${planner ? 'with' : 'without'} a server`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
