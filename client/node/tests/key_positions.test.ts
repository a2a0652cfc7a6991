// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { KeyPositionsTable } from '../src/key_positions.js';
import type { KeyPositions, KeyRange } from '../src/messages.js';

function entry(
  command: string,
  more: Partial<KeyPositions> = {},
): KeyPositions {
  return {
    command,
    isContainer: false,
    readsAll: false,
    ranges: [],
    hidden: [],
    ...more,
  };
}

function range(more: Partial<KeyRange>): KeyRange {
  return {
    first: 1,
    last: 1,
    step: 1,
    countIndex: 0,
    readsBehind: false,
    ...more,
  };
}

const TABLE = new KeyPositionsTable([
  entry('set', { ranges: [range({})] }),
  entry('mset', { ranges: [range({ last: -1, step: 2 })] }),
  entry('blpop', { ranges: [range({ last: -2 })] }),
  entry('eval', { ranges: [range({ first: 3, countIndex: 2 })] }),
  entry('msetex', {
    ranges: [range({ first: 2, step: 2, countIndex: 1, readsBehind: true })],
  }),
  entry('object', { isContainer: true }),
  entry('object|encoding', { ranges: [range({ first: 2, last: 2 })] }),
  entry('sort', { readsAll: true }),
  entry('migrate', {
    readsAll: true,
    hidden: [
      { word: 'AUTH', count: 1, first: 6 },
      { word: 'AUTH2', count: 2, first: 6 },
      { word: 'KEYS', count: 0, first: 6 },
    ],
  }),
  entry('ping'),
  entry('hostile', {
    ranges: [
      range({ first: -7, last: -9, step: 0 }),
      range({ first: -2147483648, last: 2147483647, step: -1 }),
      range({ step: 2147483647, countIndex: 1, readsBehind: true }),
      range({ countIndex: -1 }),
      range({ countIndex: 2147483647 }),
    ],
  }),
  entry('hostile_words', {
    readsAll: true,
    hidden: [
      { word: 'a', count: 2147483647, first: -5 },
      { word: 'b', count: -1, first: 0 },
    ],
  }),
]);

// What travels, with '' for an argument that was left out.
function sent(text: string): string {
  const command = text.split(' ').map((word) => Buffer.from(word));
  const masked = TABLE.withoutValues(command);
  assert.equal(masked.length, command.length);
  return masked.map((arg) => (arg.length === 0 ? "''" : arg)).join(' ');
}

test('leaves values out, and keeps their number', () => {
  assert.equal(sent('SET k v EX 10'), "SET k '' '' ''");
  assert.equal(sent('mSet k v l w'), "mSet k '' l ''");
  assert.equal(sent('BLPOP k l 0'), "BLPOP k l ''");
  assert.equal(sent('PING secret'), "PING ''");
  assert.equal(sent('SORT k BY w_* STORE d'), 'SORT k BY w_* STORE d');
});

test('leaves scripts and their arguments out (B3)', () => {
  assert.equal(sent('EVAL s 2 k l x'), "EVAL '' 2 k l ''");
  assert.equal(sent('EVAL s 0 x'), "EVAL '' 0 ''");
  for (const count of ['3', '-1', '+1', '01', '1.0', 'x', '9999999999']) {
    assert.equal(sent(`EVAL s ${count} k l`), `EVAL '' ${count} '' ''`);
  }
  assert.equal(sent('EVAL s'), "EVAL ''");
});

test('sends the options behind keys (C2)', () => {
  assert.equal(sent('MSETEX 2 k v l w NX'), "MSETEX 2 k '' l '' NX");
  assert.equal(sent('MSETEX 0 NX'), 'MSETEX 0 NX');
  assert.equal(sent('MSETEX 2 k v l'), "MSETEX 2 '' '' ''");
});

test('leaves passwords out', () => {
  assert.equal(
    sent('MIGRATE h 1 k 0 9 COPY auth p'),
    "MIGRATE h 1 k 0 9 COPY auth ''",
  );
  assert.equal(
    sent('MIGRATE h 1 x 0 9 AUTH2 u keys KEYS k auth l'),
    "MIGRATE h 1 x 0 9 AUTH2 '' '' KEYS k auth l",
  );
  assert.equal(
    sent('MIGRATE auth2 1 auth 0 9 AUTH2 u'),
    "MIGRATE auth2 1 auth 0 9 AUTH2 ''",
  );
});

test('sends the name only of what is not listed (B9)', () => {
  assert.equal(sent('NOSUCH k v'), "NOSUCH '' ''");
  assert.equal(sent('OBJECT NOSUCH k'), "OBJECT NOSUCH ''");
  assert.equal(sent('OBJECT encoding k'), 'OBJECT encoding k');
  assert.equal(sent('object|encoding a k'), "object|encoding '' ''");
  const lists = (...names: string[]) =>
    TABLE.lists(names.map((n) => Buffer.from(n)));
  assert(lists() && lists('Set', 'k') && lists('OBJECT') && lists('PING'));
  assert(!lists('NOSUCH') && !lists('object', 'NOSUCH'));
});

test('an answer that makes no sense does no harm', { timeout: 5000 }, () => {
  assert.equal(sent('HOSTILE 1 v w'), 'HOSTILE 1 v w');
  assert.equal(sent('HOSTILE_WORDS b a x y'), "HOSTILE_WORDS b a '' ''");
});
