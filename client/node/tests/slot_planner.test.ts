// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { SlotPlanner } from '../src/index.js';

const planner = '127.0.0.1:1';

test('options that make no sense are refused by name', () => {
  for (const [options, message] of [
    [{}, /^Option planner /],
    [{ planner: '' }, /^Option planner /],
    [{ planner, timeoutMs: -1 }, /^Option timeoutMs /],
    [{ planner, timeoutMs: 'x' }, /^Option timeoutMs /],
    [{ planner, maxConcurrentCalls: 0 }, /^Option maxConcurrentCalls /],
    [{ planner, readPreference: 'slave' }, /^Option readPreference /],
    [{ planner, splitPolicy: 'SPLIT' }, /^Option splitPolicy .* atomic, split/],
  ] as const) {
    assert.throws(() => new SlotPlanner(options as never), { message });
  }
  const slots = new SlotPlanner({ planner });
  assert.throws(
    () => slots.with({ readPreference: 'any' as never }),
    TypeError,
  );
  slots.close();
});

test('a call that is aborted before it begins says why', async () => {
  const slots = new SlotPlanner({ planner, maxConcurrentCalls: 1 });
  const abort = new AbortController();
  const calls = ['a', 'b'].map((key) =>
    slots.with({ signal: abort.signal, timeoutMs: 60_000 }).mget(key),
  );
  const reason = new Error('no longer wanted');
  abort.abort(reason);
  for (const call of calls) {
    await assert.rejects(call, {
      name: 'NotRunError',
      code: 'CANCELLED',
      cause: reason,
    });
  }
  slots.close();
});
