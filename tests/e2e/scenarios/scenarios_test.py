# SPDX-License-Identifier: Apache-2.0
"""Clusters change while plans are made and executed: no reply is wrong, none
fails but what the cluster itself refuses, and plans follow within a second.

SLOTPLANNER_SCENARIO_RESULTS=FILE keeps the figures; SLOTPLANNER_TEST_SEED
replays the batches of a run; SLOTPLANNER_WITHOUT_NETNS=1 leaves out what needs
network namespaces.

What Redis itself may lose is no fault of a plan: a primary that is killed or
cut off takes with it what it acknowledged and its replica has not got. Where
that may happen the load runs with --wait_replicas=1: it sends a WAIT behind the
writes of each batch and counts on a write only when one replica has it.
"""

import os
import pathlib
import secrets
import shutil
import ssl
import subprocess
import tempfile
import unittest
from collections.abc import Sequence

import live_cluster
import netns
import resp
import scenario
import server_fixture
from live_cluster import LiveCluster, Node
from scenario import owned_by, slots_of

FIRST_SHARD, SECOND_SHARD, THIRD_SHARD = live_cluster.even_ranges(3)
MOVED_SLOTS = 1000
MAKE_TLS_FILES = (
    pathlib.Path(live_cluster.__file__).parent / 'make_tls_files'
)
LOSSY = ('--wait_replicas=1',)
# Each write is on disk before it is acknowledged.
DURABLE = ('--appendonly', 'yes', '--appendfsync', 'always')


def tearDownModule():
    scenario.print_results()


def redis_cli_cluster(*args: str) -> None:
    """Runs `redis-cli --cluster ARGS...`."""
    result = subprocess.run(
        ['redis-cli', '--cluster', *args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    if result.returncode != 0:
        raise AssertionError(f'{args}: {result.stdout[-2000:]}')


def move_slots(source: Node, target: Node, count: int) -> None:
    """Moves the lowest `count` slots of `source`, keys included."""
    redis_cli_cluster(
        *('reshard', source.endpoint, '--cluster-yes'),
        *('--cluster-from', source.node_id),
        *('--cluster-to', target.node_id),
        *('--cluster-slots', str(count)),
    )


class ScenarioTest(unittest.TestCase):
    def start_cluster(self, **kwargs) -> LiveCluster:
        cluster = LiveCluster(**kwargs)
        self.addCleanup(cluster.stop)
        return cluster

    def start_server(
        self, *specs: str, config: dict | None = None
    ) -> server_fixture.Server:
        # The default, so that wake-ups have to tell.
        server = server_fixture.Server(
            *specs, flags=('--refresh_interval=10s',), config=config
        )
        self.addCleanup(server.stop)
        return server.wait_for_topology()

    def start(
        self,
        name: str,
        cluster: LiveCluster,
        slots: Sequence[int],
        load_flags: Sequence[str] = (),
    ) -> scenario.Scenario:
        server = self.start_server(f'redis://{cluster.seeds}')
        return scenario.Scenario(
            self, name, cluster, slots, server, load_flags
        )


class ReplicatedClusterTest(ScenarioTest):
    """Three primaries, each with one replica."""

    def test_failover_by_command(self):
        cluster = self.start_cluster()
        slots = slots_of(*FIRST_SHARD)
        run = self.start('CLUSTER FAILOVER', cluster, slots)
        # There and back.
        for new in (cluster.nodes[3], cluster.nodes[0]):
            run.begin_event()
            new.must('CLUSTER', 'FAILOVER')
            run.expect(owned_by(new, slots))
            cluster.wait_until_settled()
        run.finish()

    def test_failover_by_takeover(self):
        # The replica does not ask its primary, which may acknowledge a last
        # write that nobody else has.
        cluster = self.start_cluster()
        slots = slots_of(*SECOND_SHARD)
        run = self.start('FAILOVER TAKEOVER', cluster, slots, LOSSY)
        new = cluster.nodes[4]
        run.begin_event()
        new.must('CLUSTER', 'FAILOVER', 'TAKEOVER')
        run.expect(owned_by(new, slots))
        cluster.wait_until_settled()
        run.finish()

    def test_kill_of_a_primary(self):
        cluster = self.start_cluster()
        slots = slots_of(*FIRST_SHARD)
        old, new = cluster.nodes[0], cluster.nodes[3]
        run = self.start('kill -9 of a primary', cluster, slots, LOSSY)
        run.begin_event()
        run.end(old, kill=True)
        run.expect(owned_by(new, slots))
        # It comes back with the view it had, empty, and as a replica.
        old.start(old.port)
        cluster.wait_until_settled()
        run.finish()

    def test_reshard_there_and_back(self):
        cluster = self.start_cluster()
        first, second = cluster.nodes[:2]
        slots = slots_of(0, MOVED_SLOTS - 1)
        self.fill(first, range(MOVED_SLOTS))
        run = self.start('reshard of 1,000 slots', cluster, slots)
        for source, target in ((first, second), (second, first)):
            run.begin_event()
            move_slots(source, target, MOVED_SLOTS)
            run.expect(owned_by(target, slots))
        run.finish()

    def fill(self, node: Node, slots: Sequence[int]) -> None:
        """Three keys in each slot that the load does not know of."""
        connection = node.connect()
        self.addCleanup(connection.close)
        replies = connection.call_many(
            [
                (b'SET', b'{%s}:%d' % (live_cluster.key_of(slot), i), b'x')
                for slot in slots
                for i in range(3)
            ]
        )
        self.assertEqual(set(replies), {resp.Status(b'OK')})

    def test_another_port(self):
        cluster = self.start_cluster(flags=DURABLE)
        slots = slots_of(*THIRD_SHARD)
        node = cluster.nodes[2]
        run = self.start('restart under another port', cluster, slots)
        run.begin_event()
        run.end(node, kill=False)
        node.start()
        run.expect(owned_by(node, slots))
        cluster.wait_until_settled()
        run.finish()

    def test_all_nodes_down_and_back(self):
        cluster = self.start_cluster(flags=DURABLE)
        owners = {}
        for node, shard in zip(
            cluster.nodes, (FIRST_SHARD, SECOND_SHARD, THIRD_SHARD)
        ):
            owners |= owned_by(node, slots_of(*shard))
        run = self.start('all nodes down and back', cluster, list(owners))
        for node in cluster.nodes:
            run.end(node, kill=True)
        run.load.run_on(3)
        run.begin_event()
        for node in cluster.nodes:
            node.launch(node.port)
        for node in cluster.nodes:
            node.wait_until_up()
        cluster.wait_until_settled()
        run.expect(owners)
        run.finish()


class ShardsComeAndGoTest(ScenarioTest):
    def test_a_new_shard(self):
        cluster = self.start_cluster()
        slots = slots_of(0, MOVED_SLOTS - 1)
        run = self.start('a new shard', cluster, slots)
        run.begin_event()
        primary, replica = cluster.add_node(), cluster.add_node()
        for node in (primary, replica):
            node.start()
            cluster.introduce(cluster.nodes[0], node)
        cluster.wait_until_introduced()
        cluster.replicate(replica, primary)
        cluster.wait_until_serving()
        move_slots(cluster.nodes[0], primary, MOVED_SLOTS)
        run.expect(owned_by(primary, slots))
        cluster.wait_until_settled()
        run.finish()

    def test_a_removed_shard(self):
        # The last shard is small, to be gone soon.
        cluster = self.start_cluster(
            ranges=[(0, 4999), (5000, 9999), (10000, 15383), (15384, 16383)]
        )
        slots = slots_of(15384, 16383)
        target = cluster.nodes[0]
        removed = [cluster.nodes[3], cluster.nodes[7]]
        run = self.start('a removed shard', cluster, slots)
        run.begin_event()
        move_slots(removed[0], target, MOVED_SLOTS)
        run.expect(owned_by(target, slots))
        for node in reversed(removed):  # It shuts the node down, too.
            redis_cli_cluster('del-node', target.endpoint, node.node_id)
            cluster.remove_node(node)
        cluster.wait_until_settled()
        run.finish()


class SplitClusterTest(ScenarioTest):
    """A primary and replicas of others are cut off from the rest, and go on
    telling everyone their old view."""

    def test_partition(self):
        self.run_partition('partition', minority=(0, 4))

    def test_partition_into_halves(self):
        # As many nodes on either side; more primaries on the one that goes on.
        self.run_partition('partition into halves', minority=(0, 4, 5))

    def run_partition(self, name: str, minority: Sequence[int]) -> None:
        if os.environ.get('SLOTPLANNER_WITHOUT_NETNS') == '1':
            self.skipTest('SLOTPLANNER_WITHOUT_NETNS=1')
        network = netns.SplitNetwork()
        self.addCleanup(network.close)
        sides = [1 if number in minority else 0 for number in range(6)]
        cluster = self.start_cluster(
            hosts=[network.hosts[side] for side in sides],
            prefixes=[network.sides[side].prefix for side in sides],
            flags=('--protected-mode', 'no'),
        )
        majority = [n for n, side in zip(cluster.nodes, sides) if side == 0]
        slots = slots_of(*FIRST_SHARD)
        old, new = cluster.nodes[0], cluster.nodes[3]
        run = self.start(name, cluster, slots, LOSSY)
        run.begin_event()
        network.cut()
        run.expect(owned_by(new, slots), majority)
        # The old primary still has another opinion, and keeps it.
        run.load.run_on(3)
        self.assertIn(old.node_id, self.primaries_seen_by(old))
        network.heal()
        cluster.wait_until_settled()
        run.finish()

    @staticmethod
    def primaries_seen_by(node: Node) -> set[str]:
        reply = node.must('CLUSTER', 'SLOTS')
        return {s.primary_id for s in live_cluster.parse_cluster_slots(reply)}


class SecuredClusterTest(ScenarioTest):
    """TLS alone, client certificates, and ACL users whose passwords rotate."""

    def setUp(self):
        self.directory = pathlib.Path(
            tempfile.mkdtemp(prefix='slotplanner-secured-')
        )
        self.addCleanup(shutil.rmtree, self.directory)
        subprocess.run([MAKE_TLS_FILES, self.directory], check=True)
        self.cluster = self.start_secured_cluster()
        self.passwords = {}
        self.old_passwords = []
        # One that may only look, and one for the data.
        for user, rules in (
            ('looker', '~* -@all +command +cluster|shards +cluster|nodes'),
            ('worker', '~* +@all'),
        ):
            self.add_password(user)
            for node in self.cluster.nodes:
                node.must('ACL', 'SETUSER', user, 'on', *rules.split())

    def path(self, name: str) -> str:
        return str(self.directory / name)

    def start_secured_cluster(self) -> LiveCluster:
        tls = ssl.create_default_context(cafile=self.path('ca.crt'))
        tls.load_cert_chain(self.path('client.crt'), self.path('client.key'))
        password = secrets.token_hex()
        return self.start_cluster(
            flags=(
                *('--port', '0'),
                *('--tls-ca-cert-file', self.path('ca.crt')),
                *('--tls-cert-file', self.path('server.crt')),
                *('--tls-key-file', self.path('server.key')),
                *('--tls-auth-clients', 'yes'),
                *('--tls-cluster', 'yes'),
                *('--tls-replication', 'yes'),
                *('--requirepass', password),
                *('--masterauth', password),
            ),
            access=live_cluster.Access(tls, password),
        )

    def add_password(self, user: str) -> None:
        """A new one, first at the nodes, then in the file."""
        self.passwords[user] = secrets.token_hex()
        for node in self.cluster.nodes:
            node.must('ACL', 'SETUSER', user, f'>{self.passwords[user]}')
        file = self.directory / f'{user}.password'
        fresh = file.with_suffix('.fresh')
        fresh.write_text(self.passwords[user] + '\n')
        fresh.replace(file)

    def rotate_password(self, user: str) -> None:
        old = self.passwords[user]
        self.old_passwords.append(old)
        self.add_password(user)
        for node in self.cluster.nodes:
            node.must('ACL', 'SETUSER', user, f'<{old}')
            self.assertIsInstance(node.call('AUTH', user, old), resp.Error)

    def test_failover_after_the_passwords_have_rotated(self):
        cluster = self.cluster
        slots = slots_of(*FIRST_SHARD)
        server = self.start_server(
            config={
                'clusters': [
                    {
                        'name': 'default',
                        'source': f'rediss://{cluster.seeds}',
                        'user': 'looker',
                        'password_file': self.path('looker.password'),
                        'tls': {
                            'ca_file': self.path('ca.crt'),
                            'certificate_file': self.path('client.crt'),
                            'key_file': self.path('client.key'),
                        },
                    }
                ]
            }
        )
        run = scenario.Scenario(
            self,
            'TLS, ACL, password rotation, failover',
            cluster,
            slots,
            server,
            (
                '--redis_tls',
                f'--redis_tls_ca_file={self.path("ca.crt")}',
                f'--redis_tls_certificate_file={self.path("client.crt")}',
                f'--redis_tls_key_file={self.path("client.key")}',
                '--redis_user=worker',
                f'--redis_password_file={self.path("worker.password")}',
            ),
        )
        # Twice, so that the second time nothing of the first is left. The
        # load logs in at the new primary, the server everywhere.
        for new in (cluster.nodes[3], cluster.nodes[0]):
            for user in self.passwords:
                self.rotate_password(user)
            for node in cluster.nodes:
                node.must('CLIENT', 'KILL', 'USER', 'looker')
            run.begin_event()
            new.must('CLUSTER', 'FAILOVER')
            run.expect(owned_by(new, slots))
            cluster.wait_until_settled()
        run.finish()
        told = server.log_text() + server.http_get('/metrics')[1]
        for password in (*self.old_passwords, *self.passwords.values()):
            self.assertNotIn(password, told)


if __name__ == '__main__':
    unittest.main()
