// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { BatchProgress } from '../src/batch_progress.js';
import { ErrorReply, type Reply } from '../src/reply.js';
import { applied, failed, notSent, RanBatch } from './ran_batch.js';

const SAFE = 'RETRY_SAFETY_SAFE';
const UNSAFE = 'RETRY_SAFETY_UNSAFE';
const SPLIT = 'VERDICT_SPLIT';
const GATHER = 'MERGE_OPERATION_GATHER';
const SUM = 'MERGE_OPERATION_SUM';

function strings(...texts: string[]): Reply {
  return texts.map((text) => Buffer.from(text));
}

// The commands to plan, each with spaces between its words.
function commandsOf(progress: BatchProgress): string[] {
  return progress.request.commands.map((command) => command.join(' '));
}

function errorOf(reply: Reply | undefined): string {
  assert(reply instanceof ErrorReply);
  return reply.text;
}

test('is done when all is applied', () => {
  const batch = new RanBatch().command('GET a', SAFE).part(1, applied(null));
  const progress = new BatchProgress(batch.request());
  assert(!progress.isDone);
  progress.take(batch.plan, batch.results);
  assert(progress.isDone);
  assert.equal(progress.finish()[0]?.reply, null);
});

test('asks for primaries and says which topology is outdated (D2, F3)', () => {
  const batch = new RanBatch().command('GET a', SAFE).part(1, notSent());
  const request = batch.request({
    cluster: 'orders',
    clientZone: 'a',
    splitPolicy: 'SPLIT_POLICY_ATOMIC',
    readPreference: 'READ_PREFERENCE_REPLICA',
  });
  const progress = new BatchProgress(request);
  progress.take(batch.plan, batch.results);
  assert.deepEqual(progress.request, {
    ...request,
    readPreference: 'READ_PREFERENCE_PRIMARY',
    outdatedTopologyVersion: 'v1',
  });
});

test('puts the reply of a part into its place (E1)', () => {
  const first = new RanBatch()
    .command('MGET a b a c', SAFE, SPLIT, GATHER)
    .part(1, notSent(), [0, 1, 3], [0, 2])
    .part(2, applied(strings('B')), [0, 2], [1])
    .part(3, notSent(), [0, 4], [3]);
  const progress = new BatchProgress(first.request());
  progress.take(first.plan, first.results);
  assert.deepEqual(commandsOf(progress), ['MGET a a', 'MGET c']);
  const second = new RanBatch()
    .command('MGET a a', SAFE)
    .part(1, applied(strings('A', 'A')))
    .command('MGET c', SAFE)
    .part(3, applied(strings('C')));
  progress.take(second.plan, second.results);
  const [result] = progress.finish();
  assert.deepEqual(result?.reply, strings('A', 'B', 'A', 'C'));
  assert.deepEqual(result?.parts[0]?.argIndexes, [1, 3]);
});

test('a part may fall into parts, again and again (F1, E2)', () => {
  const first = new RanBatch()
    .command('MGET a x b a c d', SAFE, SPLIT, GATHER)
    .part(1, notSent(), [0, 1, 3, 4], [0, 2, 3])
    .part(2, applied(strings('X')), [0, 2], [1])
    .part(3, notSent(), [0, 5, 6], [4, 5]);
  const second = new RanBatch()
    .command('MGET a b a', SAFE, SPLIT, GATHER)
    .part(1, applied(strings('A')), [0, 1], [0])
    .part(1, notSent(), [0, 2], [1])
    .part(1, applied(strings('A')), [0, 3], [2])
    .command('MGET c d', SAFE, SPLIT, GATHER)
    .part(3, notSent(), [0, 1], [0])
    .part(3, applied(strings('D')), [0, 2], [1]);
  const progress = new BatchProgress(first.request());
  progress.take(first.plan, first.results);
  assert.deepEqual(commandsOf(progress), ['MGET a b a', 'MGET c d']);
  progress.take(second.plan, second.results);
  assert.deepEqual(commandsOf(progress), ['MGET b', 'MGET c']);
  const third = new RanBatch()
    .command('MGET b', SAFE)
    .part(1, applied(strings('B')))
    .command('MGET c', SAFE)
    .part(3, failed('NOPERM no'));
  progress.take(third.plan, third.results);
  assert(progress.isDone);
  const [result] = progress.finish();
  assert.equal(result?.parts.length, 6);
  assert.deepEqual(result?.parts[1]?.argIndexes, [3]);
  assert.deepEqual(result?.parts[4]?.argIndexes, [5]);
  assert.match(
    errorOf(result?.reply),
    /failed: part 4 on n:7000 \(arguments 5\): NOPERM no/,
  );
});

test('keeps the literals of a part', () => {
  const first = new RanBatch();
  first.plan.literals.push(Buffer.from('1'));
  first
    .command('MSETEX 2 a 1 b 2', 'RETRY_SAFETY_SAME_STATE', SPLIT, SUM)
    .part(1, applied(1), [0, -1, 2, 3])
    .part(2, notSent(), [0, -1, 4, 5]);
  const progress = new BatchProgress(first.request());
  progress.take(first.plan, first.results);
  assert.deepEqual(commandsOf(progress), ['MSETEX 1 b 2']);
  const second = new RanBatch()
    .command('MSETEX 1 b 2', UNSAFE)
    .part(2, applied(1));
  progress.take(second.plan, second.results);
  const [result] = progress.finish();
  assert.equal(result?.reply, 2);
  assert.deepEqual(result?.parts[1]?.argIndexes, [4, 5]);
});

test('a refusal of a part is why it was not sent (E2)', () => {
  const first = new RanBatch()
    .command('DEL a b', UNSAFE, SPLIT, SUM)
    .part(1, applied(1), [0, 1])
    .part(2, notSent(), [0, 2]);
  const progress = new BatchProgress(first.request());
  progress.take(first.plan, first.results);
  const second = new RanBatch().refused('DEL b', 'Slot 2 is unassigned.');
  progress.take(second.plan, second.results);
  assert(progress.isDone);
  const [result] = progress.finish();
  assert.equal(result?.refusal, undefined);
  assert.equal(result?.parts[1]?.outcome, 'not_sent');
  assert.match(errorOf(result?.reply), /Slot 2 is unassigned\./);
});

test('a command takes the merge of its new plan', () => {
  const first = new RanBatch().command('DEL {a}1 {a}2').part(1, notSent());
  const progress = new BatchProgress(first.request());
  progress.take(first.plan, first.results);
  const second = new RanBatch()
    .command('DEL {a}1 {a}2', UNSAFE, SPLIT, SUM)
    .part(1, applied(1), [0, 1])
    .part(1, notSent(), [0, 2]);
  progress.take(second.plan, second.results);
  assert.deepEqual(commandsOf(progress), ['DEL {a}2']);
  const third = new RanBatch().command('DEL {a}2').part(1, applied(1));
  progress.take(third.plan, third.results);
  assert.equal(progress.finish()[0]?.reply, 2);
});
