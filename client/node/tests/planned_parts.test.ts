// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import type { NodePlan, PlannedCommand } from '../src/messages.js';
import { resolvePlan } from '../src/planned_parts.js';
import { commandPlan, nodePlan, planned, planOf, words } from './ran_batch.js';

const COMMANDS = [words('MGET a b'), words('GET c'), words('RENAME d e')];

// Each part with the command's name, spaces between.
function plan(...stages: NodePlan[][]) {
  return planOf(
    [
      commandPlan({ partCount: 2, verdict: 'VERDICT_SPLIT' }),
      commandPlan({ partCount: 1 }),
      commandPlan({ verdict: 'VERDICT_REFUSED' }),
    ],
    stages,
  );
}

const MGET_B = planned(0, 1, { argIndexes: [0, 2], slot: 3 });
const MGET_A = planned(0, 0, { argIndexes: [-1, 1], replyPositions: [0] });
const GET_C = planned(1, 0, { slot: 0 });

test('gives the parts of each stage in order', () => {
  const made = plan(
    [nodePlan('n', [MGET_B]), nodePlan('::1', [MGET_A], 7001)],
    [nodePlan('n', [GET_C])],
  );
  made.literals.push(Buffer.from('mget'));
  const [first, second] = resolvePlan(COMMANDS, made);
  assert.deepEqual(
    first?.map(({ args }) => args.join(' ')),
    ['MGET b', 'mget a'],
  );
  assert.deepEqual(first?.[0]?.argIndexes, [2]);
  assert.deepEqual(first?.[1]?.argIndexes, [1]);
  assert.deepEqual(first?.[1]?.endpoint, { host: '::1', port: 7001 });
  // No argument indexes mean the whole command.
  assert.equal(second?.[0]?.args.join(' '), 'GET c');
  assert.deepEqual(second?.[0]?.argIndexes, []);
  // Slot 0 is a slot, and none is none.
  assert.equal(second?.[0]?.slot, 0);
  assert.equal(first?.[1]?.slot, undefined);
});

test('refuses plans that are not of these commands', () => {
  const node = (...commands: PlannedCommand[]) => nodePlan('n', commands);
  const bad: Record<string, NodePlan[]> = {
    'an index that points nowhere': [
      node(planned(0, 0, { argIndexes: [3] }), MGET_B, GET_C),
    ],
    'a literal that is not there': [node(MGET_A, MGET_B, GET_C)],
    'a command that is not there': [node(planned(3))],
    'a negative command': [node(planned(-1))],
    'a part of a refused command': [node(planned(2))],
    'a part without a place': [node(planned(1, 1))],
    'a negative part': [node(planned(1, -1))],
    'a part twice': [node(MGET_B, MGET_B, GET_C)],
    'a missing part': [node(MGET_B, GET_C)],
    'no host': [nodePlan('', [GET_C])],
    'no port': [nodePlan('n', [GET_C], 0)],
    'no such port': [nodePlan('n', [GET_C], 65536)],
  };
  for (const [what, nodes] of Object.entries(bad)) {
    const expected = { name: 'NotRunError', code: 'INVALID_ARGUMENT' };
    assert.throws(() => resolvePlan(COMMANDS, plan(nodes)), expected, what);
  }
  assert.throws(() => resolvePlan([], plan([])), { code: 'INVALID_ARGUMENT' });
});

test('refuses what it could not merge, before anything is sent', () => {
  const operation = 'MERGE_OPERATION_UNSPECIFIED';
  const made = planOf(
    [commandPlan({ partCount: 1, merge: { operation } })],
    [[nodePlan('n', [planned(0)])]],
  );
  assert.throws(() => resolvePlan([words('GET a')], made), {
    code: 'UNIMPLEMENTED',
    message: 'Merge operation 0 is not known to this client; nothing was sent.',
  });
});
