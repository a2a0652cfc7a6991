# SPDX-License-Identifier: Apache-2.0
"""Started by bench/peers/run, which says what the arguments and the lines of
output are."""

import collections
import json
import sys
import time

import grpc
from redis.crc import key_slot

from slotplanner.v1 import slot_planner_service_pb2 as pb
from slotplanner.v1 import slot_planner_service_pb2_grpc
from slotplanner.v1 import topology_service_pb2
from slotplanner.v1 import topology_service_pb2_grpc

ADDRESS, KEYS_FILE, SIZES, ROUNDS, SAMPLE_MS = sys.argv[1:]

channel = grpc.insecure_channel(ADDRESS)
planner = slot_planner_service_pb2_grpc.SlotPlannerServiceStub(channel)
topology = topology_service_pb2_grpc.TopologyServiceStub(channel)


def name_of(node):
    return f'{node.host}:{node.port}'


def group(keys, names):
    """What it is named -> the keys that have that name."""
    groups = collections.defaultdict(list)
    for key, name in zip(keys, names):
        groups[name].append(key)
    return groups


def group_keys(keys, grouping):
    return planner.GroupKeys(pb.GroupKeysRequest(keys=keys, grouping=grouping))


def ask_by_slot(keys, grouping):
    return group(keys, group_keys(keys, grouping).slots)


def ask_by_node(keys):
    response = group_keys(keys, pb.GROUPING_NODE)
    # A slice is a list, which is read sooner than the field itself.
    return {
        name_of(response.nodes[group.node_index]): list(
            map(keys.__getitem__, group.key_indexes[:])
        )
        for group in response.groups
    }


def sample(work):
    """The mean microseconds that `work` takes, over SAMPLE_MS."""
    start = time.perf_counter()
    end = start + int(SAMPLE_MS) / 1000
    runs = 0
    while (now := time.perf_counter()) < end:
        work()
        runs += 1
    return (now - start) * 1e6 / runs


def race(measure, keys, ways):
    """Measures `ways` in turns."""
    samples = {way: [] for way in ways}
    for _ in range(int(ROUNDS)):
        for way, work in ways.items():
            samples[way].append(sample(work))
    for way, microseconds in samples.items():
        line = {
            'measure': measure,
            'keys': len(keys),
            'way': way,
            'microseconds': microseconds,
        }
        print(json.dumps(line), flush=True)


def in_order(groups):
    """The service orders the keys of a node by slot, the others by index."""
    return {name: sorted(keys) for name, keys in groups.items()}


def hash_all(keys):
    for key in keys:
        key_slot(key)


def main():
    with open(KEYS_FILE, 'rb') as file:
        all_keys = file.read().split()
    owners = [''] * 16384  # By slot.
    answer = topology.GetTopology(topology_service_pb2.GetTopologyRequest())
    for shard in answer.topology.shards:
        for slots in shard.slot_ranges:
            for slot in range(slots.first, slots.last + 1):
                owners[slot] = name_of(shard.primary)

    race('slot', all_keys, {'redis-py key_slot': lambda: hash_all(all_keys)})
    for size in map(int, SIZES.split(',')):
        keys = all_keys[:size]
        by_slot = {
            'redis-py': lambda: group(keys, map(key_slot, keys)),
            'GroupKeys': lambda: ask_by_slot(keys, pb.GROUPING_SLOT),
            'GroupKeys, asked by node': lambda: ask_by_slot(
                keys, pb.GROUPING_NODE
            ),
        }
        by_node = {
            'redis-py': lambda: group(
                keys, [owners[key_slot(key)] for key in keys]
            ),
            'GroupKeys': lambda: ask_by_node(keys),
        }
        for measure, ways in (('by slot', by_slot), ('by node', by_node)):
            expected, *answers = (in_order(work()) for work in ways.values())
            for answer in answers:
                assert answer == expected, f'Different groups {measure}.'
            race(measure, keys, ways)


main()
