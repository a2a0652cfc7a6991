// SPDX-License-Identifier: Apache-2.0
// Started by bench/mget/run, which says what the arguments and the lines of
// output are.
'use strict';

const fs = require('node:fs');
const { Cluster } = require('ioredis');
const { SlotPlanner } = require('slotplanner');

const [PLANNER, NODE, KEYS_FILE, SIZES, ROUNDS, SAMPLE_MS] =
  process.argv.slice(2);

const planner = new SlotPlanner({ planner: PLANNER });
const [host, port] = NODE.split(':');
const seeds = [{ host, port: Number(port) }];
const pipelining = new Cluster(seeds, { enableAutoPipelining: true });

// It has no MGET over several slots, and no pipeline over several nodes but
// those that it makes by itself.
const WAYS = {
  'slotplanner mget': (keys) => planner.mget(...keys),
  'ioredis GET, autopipelined': (keys) =>
    Promise.all(keys.map((key) => pipelining.getBuffer(key))),
};

// The mean microseconds that `work` takes, over SAMPLE_MS.
async function sample(work, keys) {
  const start = performance.now();
  const end = start + Number(SAMPLE_MS);
  let runs = 0;
  let now = start;
  while (now < end) {
    await work(keys);
    runs += 1;
    now = performance.now();
  }
  return ((now - start) * 1000) / runs;
}

async function main() {
  const allKeys = fs.readFileSync(KEYS_FILE, 'utf8').split('\n').slice(0, -1);
  for (const size of SIZES.split(',').map(Number)) {
    const keys = allKeys.slice(0, size);
    const samples = {};
    for (const [way, work] of Object.entries(WAYS)) {
      const values = await work(keys);
      if (!keys.every((key, i) => String(values[i]) === `value of ${key}`)) {
        throw new Error(`Wrong values by ${way}.`);
      }
      samples[way] = [];
    }
    for (let round = 0; round < Number(ROUNDS); round += 1) {
      for (const [way, work] of Object.entries(WAYS)) {
        samples[way].push(await sample(work, keys));
      }
    }
    for (const [way, microseconds] of Object.entries(samples)) {
      console.log(JSON.stringify({ keys: size, way, microseconds }));
    }
  }
  planner.close();
  pipelining.disconnect();
}

main();
