# SPDX-License-Identifier: Apache-2.0
"""Started by bench/mget/run, which says what the arguments and the lines of
output are."""

import json
import sys
import time

import glide_sync
import redis
import slotplanner

PLANNER, NODE, KEYS_FILE, SIZES, ROUNDS, SAMPLE_MS = sys.argv[1:]
HOST, _, PORT = NODE.rpartition(':')

planner = slotplanner.SlotPlanner(PLANNER)
redis_py = redis.RedisCluster(host=HOST, port=int(PORT))
glide = glide_sync.GlideClusterClient.create(
    glide_sync.GlideClusterClientConfiguration(
        [glide_sync.NodeAddress(HOST, int(PORT))], request_timeout=10_000
    )
)


def in_pipeline(keys):
    with redis_py.pipeline() as pipeline:
        for key in keys:
            pipeline.get(key)
        return pipeline.execute()


WAYS = {
    'slotplanner mget': lambda keys: planner.mget(*keys),
    'redis-py mget_nonatomic': redis_py.mget_nonatomic,
    'redis-py pipeline of GET': in_pipeline,
    'valkey-glide mget': glide.mget,
}


def sample(work, keys):
    """The mean microseconds that `work` takes, over SAMPLE_MS."""
    start = time.perf_counter()
    end = start + int(SAMPLE_MS) / 1000
    runs = 0
    while (now := time.perf_counter()) < end:
        work(keys)
        runs += 1
    return (now - start) * 1e6 / runs


def main():
    with open(KEYS_FILE, encoding='utf-8') as file:
        all_keys = file.read().split()
    for size in map(int, SIZES.split(',')):
        keys = all_keys[:size]
        for way, work in WAYS.items():
            expected = [b'value of ' + key.encode() for key in keys]
            assert work(keys) == expected, f'Wrong values by {way}.'
        samples = {way: [] for way in WAYS}
        for _ in range(int(ROUNDS)):
            for way, work in WAYS.items():
                samples[way].append(sample(work, keys))
        for way, microseconds in samples.items():
            line = {'keys': size, 'way': way, 'microseconds': microseconds}
            print(json.dumps(line), flush=True)


main()
