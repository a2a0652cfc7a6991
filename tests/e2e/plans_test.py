# SPDX-License-Identifier: Apache-2.0
"""A Python client plans and runs commands on a real cluster of six nodes.

The rule that matters: the replies equal those of a standalone server that was
given the original commands.
"""

import collections
import random
import unittest

import plan_executor
import random_seed
import redis_fixture
import resp
import server_fixture
from slotplanner.v1 import slot_planner_service_pb2 as api
from slotplanner.v1 import topology_pb2 as topology_api
from slotplanner.v1 import topology_service_pb2

SEED = random_seed.random_seed()


def setUpModule():
    global cluster, standalone, server
    cluster = redis_fixture.RedisCluster()
    unittest.addModuleCleanup(cluster.stop)
    standalone = redis_fixture.StandaloneRedis()
    unittest.addModuleCleanup(standalone.stop)
    server = server_fixture.Server(cluster.spec)
    unittest.addModuleCleanup(server.stop)
    server.wait_for_topology()


def random_key_with_braces(rng: random.Random) -> bytes:
    key = bytearray(rng.randbytes(rng.randrange(0, 24)))
    for _ in range(rng.randrange(0, 5)):
        key.insert(rng.randrange(len(key) + 1), rng.choice(b'{}'))
    return bytes(key)


class KeyslotTest(unittest.TestCase):
    def test_agrees_with_the_live_server_on_10000_random_keys(self):  # Rules A.
        rng = random.Random(SEED)
        keys = [random_key_with_braces(rng) for _ in range(10_000)]
        node = cluster.connect()
        slots = node.call_many([(b'CLUSTER', b'KEYSLOT', k) for k in keys])
        node.close()

        answer = server.planner.GroupKeys(api.GroupKeysRequest(keys=keys))
        self.assertEqual(list(answer.slots), slots)
        for key, slot in zip(keys[:500], slots):
            answer = server.planner.Keyslot(api.KeyslotRequest(key=key))
            self.assertEqual(answer.slot, slot)

    def test_names_the_hash_tag_the_owner_and_its_replica(self):
        answer = server.planner.Keyslot(api.KeyslotRequest(key=b'{user:1}:a'))
        self.assertEqual(answer.slot, 10778)  # Rule A4.
        self.assertEqual(
            (answer.hash_tag.offset, answer.hash_tag.length), (1, 6)
        )
        self.assertEqual(len(answer.replicas), 1)
        owner = resp.Connection(answer.owner.host, answer.owner.port)
        self.assertIsNone(owner.call('GET', '{user:1}:a'))
        owner.close()


class GroupKeysTest(unittest.TestCase):
    def test_groups_by_slot_may_share_a_command_on_their_node(self):
        keys = [b'user:1', b'{user:1}:b', b'user:2', b'user:1', b'foo']
        answer = server.planner.GroupKeys(
            api.GroupKeysRequest(keys=keys, grouping=api.GROUPING_SLOT)
        )
        self.assertEqual(len(answer.groups), 3)
        self.assertEqual(
            sorted(i for g in answer.groups for i in g.key_indexes),
            list(range(len(keys))),
        )
        for group in answer.groups:
            node = answer.nodes[group.node_index]
            connection = resp.Connection(node.host, node.port)
            reply = connection.call(
                'EXISTS', *(keys[i] for i in group.key_indexes)
            )
            connection.close()
            self.assertNotIsInstance(reply, resp.Error)

    def test_groups_by_node_cover_all_keys(self):
        keys = [b'key:%d' % i for i in range(1000)]
        answer = server.planner.GroupKeys(
            api.GroupKeysRequest(keys=keys, grouping=api.GROUPING_NODE)
        )
        self.assertEqual(len(answer.groups), 3)
        self.assertEqual(
            collections.Counter(
                i for g in answer.groups for i in g.key_indexes
            ),
            collections.Counter(range(1000)),
        )


class GetTopologyTest(unittest.TestCase):
    def test_shows_three_shards_with_a_replica_each(self):
        topology = server.topology.GetTopology(
            topology_service_pb2.GetTopologyRequest()
        ).topology
        self.assertEqual(len(topology.shards), 3)
        self.assertEqual([len(s.replicas) for s in topology.shards], [1, 1, 1])
        self.assertEqual(topology.unassigned_slot_count, 0)
        self.assertEqual(
            {n.port for s in topology.shards for n in (s.primary, *s.replicas)},
            set(cluster.ports),
        )


class PlanBatchTest(unittest.TestCase):
    def setUp(self):
        cluster.flush()
        self.single = standalone.connect()
        self.addCleanup(self.single.close)
        self.single.call('FLUSHALL')
        self.connections = {}

    def tearDown(self):
        for connection in self.connections.values():
            connection.close()

    def connection_to(self, node):
        endpoint = node.host, node.port
        if endpoint not in self.connections:
            self.connections[endpoint] = resp.Connection(*endpoint)
        return self.connections[endpoint]

    def plan(self, commands, **settings):
        return server.planner.PlanBatch(
            api.PlanBatchRequest(
                commands=[api.Command(args=c) for c in commands], **settings
            )
        )

    def run_on_cluster(self, commands):
        return plan_executor.execute(
            self.plan(commands), commands, self.connection_to
        )

    def assert_same_replies(self, commands):
        replies = self.run_on_cluster(commands)
        for command, reply, expected in zip(
            commands, replies, self.single.call_many(commands), strict=True
        ):
            self.assertEqual(reply, expected, f'{command}, seed {SEED}')

    def test_split_commands_answer_as_on_one_server(self):  # Rules C1, C5, E1.
        self.assert_same_replies(
            [
                [
                    b'MSET',
                    b'a',
                    b'1',
                    b'b',
                    b'2',
                    b'a',
                    b'3',
                    b'\0\xff',
                    b'\r\n',
                ],
                [b'MGET', b'a', b'b', b'missing', b'a', b'\0\xff', b''],
                [b'EXISTS', b'a', b'a', b'b', b'missing'],
                [b'TOUCH', b'a', b'b', b'c'],
                [b'UNLINK', b'a', b'missing'],
                [b'DEL', b'b', b'b', b'\0\xff'],
                [b'MGET', b'a', b'b', b'\0\xff'],
            ]
        )

    def test_random_batches_answer_as_on_one_server(self):
        rng = random.Random(SEED)
        keys = [rng.randbytes(rng.randrange(0, 6)) for _ in range(40)]
        keys += [b'{%s}x' % key for key in keys[:20]]
        hashes = [b'h:' + key for key in keys[:5]]
        lists = [b'l:' + key for key in keys[:5]]

        def some(things):
            return rng.choices(things, k=rng.randrange(1, 12))

        def mset():
            return [a for k in some(keys) for a in (k, rng.randbytes(3))]

        makers = [
            lambda: [b'MSET', *mset()],
            lambda: [b'mGeT', *some(keys)],
            lambda: [b'DEL', *some(keys)],
            lambda: [b'UNLINK', *some(keys)],
            lambda: [b'EXISTS', *some(keys)],
            lambda: [b'TOUCH', *some(keys)],
            lambda: [b'SET', rng.choice(keys), rng.randbytes(4)],
            lambda: [b'GET', rng.choice(keys)],
            lambda: [b'APPEND', rng.choice(keys), b'+'],
            lambda: [b'STRLEN', rng.choice(keys)],
            lambda: [b'INCR', rng.choice(keys)],  # Often an error: kept, E2.
            lambda: [b'HSET', rng.choice(hashes), b'f', rng.randbytes(2)],
            lambda: [b'HMGET', rng.choice(hashes), b'f', b'g'],
            lambda: [b'RPUSH', rng.choice(lists), rng.randbytes(2)],
            lambda: [b'LRANGE', rng.choice(lists), b'0', b'-1'],
            lambda: [b'OBJECT', b'REFCOUNT', rng.choice(hashes)],
            lambda: [
                *(b'EVAL', b'return KEYS', b'1'),
                rng.choice(keys),
            ],
        ]
        for _ in range(200):
            size = rng.randrange(1, 20)
            self.assert_same_replies(
                [rng.choice(makers)() for _ in range(size)]
            )

    def test_one_slot_stays_one_command(self):  # Rule C4.
        plan = self.plan(
            [[b'RENAME', b'{t}a', b'{t}b'], [b'MGET', b'{t}a', b't']]
        )
        for command_plan in plan.command_plans:
            self.assertEqual(command_plan.verdict, api.VERDICT_SINGLE_SLOT)
            self.assertEqual(command_plan.part_count, 1)

    def test_a_refusal_leaves_the_rest_of_the_batch(self):  # Rules C3, D5.
        commands = [
            [b'SET', b'a', b'1'],
            [b'RENAME', b'a', b'b'],
            [b'GET', b'a'],
            [b'NOSUCHCOMMAND'],
            [b'GET'],
        ]
        replies = self.run_on_cluster(commands)
        self.assertEqual(replies[0], resp.Status(b'OK'))
        self.assertEqual(replies[2], b'1')
        self.assertEqual(replies[1].reason, api.REFUSAL_REASON_CROSS_SLOT)
        self.assertEqual([k.arg_index for k in replies[1].keys], [1, 2])
        self.assertEqual(replies[3].reason, api.REFUSAL_REASON_UNKNOWN_COMMAND)
        self.assertEqual(replies[4].reason, api.REFUSAL_REASON_WRONG_ARITY)

    def test_values_need_not_be_sent_to_the_planner(self):
        commands = [[b'MSET', b'a', b'secret', b'b', b'hidden']]
        plan = self.plan([[b'MSET', b'a', b'', b'b', b'']])
        replies = plan_executor.execute(plan, commands, self.connection_to)
        self.assertEqual(replies, [resp.Status(b'OK')])
        self.assertEqual(
            self.run_on_cluster([[b'MGET', b'b', b'a']]),
            [[b'hidden', b'secret']],
        )

    def test_two_servers_give_the_same_bytes_for_the_same_request(self):
        other = server_fixture.Server(
            # Other seed nodes must make no difference.
            f'redis://{",".join(reversed(cluster.endpoints))}'
        )
        self.addCleanup(other.stop)
        other.wait_for_topology()
        rng = random.Random(SEED)
        commands = [
            [b'MGET', *(rng.randbytes(4) for _ in range(100))],
            *([b'GET', rng.randbytes(4)] for _ in range(100)),
            [b'DBSIZE'],
            [b'TIME'],
            [b'RENAME', b'a', b'b'],
            [b'MULTI'],
            [b'INCR', b'{t}1'],
            [b'EXEC'],
        ]
        for preference in topology_api.ReadPreference.values():
            request = api.PlanBatchRequest(
                commands=[api.Command(args=args) for args in commands],
                read_preference=preference,
            )
            answers = []
            for each in (server, other):
                plan = each.planner.PlanBatch(request)
                plan.topology.ClearField('confirm_time')
                # Parsed and serialized, fields keep the order of the plan.
                answers.append(plan.SerializeToString())
            self.assertEqual(*answers)


if __name__ == '__main__':
    unittest.main()
