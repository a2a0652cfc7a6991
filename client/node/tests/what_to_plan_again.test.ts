// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { whatToPlanAgain } from '../src/what_to_plan_again.js';
import {
  applied,
  failed,
  notSent,
  type Outcome,
  RanBatch,
  unknown,
} from './ran_batch.js';

const SAFE = 'RETRY_SAFETY_SAFE';
const SAME_STATE = 'RETRY_SAFETY_SAME_STATE';
const UNSAFE = 'RETRY_SAFETY_UNSAFE';
const FAN_OUT = 'VERDICT_FAN_OUT';
const SPLIT = 'VERDICT_SPLIT';
const ANY_NODE = 'VERDICT_ANY_NODE';
const ALL = 'MERGE_OPERATION_ALL_SUCCEEDED';

// As in "0" for a whole command and "1.2" for a part of one.
function againOf({ commands, plan, results }: RanBatch): string[] {
  return whatToPlanAgain(commands, plan, results).map(
    ({ commandIndex, partIndex }) =>
      partIndex === undefined
        ? `${commandIndex}`
        : `${commandIndex}.${partIndex}`,
  );
}

test('is what no node can have executed (E3, E4)', () => {
  const cases: [
    Outcome,
    typeof SAFE | typeof SAME_STATE | typeof UNSAFE,
    boolean,
  ][] = [
    [applied(), SAFE, false],
    [notSent(), UNSAFE, true],
    [notSent('DEADLINE_EXCEEDED'), UNSAFE, true],
    [notSent('UNAUTHENTICATED'), SAFE, false],
    [notSent('FAILED_PRECONDITION'), SAFE, false],
    [notSent('CANCELLED'), SAFE, false],
    [unknown(), SAFE, true],
    [unknown(), SAME_STATE, false],
    [unknown(), UNSAFE, false],
    [failed('MOVED 1 10.0.0.1:7000'), UNSAFE, true],
    [failed('MOVED 1 ?:7000'), UNSAFE, true],
    [failed('ASK 1 10.0.0.1:7000'), UNSAFE, true],
    [failed('TRYAGAIN Multiple keys'), UNSAFE, true],
    [failed('CLUSTERDOWN The cluster is down'), UNSAFE, true],
    [failed('LOADING dataset'), UNSAFE, true],
    [failed('MASTERDOWN link'), SAFE, true],
    [failed("READONLY You can't write"), UNSAFE, true],
    [failed('WRONGTYPE bad'), SAFE, false],
    [failed('ERR MOVED 1 10.0.0.1:7000'), SAFE, false],
    [failed('MOVEDTO'), SAFE, false],
  ];
  for (const [outcome, safety, isAgain] of cases) {
    const batch = new RanBatch().command('GET a', safety).part(1, outcome);
    assert.deepEqual(
      againOf(batch),
      isAgain ? ['0'] : [],
      JSON.stringify(outcome),
    );
  }
});

test('a command for many nodes is one whole', () => {
  const cases: [
    typeof SAFE | typeof SAME_STATE | typeof UNSAFE,
    Outcome,
    Outcome,
    boolean,
  ][] = [
    [SAFE, applied(), notSent(), true],
    [SAFE, applied(), unknown(), true],
    [SAFE, applied(), applied(), false],
    [SAME_STATE, applied(), notSent(), false],
    [SAME_STATE, unknown(), notSent(), false],
    [UNSAFE, failed('CLUSTERDOWN'), notSent(), true],
  ];
  for (const [safety, first, second, isAgain] of cases) {
    const batch = new RanBatch()
      .command('DBSIZE', safety, FAN_OUT, 'MERGE_OPERATION_SUM')
      .part(undefined, first)
      .part(undefined, second);
    assert.deepEqual(againOf(batch), isAgain ? ['0'] : []);
  }
});

test('what speaks of its connection is not', () => {
  for (const text of ['WAIT 1 0', 'waitaof 1 1 0', 'UNWATCH', 'WATCH a']) {
    const batch = new RanBatch().command(text, SAFE, ANY_NODE);
    assert.deepEqual(againOf(batch.part(undefined, notSent())), [], text);
  }
});

test('nothing runs out of its order (D1, D4)', () => {
  const cases: [string, string, Outcome, string[]][] = [
    ['w1', 'w1', notSent(), ['0', '1']],
    ['w1', 'w1', applied(), []],
    ['w1', 'w1', unknown(), []],
    ['w1', 'w1', failed('WRONGTYPE'), []],
    ['w1', 'w1', notSent('UNAUTHENTICATED'), ['0']],
    ['w1', 'w2', applied(), ['0']],
    ['w1', 'r1', applied(), []],
    ['w1', 'r1', unknown(), ['0', '1']],
    ['r1', 'w1', applied(), []],
    ['r1', 'r1', applied(), ['0']],
    ['r1', 'w2', applied(), ['0']],
  ];
  for (const [first, second, outcome, again] of cases) {
    const batch = new RanBatch();
    for (const [what, result] of [
      [first, notSent()],
      [second, outcome],
    ] as const) {
      const isWrite = what.startsWith('w');
      batch.command(isWrite ? 'INCR a' : 'GET a', isWrite ? UNSAFE : SAFE);
      batch.part(Number(what[1]), result);
    }
    assert.deepEqual(againOf(batch), again, `${first} ${second}`);
  }
});

test('parts of one slot are in order', () => {
  const batch = (first: Outcome, second: Outcome) =>
    new RanBatch()
      .command('MSET a 1 a 2', SAME_STATE, SPLIT, ALL)
      .part(1, first, [0, 1, 2])
      .part(1, second, [0, 3, 4]);
  assert.deepEqual(againOf(batch(notSent(), applied())), []);
  assert.deepEqual(againOf(batch(applied(), notSent())), ['0.1']);
  assert.deepEqual(againOf(batch(notSent(), notSent())), ['0.0', '0.1']);
});

test('a command for many nodes has all slots (D4)', () => {
  const batch = new RanBatch()
    .command('INCR a')
    .part(1, notSent())
    .command('FLUSHALL', SAME_STATE, FAN_OUT, ALL)
    .part(undefined, applied())
    .part(undefined, applied());
  assert.deepEqual(againOf(batch), []);
});

test('a WAIT speaks only of writes that its node got (C8)', () => {
  const batch = (wait: Outcome) =>
    new RanBatch()
      .command('INCR a')
      .part(1, notSent())
      .command('GET b', SAFE)
      .part(2, notSent())
      .command('WAIT 1 0', UNSAFE, FAN_OUT, 'MERGE_OPERATION_MIN')
      .part(undefined, wait)
      .part(undefined, applied(1), [], [], 'other');
  assert.deepEqual(againOf(batch(notSent())), ['0', '1']);
  assert.deepEqual(againOf(batch(applied(1))), ['1']);
});

test('a transaction is one whole (D3)', () => {
  const queued = applied(Buffer.from('QUEUED'));
  const watchFailed = notSent('FAILED_PRECONDITION');
  const aborted = failed('EXECABORT Transaction discarded');
  const whole = ['0', '2', '3', '4'];
  const cases: [Outcome, Outcome, Outcome, Outcome, string[]][] = [
    [notSent(), notSent(), notSent(), notSent(), whole],
    [applied(), notSent(), notSent(), notSent(), whole],
    [failed('MOVED 1 n:1'), watchFailed, watchFailed, watchFailed, whole],
    [failed('NOPERM'), watchFailed, watchFailed, watchFailed, []],
    [applied(), applied(), failed('READONLY no'), aborted, whole],
    [applied(), applied(), failed('ERR syntax'), aborted, []],
    [applied(), applied(), queued, failed('MOVED 1 n:1'), whole],
    [applied(), applied(), queued, applied(null), []],
    [applied(), unknown(), unknown(), unknown(), []],
    // Without MULTI the node executes what follows.
    [applied(), failed('LOADING'), applied(), failed('ERR no MULTI'), []],
  ];
  for (const [watch, multi, incr, exec, again] of cases) {
    const batch = new RanBatch();
    batch.command('WATCH a').part(1, watch);
    batch.command('GET b', SAFE).part(2, applied());
    batch.command('MULTI').part(undefined, multi);
    batch.command('INCR a').part(1, incr);
    batch.command('EXEC').part(undefined, exec);
    assert.deepEqual(againOf(batch), again, JSON.stringify([watch, exec]));
  }
});
