// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import type { MergeOperation } from '../src/messages.js';
import { ErrorReply, type Reply } from '../src/reply.js';
import { canMerge, mergeReplies, type PartResult } from '../src/reply_merge.js';
import { applied, failed, notSent, type Outcome } from './ran_batch.js';

const OPERATIONS = [
  'SINGLE',
  'GATHER',
  'SUM',
  'MIN',
  'MAX',
  'LOGICAL_AND',
  'LOGICAL_OR',
  'ALL_SUCCEEDED',
  'ONE_SUCCEEDED',
  'CONCATENATE',
  'BY_NODE',
  'FIRST_NOT_NIL',
] as const;

type Name = (typeof OPERATIONS)[number];

function part(outcome: Outcome, more: Partial<PartResult> = {}): PartResult {
  return {
    node: '10.0.0.1:7000',
    argIndexes: [],
    replyPositions: [],
    ...outcome,
    ...more,
  };
}

function merged(name: Name, outcomes: (Outcome | PartResult)[]): Reply {
  return mergeReplies(
    `MERGE_OPERATION_${name}`,
    outcomes.map((outcome) => part(outcome, outcome)),
  );
}

function ofReplies(name: Name, ...replies: Reply[]): Reply {
  return merged(
    name,
    replies.map((reply) => applied(reply)),
  );
}

function errorOf(reply: Reply): string {
  assert(reply instanceof ErrorReply, 'an error is expected');
  return reply.text;
}

test('gather places elements by position and not by arrival (E1, C5)', () => {
  const a = Buffer.from('a');
  const b = Buffer.from('b');
  const error = new ErrorReply('ERR x');
  assert.deepEqual(
    merged('GATHER', [
      part(applied([b, null]), { replyPositions: [2, 0] }),
      part(applied([a, error]), { replyPositions: [1, 3] }),
    ]),
    [null, a, b, error],
  );
});

test('gather refuses what does not fit', () => {
  for (const [reply, replyPositions] of [
    [[null], [0, 1]],
    [1, [0]],
    [null, [0]],
    [[null], [1]],
    [[null], [-1]],
    [
      [null, null],
      [0, 0],
    ],
  ] as [Reply, number[]][]) {
    const parts = [part(applied(reply), { replyPositions })];
    assert.match(errorOf(merged('GATHER', parts)), /^UNMERGEABLE /);
  }
});

test('integers are folded, element by element (C7)', () => {
  assert.equal(ofReplies('SUM', 1, 2, 3), 6);
  assert.deepEqual(ofReplies('SUM', [1, 2], [10, 20]), [11, 22]);
  assert.equal(ofReplies('MIN', 3, -4), -4);
  assert.equal(ofReplies('MAX', 3, -4), 3);
  assert.deepEqual(ofReplies('LOGICAL_AND', [1, 1, 0], [1, 0, 0]), [1, 0, 0]);
  assert.deepEqual(ofReplies('LOGICAL_OR', [1, 1, 0], [1, 0, 0]), [1, 1, 0]);
  assert.equal(ofReplies('LOGICAL_AND', 5), 1);
});

test('no digit of a 64-bit integer is lost, and no overflow passes', () => {
  const max = 2n ** 63n - 1n;
  assert.equal(ofReplies('SUM', 2 ** 53 - 1, 2), 2n ** 53n + 1n);
  assert.equal(ofReplies('SUM', max, -1), max - 1n);
  assert.equal(ofReplies('MAX', max, max - 1n), max);
  assert.equal(ofReplies('MIN', -max, 5), -max);
  assert.match(errorOf(ofReplies('SUM', max, 1)), /^UNMERGEABLE .* too large/);
});

test('integers of other shapes are not folded', () => {
  for (const replies of [
    [1, [1]],
    [[1], [1, 2]],
    [1, null],
    [1, Buffer.from('1')],
    [[1], [null]],
  ] as Reply[][]) {
    for (const name of ['SUM', 'MIN', 'LOGICAL_OR'] as const) {
      assert.match(errorOf(ofReplies(name, ...replies)), /^UNMERGEABLE /);
    }
  }
});

test('the other operations', () => {
  const [a, b] = [Buffer.from('a'), Buffer.from('b')];
  assert.equal(ofReplies('SINGLE', a), a);
  assert.match(errorOf(ofReplies('SINGLE', a, b)), /^UNMERGEABLE One part/);
  assert.equal(ofReplies('ALL_SUCCEEDED', a, b), a);
  assert.equal(merged('ONE_SUCCEEDED', [failed('NOTBUSY'), applied(a)]), a);
  assert.deepEqual(ofReplies('CONCATENATE', [a], [], [b]), [a, b]);
  assert.match(errorOf(ofReplies('CONCATENATE', [a], null)), /^UNMERGEABLE /);
  assert.deepEqual(ofReplies('BY_NODE', a), [
    [Buffer.from('10.0.0.1:7000'), a],
  ]);
  assert.equal(ofReplies('FIRST_NOT_NIL', null, b, a), b);
  assert.equal(ofReplies('FIRST_NOT_NIL', null, null), null);
});

test('an error that all parts met is passed on as it is (E2)', () => {
  for (const name of OPERATIONS) {
    const outcomes = [failed('ERR syntax'), failed('ERR syntax')];
    assert.equal(errorOf(merged(name, outcomes)), 'ERR syntax');
  }
});

test('one error among replies is never dropped (E2)', () => {
  for (const name of OPERATIONS) {
    if (name === 'ONE_SUCCEEDED') continue;
    for (const bad of [failed('OOM'), notSent()]) {
      const text = errorOf(merged(name, [applied(1), bad]));
      assert.match(text, /^PARTFAILED 1 of 2 parts were applied; /);
      assert.match(
        text,
        /: part 1 on 10\.0\.0\.1:7000: (OOM|refused); applied/,
      );
    }
  }
});

test('the error names all parts (E2, E3)', () => {
  const unavailable = (message: string) =>
    ({ code: 'UNAVAILABLE', message }) as const;
  assert.equal(
    errorOf(
      merged('SUM', [
        part(applied(), { node: 'a:1', argIndexes: [1, 2] }),
        part(failed('OOM not allowed'), { node: 'b:2', argIndexes: [3, 4] }),
        part(
          { outcome: 'unknown', cause: unavailable('closed') },
          { node: 'c:3', argIndexes: [5, 6] },
        ),
        part(
          { outcome: 'not_sent', cause: unavailable('refused') },
          { node: 'd:4', argIndexes: [7, 8] },
        ),
      ]),
    ),
    'PARTFAILED 1 of 4 parts were applied' +
      '; failed: part 1 on b:2 (arguments 3, 4): OOM not allowed' +
      '; unknown: part 2 on c:3 (arguments 5, 6): closed' +
      '; not sent: part 3 on d:4 (arguments 7, 8): refused' +
      '; applied: part 0 on a:1 (arguments 1, 2)',
  );
});

test('the error of thousands of parts stays readable', () => {
  const argIndexes = new Array(1000).fill(7);
  const parts = Array.from({ length: 5000 }, (_, i) =>
    part(failed(i === 4999 ? 'OOM' : 'LOADING'), { argIndexes }),
  );
  const text = errorOf(merged('SUM', parts));
  assert(text.includes('(arguments 7, 7, 7, 7, 7, 7, 7, 7 and 992 more)'));
  assert(text.endsWith(' and 4992 more'));
  assert(text.length < 1000);
});

test('knows every operation of the API and no other', () => {
  for (const name of OPERATIONS) assert(canMerge(`MERGE_OPERATION_${name}`));
  assert(!canMerge('MERGE_OPERATION_UNSPECIFIED'));
  // A newer planner's, as the codec gives it.
  const newer = 1000 as unknown as MergeOperation;
  assert(!canMerge(newer));
  assert.match(errorOf(mergeReplies(newer, [])), /operation 1000 is not known/);
  assert.match(errorOf(merged('SUM', [])), /There is no part/);
});
