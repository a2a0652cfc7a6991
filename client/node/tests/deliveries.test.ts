// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { groupIntoDeliveries } from '../src/deliveries.js';
import type { PlannedPart } from '../src/planned_parts.js';
import { words } from './ran_batch.js';

// Parts as in "1 GET a, 2 GET b": the port of a node, then the command.
function parts(text: string): PlannedPart[] {
  return text.split(', ').map((line) => {
    const [port, ...command] = line.split(' ');
    return {
      endpoint: { host: 'n', port: Number(port) },
      requiresReadonly: false,
      commandIndex: 0,
      partIndex: 0,
      slot: command.includes('s') ? 15495 : undefined,
      args: words(command.join(' ')),
      argIndexes: [],
      replyPositions: [],
    };
  });
}

// The steps of each stage, as in "WATCH of 1 | MULTI,EXEC of 1".
function stepsOf(...stages: string[]): string[] {
  const grouped = groupIntoDeliveries(stages.map(parts));
  return grouped.stages.map((steps) =>
    steps
      .map(({ delivery, first, end }) => {
        const own = grouped.deliveries[delivery]?.parts.slice(first, end);
        return `${own?.map(({ args }) => args[0]).join(',')} of ${delivery}`;
      })
      .join(' | '),
  );
}

test('commands go alone', () => {
  assert.deepEqual(stepsOf('1 GET a, 2 GET b', '1 BLPOP a 0'), [
    'GET of 0 | GET of 1',
    'BLPOP of 2',
  ]);
});

test('a transaction goes in one piece (D3)', () => {
  assert.deepEqual(
    stepsOf('1 multi, 1 SET a 1, 1 exec, 1 GET a, 1 MULTI, 1 DISCARD'),
    ['multi,SET,exec of 0 | GET of 1 | MULTI,DISCARD of 2'],
  );
});

test('a transaction has the watches before it (D3)', () => {
  const stages = [
    '1 WATCH a, 1 GET a, 1 WATCH b, 2 MULTI, 2 EXEC',
    '1 MULTI, 1 GET s, 1 EXEC',
  ];
  assert.deepEqual(stepsOf(...stages), [
    'WATCH of 2 | GET of 0 | WATCH of 2 | MULTI,EXEC of 1',
    'MULTI,GET,EXEC of 2',
  ]);
  const [, , transaction] = groupIntoDeliveries(stages.map(parts)).deliveries;
  assert.equal(transaction?.kind, 'transaction');
  assert.equal(transaction?.watchCount, 2);
  assert.equal(transaction?.slot, 15495);
});

test('a watch that no transaction follows goes alone', () => {
  const stages = ['1 WATCH a, 1 UNWATCH, 1 MULTI, 1 EXEC, 1 WATCH b'];
  const { deliveries } = groupIntoDeliveries(stages.map(parts));
  assert.deepEqual(
    deliveries.map(({ kind }) => kind),
    ['watch', 'unwatch', 'transaction', 'watch'],
  );
  assert.deepEqual(stepsOf(...stages), [
    'WATCH of 0 | UNWATCH of 1 | MULTI,EXEC of 2 | WATCH of 3',
  ]);
});

test('refuses a transaction in pieces', () => {
  for (const stages of [
    ['1 MULTI, 1 SET a 1'],
    ['1 EXEC'],
    ['1 DISCARD'],
    ['1 MULTI, 2 EXEC'],
    ['1 MULTI', '1 EXEC'],
  ]) {
    assert.throws(() => stepsOf(...stages), { code: 'INVALID_ARGUMENT' });
  }
});
