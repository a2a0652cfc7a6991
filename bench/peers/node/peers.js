// SPDX-License-Identifier: Apache-2.0
// Started by bench/peers/run, which says what the arguments and the lines of
// output are.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const {performance} = require('node:perf_hooks');

const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');
const slotOf = require('cluster-key-slot');

const codec = require('./group_keys_codec.js');

const [protos, address, keysFile, sizes, rounds, sampleMs] =
    process.argv.slice(2);
const allKeys = fs.readFileSync(keysFile, 'utf8').trim().split('\n');

const {slotplanner: {v1}} = grpc.loadPackageDefinition(protoLoader.loadSync(
    ['slot_planner_service', 'topology_service'].map(
        (name) => `slotplanner/v1/${name}.proto`),
    {includeDirs: [protos]}));
const insecure = grpc.credentials.createInsecure();
// Large answers fit the window, where they would have to wait for a larger one.
const planner = new v1.SlotPlannerService(
    address, insecure, {'grpc-node.flow_control_window': 1 << 20});
const topology = new v1.TopologyService(address, insecure);

const BY_SLOT = 1;
const BY_NODE = 2;

const call = (client, method, ...args) => new Promise((resolve, reject) =>
    client[method](...args, (error, response) =>
        error ? reject(error) : resolve(response)));
const nameOf = ({host, port}) => `${host}:${port}`;

// What it is named -> the keys that have that name.
function group(keys, nameOfIndex) {
  const groups = new Map();
  for (let i = 0; i < keys.length; ++i) {
    const name = nameOfIndex(i);
    const members = groups.get(name);
    if (members) members.push(keys[i]);
    else groups.set(name, [keys[i]]);
  }
  return groups;
}

// The keys at `indexes`. A loop is three times as fast as Array.from on them.
function pick(keys, indexes) {
  const picked = [];
  for (const i of indexes) picked.push(keys[i]);
  return picked;
}

// As most clients are written.
const loaded = {
  async groupBySlot(keys, grouping) {
    const {slots} = await this.groupKeys(keys, grouping);
    return group(keys, (i) => slots[i]);
  },
  async groupByNode(keys) {
    const {groups, nodes} = await this.groupKeys(keys, BY_NODE);
    return new Map(groups.map(({nodeIndex, keyIndexes}) =>
        [nameOf(nodes[nodeIndex]), pick(keys, keyIndexes)]));
  },
  groupKeys: (keys, grouping) => call(planner, 'groupKeys',
      {keys: keys.map((key) => Buffer.from(key)), grouping}),
};

// With a codec for these two messages.
const coded = {
  async groupBySlot(keys, grouping) {
    const {slots} = await this.groupKeys(keys, grouping);
    return group(keys, (i) => slots[i]);
  },
  async groupByNode(keys) {
    const response = await this.groupKeys(keys, BY_NODE);
    return new Map(response.groups().map(({nodeIndex, keyIndexes}) =>
        [nameOf(response.nodes[nodeIndex]), pick(keys, keyIndexes)]));
  },
  groupKeys: (keys, grouping) => call(planner, 'makeUnaryRequest',
      v1.SlotPlannerService.service.GroupKeys.path,
      codec.encodeGroupKeysRequest, codec.decodeGroupKeysResponse,
      {keys, grouping}),
};

// The mean microseconds that `work` takes, over sampleMs.
async function sample(work) {
  const start = performance.now();
  let elapsed = 0;
  let runs = 0;
  for (; elapsed < sampleMs; elapsed = performance.now() - start) {
    const result = work();
    if (result instanceof Promise) await result;
    ++runs;
  }
  return elapsed * 1000 / runs;
}

// Measures `ways` in turns.
async function race(measure, keys, ways) {
  const samples = ways.map(() => []);
  for (let round = 0; round < rounds; ++round) {
    for (const [i, [, work]] of ways.entries()) {
      samples[i].push(await sample(work));
    }
  }
  ways.forEach(([way], i) => console.log(JSON.stringify(
      {measure, keys: keys.length, way, microseconds: samples[i]})));
}

// The service orders the keys of a node by slot, the others by index.
const inOrder = (groups) => new Map([...groups].map(
    ([name, keys]) => [name, keys.toSorted()]));

async function main() {
  const owners = new Array(16384);  // By slot.
  for (const {slotRanges, primary} of
      (await call(topology, 'getTopology', {})).topology.shards) {
    for (const {first, last} of slotRanges) {
      owners.fill(nameOf(primary), first, last + 1);
    }
  }
  await race('slot', allKeys, [
    ['cluster-key-slot', () => allKeys.forEach((key) => slotOf(key))],
  ]);
  for (const size of sizes.split(',')) {
    const keys = allKeys.slice(0, size);
    const bySlot = [
      ['cluster-key-slot', () => group(keys, (i) => slotOf(keys[i]))],
      ['GroupKeys', () => loaded.groupBySlot(keys, BY_SLOT)],
      ['GroupKeys, own codec', () => coded.groupBySlot(keys, BY_SLOT)],
      ['GroupKeys, own codec, asked by node',
        () => coded.groupBySlot(keys, BY_NODE)],
    ];
    const byNode = [
      ['cluster-key-slot', () => group(keys, (i) => owners[slotOf(keys[i])])],
      ['GroupKeys', () => loaded.groupByNode(keys)],
      ['GroupKeys, own codec', () => coded.groupByNode(keys)],
    ];
    for (const [measure, ways] of [['by slot', bySlot], ['by node', byNode]]) {
      const [expected, ...others] = await Promise.all(
          ways.map(async ([, work]) => inOrder(await work())));
      for (const groups of others) assert.deepEqual(groups, expected);
      await race(measure, keys, ways);
    }
  }
  // Last: in a process that has loaded ioredis, cluster-key-slot takes twice
  // the time.
  const {Command} = require('ioredis');
  await race('slot', allKeys, [
    ['ioredis Command.getSlot',
      () => allKeys.forEach((key) => new Command('get', [key]).getSlot())],
  ]);
  planner.close();
  topology.close();
}

main();
