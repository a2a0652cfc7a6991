// SPDX-License-Identifier: Apache-2.0
// Calls that overlap.
import assert from 'node:assert/strict';
import test from 'node:test';
import { CallLimit } from '../src/call_limit.js';
import { Deadline } from '../src/deadline.js';
import { NotRunError } from '../src/errors.js';
import {
  type KeyPositionsPlanner,
  MaskingPlanner,
} from '../src/masking_planner.js';
import type { KeyPositions } from '../src/messages.js';
import { planOf, RanBatch } from './ran_batch.js';

// A promise, and how to settle it.
function later<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: Error) => void;
} {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((onDone, onError) => {
    resolve = onDone;
    reject = onError;
  });
  return { promise, resolve, reject };
}

function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('calls beyond the limit wait for their turn, in their order', async () => {
  const limit = new CallLimit(2);
  const works = [0, 1, 2, 3].map(() => later<number>());
  const started: number[] = [];
  const calls = works.map(({ promise }, i) =>
    limit.run(Deadline.after(60_000), () => {
      started.push(i);
      return promise;
    }),
  );
  await turnOfEventLoop();
  assert.deepEqual(started, [0, 1]);
  works[1]?.reject(new Error('failed'));
  await assert.rejects(calls[1] as Promise<number>, { message: 'failed' });
  await turnOfEventLoop();
  assert.deepEqual(started, [0, 1, 2]);
  works[0]?.resolve(10);
  works[2]?.resolve(12);
  works[3]?.resolve(13);
  assert.equal(await calls[3], 13);
  // All places are free again.
  assert.equal(await limit.run(Deadline.after(60_000), async () => 7), 7);
});

test('a call whose time is over while it waits is not run', async () => {
  const limit = new CallLimit(1);
  const first = later<number>();
  const running = limit.run(Deadline.after(60_000), () => first.promise);
  const abort = new AbortController();
  const waiting = limit.run(Deadline.after(60_000, abort.signal), async () =>
    assert.fail('it ran'),
  );
  const late = limit.run(Deadline.after(5), async () => assert.fail('it ran'));
  await assert.rejects(late, { code: 'DEADLINE_EXCEEDED' });
  abort.abort();
  await assert.rejects(waiting, { code: 'CANCELLED' });
  first.resolve(1);
  assert.equal(await running, 1);
  assert.equal(await limit.run(Deadline.after(60_000), async () => 2), 2);
});

test('many first calls fetch key positions once, and again if that fails', async () => {
  const fetches: ReturnType<typeof later<KeyPositions[]>>[] = [];
  const planner: KeyPositionsPlanner = {
    getKeyPositions: () => {
      const fetch = later<KeyPositions[]>();
      fetches.push(fetch);
      return fetch.promise;
    },
    planBatch: async () => planOf([], []),
    reportRedirection: async () => {},
  };
  const masking = new MaskingPlanner(planner);
  const request = new RanBatch().command('PING').request();
  const plan = (timeoutMs = 60_000) =>
    masking.planBatch(request, Deadline.after(timeoutMs));
  const calls = [plan(), plan(), plan(), plan(5)];
  await assert.rejects(calls[3] as Promise<unknown>, {
    code: 'DEADLINE_EXCEEDED',
  });
  assert.equal(fetches.length, 1);
  const cause = { code: 'UNAVAILABLE', message: 'gone' } as const;
  fetches[0]?.reject(new NotRunError(cause));
  await assert.rejects(calls[0] as Promise<unknown>, { code: 'UNAVAILABLE' });
  await turnOfEventLoop();
  assert.equal(fetches.length, 2);
  fetches[1]?.resolve([]);
  await Promise.all(calls.slice(1, 3));
  assert.equal(fetches.length, 2);
});
