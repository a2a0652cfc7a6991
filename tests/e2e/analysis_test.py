# SPDX-License-Identifier: Apache-2.0
"""Streams of keys and of commands are counted exactly, can be added up, and
are held to limits."""

import binascii
import contextlib
import pathlib
import queue
import random
import sys
import unittest

import grpc

import random_seed
import server_fixture
from slotplanner.v1 import advisor_service_pb2 as api
from slotplanner.v1 import advisor_service_pb2_grpc
from slotplanner.v1 import slot_planner_service_pb2 as planner_api
from slotplanner.v1 import topology_pb2

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / 'docs'))
import doc_blocks  # noqa: E402

SEED = random_seed.random_seed()
SLOTS = 16384


def setUpModule():
    global server, advisor
    server = server_fixture.Server(
        'static:3', flags=('--max_analyses=2', '--max_analysis_duration=20s')
    )
    unittest.addModuleCleanup(server.stop)
    server.wait_for_topology()
    advisor = advisor_service_pb2_grpc.AdvisorServiceStub(server.channel)


def slot_of(key: bytes) -> int:
    """By rules A1 and A2, from another implementation of the CRC."""
    begin = key.find(b'{')
    end = key.find(b'}', begin + 1)
    if begin >= 0 and end > begin + 1:
        key = key[begin + 1 : end]
    return binascii.crc_hqx(key, 0) % SLOTS


def random_keys(count: int) -> list[bytes]:
    source = random.Random(SEED)
    keys = []
    for _ in range(count):
        number = source.randrange(10_000)
        kind = source.randrange(3)
        if kind == 0:
            keys.append(b'user:%d' % number)
        elif kind == 1:
            keys.append(b'{user:%d}:cart' % (number % 50))
        else:
            keys.append(source.randbytes(source.randrange(30)))
    return keys


def requests_of(keys, weights=(), settings=None, size=1_000):
    yield api.AnalyzeKeysRequest(settings=settings)
    for begin in range(0, len(keys), size):
        yield api.AnalyzeKeysRequest(
            keys=keys[begin : begin + size],
            weights=weights[begin : begin + size],
        )


def analyze(keys, weights=(), **settings) -> api.AnalyzeKeysResponse:
    return advisor.AnalyzeKeys(
        requests_of(keys, weights, api.AnalysisSettings(**settings)),
        timeout=30,
    )


@contextlib.contextmanager
def open_stream(method, timeout=30):
    """A call that is under way, and the function that sends a request on it."""
    requests = queue.SimpleQueue()
    call = method.future(iter(requests.get, None), timeout=timeout)
    try:
        yield call, requests.put
    finally:
        requests.put(None)
        call.cancel()


class KeysTest(unittest.TestCase):
    def test_every_slot_is_counted(self):
        keys = random_keys(50_000)
        expected = [0] * SLOTS
        for key in keys:
            expected[slot_of(key)] += 1
        response = analyze(keys, max_entries=5)
        self.assertEqual(response.key_count, len(keys))
        self.assertEqual(response.weight, len(keys))
        counts = response.counts
        self.assertEqual(
            dict(zip(counts.slots, counts.keys)),
            {slot: count for slot, count in enumerate(expected) if count},
        )
        self.assertFalse(response.HasField('slot_weight_skew'))
        fullest = sorted(
            range(SLOTS), key=lambda slot: (-expected[slot], slot)
        )[:5]
        self.assertEqual([s.slot for s in response.fullest_slots], fullest)
        # Fifty tags have a third of all keys.
        self.assertTrue(response.slot_skew.is_skewed)
        shards = response.shards.shards
        self.assertEqual(len(shards), 3)
        self.assertEqual(sum(shard.keys for shard in shards), len(keys))
        begin = 0
        for shard in shards:
            end = begin + shard.slot_count
            self.assertEqual(shard.keys, sum(expected[begin:end]))
            begin = end
        self.assertTrue(response.shards.topology.version)

    def test_keys_are_in_the_answer_only_if_asked_for(self):
        keys = [b'{secret:%d}:x' % (i % 7) for i in range(1_000)]
        hidden = analyze(keys)
        self.assertEqual(hidden.tagged_key_count, 1_000)
        self.assertNotIn(b'secret', hidden.SerializeToString())
        self.assertEqual(len(hidden.heaviest_tags), 7)
        shown = analyze(keys, show_keys=True)
        tags = {tag.tag: tag.keys for tag in shown.heaviest_tags}
        self.assertEqual(
            tags, {b'secret:%d' % i: 143 if i < 6 else 142 for i in range(7)}
        )
        self.assertEqual(shown.tag_error, 0)
        for tag in shown.heaviest_tags:
            self.assertEqual(tag.slot, slot_of(tag.tag))

    def test_counts_of_several_streams_add_up(self):
        keys = random_keys(20_000)
        weights = [random.Random(SEED + i).randrange(5) for i in range(20_000)]
        whole = analyze(keys, weights, show_keys=True)
        halves = [
            analyze(keys[half::2], weights[half::2], show_keys=True).counts
            for half in (0, 1)
        ]
        added = advisor.AnalyzeKeys(
            iter(
                [
                    api.AnalyzeKeysRequest(
                        settings=api.AnalysisSettings(show_keys=True),
                        counts=halves[0],
                    ),
                    api.AnalyzeKeysRequest(counts=halves[1]),
                ]
            ),
            timeout=30,
        )
        for response in (added, whole):
            response.shards.topology.ClearField('confirm_time')
        self.assertEqual(added, whole)

    def test_another_topology(self):
        keys = random_keys(5_000)
        response = analyze(
            keys, what_if=topology_pb2.HypotheticalTopology(even_shards=4)
        )
        four = response.what_if_shards.shards
        self.assertEqual([s.slot_count for s in four], [SLOTS // 4] * 4)
        self.assertEqual(sum(s.keys for s in four), 5_000)
        self.assertFalse(response.what_if_shards.topology.HasField(
            'confirm_time'))
        # The fourth gets what it has from the others, and they nothing.
        self.assertEqual(response.what_if_moves.slots, SLOTS // 4)
        self.assertGreater(response.what_if_moves.keys, 0)

    def test_the_program_of_the_manual(self):
        page = pathlib.Path(__file__).parents[2] / 'docs' / 'advisor.md'
        program = doc_blocks.block_of(page, 'From a program', 'python')
        names = {
            'AnalyzeKeysRequest': api.AnalyzeKeysRequest,
            'AnalysisSettings': api.AnalysisSettings,
            'advisor': advisor,
            'keys': [b'{a}:%d' % i for i in range(7_000)],
            'print': lambda *args: None,
        }
        exec(program, names)  # pylint: disable=exec-used
        self.assertEqual(names['answer'].heaviest_tags[0].keys, 7_000)

    def test_no_keys(self):
        response = advisor.AnalyzeKeys(iter([]), timeout=30)
        self.assertEqual(response.key_count, 0)
        self.assertFalse(response.slot_skew.is_skewed)


class WorkloadTest(unittest.TestCase):
    def test_commands_by_name(self):
        def command(*args: bytes):
            return planner_api.Command(args=args)

        request = api.AnalyzeWorkloadRequest(
            settings=api.AnalysisSettings(show_keys=True),
            commands=[
                command(b'GET', b'a'),
                command(b'get', b'b'),
                command(b'MGET', b'user:1', b'user:2', b'user:3'),
                command(b'RENAME', b'user:1', b'user:2'),
                command(b'DBSIZE'),
                command(b'NOSUCH', b'x'),
            ],
        )
        response = advisor.AnalyzeWorkload(iter([request] * 10), timeout=30)
        loads = {load.name: load for load in response.commands}
        self.assertEqual(
            {name: load.calls for name, load in loads.items()},
            {'GET': 20, 'MGET': 10, 'RENAME': 10, 'DBSIZE': 10, '': 10},
        )
        self.assertEqual(loads['GET'].single_slot, 20)
        self.assertEqual(loads['MGET'].split, 10)
        self.assertEqual(loads['MGET'].parts, 30)
        self.assertEqual(loads['RENAME'].refused, 10)
        self.assertEqual(loads['DBSIZE'].fan_out, 10)
        self.assertEqual(response.total.calls, 60)
        self.assertEqual(response.keys.key_count, 70)
        uses = {use.command: use for use in response.cross_slot_uses}
        self.assertEqual(set(uses), {'MGET', 'RENAME'})
        self.assertEqual(list(uses['MGET'].key_templates), [b'user:<n>'])


class LimitsTest(unittest.TestCase):
    def assert_refused(self, code, reason: bytes, wait):
        with self.assertRaises(grpc.RpcError) as refused:
            wait()
        error = refused.exception
        self.assertEqual(error.code(), code, error.details())
        details = dict(error.trailing_metadata() or ())
        self.assertIn(reason, details.get('grpc-status-details-bin', b''))

    def assert_nothing_is_left(self):
        # A call is over for its caller a little before the server has
        # forgotten it.
        server.wait_for_metric('slotplanner_calls_in_progress', 0)
        server.wait_for_metric('slotplanner_buffered_bytes', 0)

    def test_wrong_requests(self):
        invalid = grpc.StatusCode.INVALID_ARGUMENT
        settings = api.AnalysisSettings
        what_if = topology_pb2.HypotheticalTopology
        for request, code, reason in (
            (
                api.AnalyzeKeysRequest(keys=[b'a'], weights=[1, 2]),
                invalid,
                b'',
            ),
            (
                api.AnalyzeKeysRequest(keys=[b'a'], weights=[-1]),
                invalid,
                b'OUT_OF_RANGE',
            ),
            (
                api.AnalyzeKeysRequest(keys=[b'a'], weights=[(1 << 40) + 1]),
                invalid,
                b'OUT_OF_RANGE',
            ),
            (
                api.AnalyzeKeysRequest(
                    counts=api.KeyCounts(slots=[SLOTS], keys=[1])
                ),
                invalid,
                b'',
            ),
            (
                api.AnalyzeKeysRequest(settings=settings(max_entries=1_001)),
                invalid,
                b'OUT_OF_RANGE',
            ),
            (
                api.AnalyzeKeysRequest(settings=settings(cluster='none')),
                grpc.StatusCode.NOT_FOUND,
                b'UNKNOWN_CLUSTER',
            ),
            (
                api.AnalyzeKeysRequest(
                    settings=settings(what_if=what_if(even_shards=1_001))
                ),
                invalid,
                b'OUT_OF_RANGE',
            ),
        ):
            with self.subTest(request=str(request)):
                self.assert_refused(
                    code,
                    reason,
                    lambda r=request: advisor.AnalyzeKeys(
                        iter([r]), timeout=30
                    ),
                )
        # An error in the middle ends the call though the caller has not.
        with open_stream(advisor.AnalyzeKeys) as (call, send):
            send(api.AnalyzeKeysRequest(keys=[b'a']))
            send(api.AnalyzeKeysRequest(keys=[b'a'], weights=[-1]))
            self.assert_refused(invalid, b'OUT_OF_RANGE', call.result)
        self.assert_nothing_is_left()

    def test_one_analysis_too_many(self):
        with contextlib.ExitStack() as stack:
            for _ in range(2):
                call, send = stack.enter_context(
                    open_stream(advisor.AnalyzeKeys)
                )
                send(api.AnalyzeKeysRequest(keys=[b'a']))
            self.wait_for_analyses(2)
            for method, request in (
                (advisor.AnalyzeKeys, api.AnalyzeKeysRequest()),
                (advisor.AnalyzeWorkload, api.AnalyzeWorkloadRequest()),
            ):
                self.assert_refused(
                    grpc.StatusCode.RESOURCE_EXHAUSTED,
                    b'OVERLOADED',
                    lambda m=method, r=request: m(iter([r]), timeout=30),
                )
        self.assertEqual(
            server.metric('slotplanner_refused_calls_total', reason='analyses'),
            2,
        )
        # Those were cancelled; there is room again.
        self.assert_nothing_is_left()
        self.assertEqual(analyze([b'a']).key_count, 1)
        self.assert_nothing_is_left()

    def wait_for_analyses(self, count: int):
        server.wait_for_metric('slotplanner_calls_in_progress', count)

    def test_the_callers_deadline(self):
        with open_stream(advisor.AnalyzeKeys, timeout=0.2) as (call, send):
            send(api.AnalyzeKeysRequest(keys=[b'a']))
            with self.assertRaises(grpc.RpcError) as refused:
                call.result()
        self.assertEqual(
            refused.exception.code(), grpc.StatusCode.DEADLINE_EXCEEDED
        )
        self.assert_nothing_is_left()

    def test_the_servers_deadline(self):
        short = server_fixture.Server(
            'static:3', flags=('--max_analysis_duration=100ms',)
        )
        self.addCleanup(short.stop)
        short.wait_for_topology()
        stub = advisor_service_pb2_grpc.AdvisorServiceStub(short.channel)
        # One that says nothing, and one that never stops talking.
        with open_stream(stub.AnalyzeKeys) as (call, _):
            self.assert_refused(
                grpc.StatusCode.INVALID_ARGUMENT, b'TOO_MANY', call.result
            )

        def endless():
            while True:
                yield api.AnalyzeKeysRequest(keys=[b'a'] * 100)

        self.assert_refused(
            grpc.StatusCode.INVALID_ARGUMENT,
            b'TOO_MANY',
            lambda: stub.AnalyzeKeys(endless(), timeout=30),
        )
        self.assertEqual(short.stop(), 0)

    def test_streams_wait_for_workers_that_others_have(self):
        busy = server_fixture.Server('static:3', flags=('--max_queued_calls=0',))
        self.addCleanup(busy.stop)
        busy.wait_for_topology()
        stub = advisor_service_pb2_grpc.AdvisorServiceStub(busy.channel)
        keys = random_keys(50_000)
        calls = [
            stub.AnalyzeKeys.future(requests_of(keys, size=10_000), timeout=30)
            for _ in range(8)
        ]
        for call in calls:
            self.assertEqual(call.result().key_count, len(keys))
        self.assertEqual(busy.metric('slotplanner_refused_calls_total'), 0)

    def test_a_server_that_stops(self):
        stopping = server_fixture.Server(
            'static:3', flags=('--shutdown_timeout=100ms', '--drain_delay=0')
        )
        self.addCleanup(stopping.stop)
        stopping.wait_for_topology()
        channel = stopping.connect()
        self.addCleanup(channel.close)
        stub = advisor_service_pb2_grpc.AdvisorServiceStub(channel)
        with open_stream(stub.AnalyzeKeys) as (call, send):
            send(api.AnalyzeKeysRequest(keys=[b'a']))
            stopping.wait_for_metric('slotplanner_calls_in_progress', 1)
            self.assertEqual(stopping.stop(), 0)
            with self.assertRaises(grpc.RpcError):
                call.result()


if __name__ == '__main__':
    unittest.main()
