# SPDX-License-Identifier: Apache-2.0
"""The installed server beside clusters that come, differ and are watched."""

import random
import socket
import subprocess
import time
import unittest

import grpc

import redis_fixture
import resp
import server_fixture
from slotplanner.v1 import slot_planner_service_pb2 as api

MGET = api.PlanBatchRequest(commands=[api.Command(args=[b'MGET', b'a', b'b'])])


def free_cluster_port() -> int:
    """A port on which a node with its bus, 10000 above, can start."""
    while True:
        port = random.randrange(11000, 21000)
        try:
            for number in (port, port + 10000):
                with socket.socket() as candidate:
                    candidate.bind((redis_fixture.HOST, number))
            return port
        except OSError:
            continue


class WithoutClusterTest(unittest.TestCase):
    def test_answers_what_it_can_then_all_when_the_cluster_appears(self):
        port = free_cluster_port()
        server = server_fixture.Server(f'redis://{redis_fixture.HOST}:{port}')
        self.addCleanup(server.stop)
        server.wait_for_event('topology_refresh_failed')

        self.assertEqual(
            server.planner.Keyslot(api.KeyslotRequest(key=b'foo')).slot, 12182
        )
        groups = server.planner.GroupKeys(api.GroupKeysRequest(keys=[b'foo']))
        self.assertFalse(groups.groups[0].HasField('node_index'))
        with self.assertRaises(grpc.RpcError) as refused:
            server.planner.PlanBatch(MGET)
        self.assertEqual(refused.exception.code(), grpc.StatusCode.UNAVAILABLE)
        self.assertIn(
            b'google.rpc.RetryInfo',
            dict(refused.exception.trailing_metadata())[
                'grpc-status-details-bin'
            ],
        )
        self.assertEqual(server.http_get('/healthz')[0], 200)
        self.assertEqual(server.http_get('/readyz')[0], 503)

        cluster = redis_fixture.RedisCluster(replicas=0, seed_port=port)
        self.addCleanup(cluster.stop)
        # The server may have seen the nodes before they formed a cluster.
        self.plan_until_it_covers(server, set(cluster.ports))
        self.assertEqual(server.http_get('/readyz')[0], 200)

    def plan_until_it_covers(self, server, ports):
        keys = [b'key:%d' % i for i in range(100)]
        request = api.PlanBatchRequest(
            commands=[api.Command(args=[b'MGET', *keys])]
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                plan = server.planner.PlanBatch(request)
            except grpc.RpcError as error:
                self.assertEqual(error.code(), grpc.StatusCode.UNAVAILABLE)
                continue
            node_plans = [n for s in plan.stages for n in s.node_plans]
            if {n.node.port for n in node_plans} == ports:
                return
        self.fail('the server did not find the cluster within 30 s')


class TwoClustersTest(unittest.TestCase):
    def test_each_name_plans_for_its_own_nodes(self):
        clusters = {}
        for name in ('cache', 'sessions'):
            clusters[name] = redis_fixture.RedisCluster(replicas=0)
            self.addCleanup(clusters[name].stop)
        server = server_fixture.Server(
            *(f'{name}={cluster.spec}' for name, cluster in clusters.items())
        )
        self.addCleanup(server.stop)
        for name, cluster in clusters.items():
            server.wait_for_topology(name)
            owner = server.planner.Keyslot(
                api.KeyslotRequest(cluster=name, key=b'foo')
            ).owner
            self.assertIn(owner.port, cluster.ports)
            node = resp.Connection(owner.host, owner.port)
            self.assertIsNone(node.call('GET', 'foo'))  # And not MOVED.
            node.close()
        default_owner = server.planner.Keyslot(
            api.KeyslotRequest(key=b'foo')
        ).owner
        self.assertIn(default_owner.port, clusters['cache'].ports)
        with self.assertRaises(grpc.RpcError) as refused:
            server.planner.PlanBatch(
                api.PlanBatchRequest(cluster='neither', commands=MGET.commands)
            )
        self.assertEqual(refused.exception.code(), grpc.StatusCode.NOT_FOUND)


class MetricsTest(unittest.TestCase):
    def setUp(self):
        self.server = server_fixture.Server('static:3')
        self.addCleanup(self.server.stop)
        self.server.wait_for_topology()

    def handled(self, method: str, code: str) -> float:
        return self.server.metric(
            'grpc_server_handled_total',
            grpc_service='slotplanner.v1.SlotPlannerService',
            grpc_method=method,
            grpc_code=code,
        )

    def test_count_every_call_under_its_status(self):
        self.assertEqual(self.handled('PlanBatch', 'OK'), 0)
        for _ in range(3):
            self.server.planner.PlanBatch(MGET)
        with self.assertRaises(grpc.RpcError):
            self.server.planner.GroupKeys(api.GroupKeysRequest())
        self.assertEqual(self.handled('PlanBatch', 'OK'), 3)
        self.assertEqual(self.handled('GroupKeys', 'InvalidArgument'), 1)
        self.assertEqual(
            self.server.metric(
                'grpc_server_handling_seconds_count', grpc_method='PlanBatch'
            ),
            3,
        )
        self.assertEqual(
            self.server.metric(
                'slotplanner_commands_total', cluster='default', verdict='split'
            ),
            3,
        )

    def test_are_clean_for_promtool(self):
        self.server.planner.PlanBatch(MGET)
        status, text = self.server.http_get('/metrics')
        self.assertEqual(status, 200)
        check = subprocess.run(
            ['promtool', 'check', 'metrics'],
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(
            (check.returncode, check.stdout + check.stderr), (0, '')
        )


class ShutdownTest(unittest.TestCase):
    def test_sigterm_ends_it_with_status_0(self):
        server = server_fixture.Server('static:3')
        self.assertEqual(server.stop(), 0)
        server.wait_for_event('stopped')


if __name__ == '__main__':
    unittest.main()
