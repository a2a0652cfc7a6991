# SPDX-License-Identifier: Apache-2.0
"""Plans on topologies that need not exist: on what a live cluster says of
itself they are the server's own, and on even shards those of such a cluster."""

import collections
import json
import pathlib
import subprocess
import tempfile
import unittest

import redis_fixture
import server_fixture
from slotplanner.v1 import advisor_service_pb2
from slotplanner.v1 import advisor_service_pb2_grpc
from slotplanner.v1 import slot_planner_service_pb2 as api
from slotplanner.v1 import topology_pb2

SLOT_COUNT = 16384
# What redis-cli makes of a reply on a pipe, on a terminal, and otherwise.
REDIS_CLI_FORMS = (
    ('CLUSTER', 'NODES'),
    ('CLUSTER', 'SHARDS'),
    ('--no-raw', 'CLUSTER', 'NODES'),
    ('--no-raw', 'CLUSTER', 'SHARDS'),
    ('--no-raw', 'CLUSTER', 'SLOTS'),
    ('-3', 'CLUSTER', 'SHARDS'),
    ('-3', '--no-raw', 'CLUSTER', 'NODES'),
    ('-3', '--no-raw', 'CLUSTER', 'SHARDS'),
    ('--json', 'CLUSTER', 'NODES'),
    ('--json', 'CLUSTER', 'SHARDS'),
    ('--json', 'CLUSTER', 'SLOTS'),
)
COMMANDS = (
    ('MGET', 'user:1', 'user:2', 'user:3', 'user:4'),
    ('MSET', 'a', '1', 'b', '2', 'c', '3'),
    ('DBSIZE',),
    ('RENAME', 'a', 'b'),
    *(('GET', f'key:{number}') for number in range(200)),
)


def setUpModule():
    global cluster, server
    cluster = redis_fixture.RedisCluster()
    unittest.addModuleCleanup(cluster.stop)
    # Nothing listens at port 1.
    server = server_fixture.Server(
        cluster.spec, 'five=static:5', 'cold=redis://127.0.0.1:1'
    )
    unittest.addModuleCleanup(server.stop)
    server.wait_for_topology()
    server.wait_for_topology('five')


def redis_cli(*args: str) -> bytes:
    host, _, port = cluster.endpoints[1].rpartition(':')
    return subprocess.run(
        ['redis-cli', '-h', host, '-p', port, *args],
        check=True,
        capture_output=True,
    ).stdout


def plan(*flags: str, stdin: bytes = b'') -> dict:
    """The plan of COMMANDS, as the tool gets it."""
    lines = ''.join(' '.join(command) + '\n' for command in COMMANDS)
    with tempfile.NamedTemporaryFile('w', suffix='.txt') as file:
        file.write(lines)
        file.flush()
        result = server_fixture.run_tool(
            server,
            *('plan', '--output=json', f'--file={file.name}', *flags),
            stdin=stdin,
        )
    # One of the commands is refused.
    if result.returncode != 1 or result.stderr:
        raise AssertionError(result.stderr)
    return json.loads(result.stdout)


def without_time(answer: dict) -> dict:
    answer['topology'].pop('confirmTime')
    return answer


def plan_request(cluster_name: str, **fields) -> api.PlanBatchRequest:
    return api.PlanBatchRequest(
        cluster=cluster_name,
        commands=[
            api.Command(args=[arg.encode() for arg in command])
            for command in COMMANDS
        ],
        **fields,
    )


class PastedTopologyTest(unittest.TestCase):
    def test_every_form_of_the_own_topology_gives_the_own_plan(self):
        preferences = '--read_preference=primary', '--read_preference=replica'
        expected = {flag: without_time(plan(flag)) for flag in preferences}
        for form in REDIS_CLI_FORMS:
            for flag in preferences:
                with self.subTest(form=form, flag=flag):
                    answer = plan(flag, '--topology=-', stdin=redis_cli(*form))
                    self.assertNotIn('confirmTime', answer['topology'])
                    self.assertEqual(answer, expected[flag])

    def test_bytes_of_a_node(self):
        node = cluster.connect()
        self.addCleanup(node.close)
        text = node.call('CLUSTER', 'NODES')
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, 'nodes.resp')
            path.write_bytes(b'$%d\r\n%s\r\n' % (len(text), text))
            self.assertEqual(plan(f'--topology={path}'), without_time(plan()))

    def test_what_is_wrong_is_said(self):
        nodes = redis_cli('CLUSTER', 'NODES')
        for text, error in (
            (b'', b'the text is empty'),
            (b'secret', b'line 1: '),
            (nodes + b'secret\n', b'line 7: '),
            (b'-ERR secret\r\n', b'an error'),
        ):
            result = server_fixture.run_tool(
                server, 'plan', '--topology=-', '--', 'GET', 'k', stdin=text
            )
            self.assertEqual(result.returncode, 1, text)
            self.assertIn(
                b'INVALID_ARGUMENT (MALFORMED_TOPOLOGY)', result.stderr
            )
            self.assertIn(error, result.stderr)
            self.assertNotIn(b'secret', result.stderr)

    def test_nothing_is_run_on_it(self):
        result = server_fixture.run_tool(
            server, 'exec', '--topology=-', '--', 'GET', 'k'
        )
        self.assertEqual(result.returncode, 2)
        self.assertIn(b'exec takes no flag --topology', result.stderr)


class EvenShardsTest(unittest.TestCase):
    def test_as_many_as_there_are_change_nothing(self):
        self.assertEqual(plan('--shards=3'), without_time(plan()))
        self.assertEqual(
            plan('--cluster=five', '--shards=5'),
            without_time(plan('--cluster=five')),
        )

    def test_without_a_topology_they_are_those_of_a_new_cluster(self):
        expected = server.planner.PlanBatch(plan_request('five'))
        expected.topology.ClearField('confirm_time')
        answer = server.planner.PlanBatch(
            plan_request(
                'cold',
                what_if=topology_pb2.HypotheticalTopology(even_shards=5),
            )
        )
        self.assertEqual(answer, expected)

    def owners(self, **fields) -> list[str]:
        """Who gets a key of each slot."""
        advisor = advisor_service_pb2_grpc.AdvisorServiceStub(server.channel)
        tags = advisor.MintHashTags(
            advisor_service_pb2.MintHashTagsRequest(slots=range(SLOT_COUNT))
        ).tags
        answer = server.planner.PlanBatch(
            api.PlanBatchRequest(
                commands=[
                    api.Command(args=[b'GET', tag.tag.encode()]) for tag in tags
                ],
                **fields,
            )
        )
        owners = [''] * SLOT_COUNT
        for node_plan in answer.stages[0].node_plans:
            for command in node_plan.commands:
                owners[command.slot] = node_plan.node.node_id
        return owners

    def test_no_more_slots_move_than_must(self):
        now = self.owners()
        sizes = collections.Counter(now)
        self.assertEqual(len(sizes), 3)
        for count in 1, 2, 4, 6, 7:
            what_if = topology_pb2.HypotheticalTopology(even_shards=count)
            then = self.owners(what_if=what_if)
            shares = collections.Counter(then)
            self.assertEqual(len(shares), count)
            self.assertLessEqual(max(shares.values()) - min(shares.values()), 1)
            moved = sum(a != b for a, b in zip(now, then))
            stayed = sum(
                min(size, share)
                for size, share in zip(
                    sorted(sizes.values(), reverse=True),
                    sorted(shares.values(), reverse=True),
                )
            )
            self.assertEqual(moved, SLOT_COUNT - stayed, count)

    def test_metrics_of_the_cluster_do_not_count_them(self):
        name = 'slotplanner_commands_total'
        before = server.metric(name, cluster='default')
        plan('--shards=2')
        self.assertEqual(server.metric(name, cluster='default'), before)
        plan()
        self.assertEqual(
            server.metric(name, cluster='default'), before + len(COMMANDS)
        )


if __name__ == '__main__':
    unittest.main()
