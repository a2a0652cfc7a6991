# SPDX-License-Identifier: Apache-2.0
"""Clusters that call their nodes by other names than 127.0.0.1 and a port:
plans name addresses that can be connected to, and the tool uses them."""

import unittest
from collections.abc import Sequence

import live_cluster
import server_fixture
from live_cluster import LiveCluster
from slotplanner.v1 import slot_planner_service_pb2 as api
from slotplanner.v1 import topology_pb2
from slotplanner.v1 import topology_service_pb2

# One slot of each primary.
SLOTS = [first for first, _ in live_cluster.even_ranges(3)]
KEYS = [live_cluster.key_of(slot) for slot in SLOTS]


class AddressesTest(unittest.TestCase):
    def start_cluster(self, **kwargs) -> LiveCluster:
        cluster = LiveCluster(**kwargs)
        self.addCleanup(cluster.stop)
        return cluster

    def start_server(
        self, cluster: LiveCluster, **settings: object
    ) -> server_fixture.Server:
        server = server_fixture.Server(
            config={
                'clusters': [
                    {
                        'name': 'default',
                        'source': f'redis://{cluster.nodes[0].endpoint}',
                        **settings,
                    }
                ]
            }
        )
        self.addCleanup(server.stop)
        return server.wait_for_topology()

    def primaries(self, server: server_fixture.Server) -> list[tuple[str, int]]:
        """Where the topology has them, ascending by slot. That all were found
        also says that nobody else was asked in vain."""
        topology = server.topology.GetTopology(
            topology_service_pb2.GetTopologyRequest()
        ).topology
        self.assertEqual(topology.unassigned_slot_count, 0)
        return [(s.primary.host, s.primary.port) for s in topology.shards]

    def assert_works(
        self, server: server_fixture.Server, expected: Sequence
    ) -> None:
        """The topology has the primaries where they are expected, and commands
        over all of them work there."""
        self.assertEqual(self.primaries(server), list(expected))
        for command, output in (
            ([b'MSET', *(word for key in KEYS for word in (key, key))], b'OK'),
            ([b'MGET', *KEYS], KEYS[2]),
        ):
            result = server_fixture.run_tool(server, 'exec', '--', *command)
            self.assertEqual(result.returncode, 0, result.stdout)
            self.assertEqual(result.stderr, b'')
            self.assertIn(output, result.stdout)


class AnnouncedAddressesTest(AddressesTest):
    def test_hostnames(self):
        cluster = self.start_cluster(
            replicas=0,
            flags=(
                *('--cluster-announce-hostname', 'localhost'),
                *('--cluster-preferred-endpoint-type', 'hostname'),
            ),
        )
        self.assert_works(
            self.start_server(cluster),
            [('localhost', node.port) for node in cluster.nodes],
        )

    def test_unknown_endpoints(self):  # Rule G2: the host that was asked.
        cluster = self.start_cluster(
            replicas=0,
            flags=('--cluster-preferred-endpoint-type', 'unknown-endpoint'),
        )
        self.assert_works(
            self.start_server(cluster),
            [('127.0.0.1', node.port) for node in cluster.nodes],
        )

    def test_ipv6(self):
        cluster = self.start_cluster(replicas=0, hosts=['::1'] * 3)
        self.assert_works(
            self.start_server(cluster),
            [('::1', node.port) for node in cluster.nodes],
        )

    def test_addresses_behind_translation(self):
        # Nodes announce where only their bus can be reached: another address,
        # and a port at which nobody listens.
        announced = [f'127.99.0.{i + 1}' for i in range(3)]
        cluster = self.start_cluster(
            replicas=0,
            flags=lambda number: (
                *('--bind', '127.0.0.1', announced[number]),
                *('--cluster-announce-ip', announced[number]),
                *('--cluster-announce-port', '9'),
            ),
        )
        server = self.start_server(
            cluster,
            address_map=[
                {'from': f'{host}:9', 'to': node.endpoint}
                for host, node in zip(announced, cluster.nodes)
            ],
        )
        self.assert_works(
            server, [('127.0.0.1', node.port) for node in cluster.nodes]
        )


class ZonesTest(AddressesTest):
    def test_reads_stay_in_the_zone_of_the_caller(self):
        # Primaries in one zone, their replicas in another.
        cluster = self.start_cluster(
            hosts=['127.0.0.1'] * 3 + ['127.0.1.1'] * 3
        )
        server = self.start_server(
            cluster,
            zones=[
                {'name': 'zone-a', 'hosts': ['127.0.0.1']},
                {'name': 'zone-b', 'hosts': ['127.0.1.0/24']},
            ],
        )
        for zone, host in (('zone-a', '127.0.0.1'), ('zone-b', '127.0.1.1')):
            plan = server.planner.PlanBatch(
                api.PlanBatchRequest(
                    commands=[api.Command(args=[b'MGET', *KEYS])],
                    read_preference=topology_pb2.READ_PREFERENCE_NEAREST,
                    client_zone=zone,
                )
            )
            nodes = [n.node for s in plan.stages for n in s.node_plans]
            self.assertEqual(
                {(n.host, n.zone) for n in nodes}, {(host, zone)}
            )
            self.assertEqual(len(nodes), 3)


if __name__ == '__main__':
    unittest.main()
