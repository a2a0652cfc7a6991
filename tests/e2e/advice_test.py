# SPDX-License-Identifier: Apache-2.0
"""`slotplanner explain` knows the errors that real nodes give; they take the
commands that `slotplanner advise` renames, and put the tags of `slotplanner
tags` where it says."""

import base64
import json
import pathlib
import re
import unittest

import redis_fixture
import resp
import server_fixture
from slotplanner.v1 import advisor_service_pb2


def setUpModule():
    global cluster, standalone, server
    cluster = redis_fixture.RedisCluster(replicas=0)
    unittest.addModuleCleanup(cluster.stop)
    standalone = redis_fixture.StandaloneRedis()
    unittest.addModuleCleanup(standalone.stop)
    server = server_fixture.Server(cluster.spec)
    unittest.addModuleCleanup(server.stop)
    server.wait_for_topology()


def run_tool(*args: str):
    return server_fixture.run_tool(server, *args)


def explain(error: bytes, *command: str) -> dict:
    result = run_tool(
        'explain', '--output=json', '--', error.decode(), *command
    )
    if result.returncode != 0:
        raise AssertionError(result.stderr)
    return json.loads(result.stdout)


def documented_reactions() -> dict[str, str]:
    """What docs/advisor.md says is to do, by cause."""
    page = pathlib.Path(__file__).parents[2] / 'docs' / 'advisor.md'
    rows = re.findall(
        r'^\| `([A-Z_]+)` \| `[^`]+` \| (.*) \|$',
        page.read_text(encoding='utf-8'),
        re.MULTILINE,
    )
    return {cause: to_do.partition(';')[0] for cause, to_do in rows}


class ErrorsOfNodesTest(unittest.TestCase):
    DOCUMENTED = documented_reactions()

    def connect(self, fixture, *args) -> resp.Connection:
        connection = fixture.connect(*args)
        self.addCleanup(connection.close)
        return connection

    def keys_of(self, node: resp.Connection) -> tuple[list[str], list[str]]:
        """Two keys in different slots of the node, and two in slots that it
        does not own."""
        myself = node.call('CLUSTER', 'MYID')
        owned = []
        for first, last, *nodes in node.call('CLUSTER', 'SLOTS'):
            if nodes[0][2] == myself:
                owned.append((first, last))
        here, elsewhere = [], []
        for number in range(100):
            key = f'key:{number}'
            slot = node.call('CLUSTER', 'KEYSLOT', key)
            is_here = any(first <= slot <= last for first, last in owned)
            (here if is_here else elsewhere).append(key)
        return here[:2], elsewhere[:2]

    def check(self, reply, cause: str, *command: str) -> dict:
        self.assertIsInstance(reply, resp.Error)
        explanation = explain(reply.text, *command)
        self.assertEqual(
            explanation['cause'], f'ERROR_CAUSE_{cause}', reply.text
        )
        if not command and cause != 'NOT_OF_CLUSTER':
            reactions = [
                f'`{name.removeprefix("ERROR_REACTION_")}`'
                for name in explanation['reactions']
            ]
            self.assertEqual(', '.join(reactions), self.DOCUMENTED[cause])
        return explanation

    def test_every_cause_is_documented(self):
        causes = {
            name.removeprefix('ERROR_CAUSE_')
            for name in advisor_service_pb2.ErrorCause.keys()
        }
        self.assertEqual(
            causes - {'UNSPECIFIED', 'NOT_OF_CLUSTER'}, set(self.DOCUMENTED)
        )

    def test_keys_in_several_slots(self):
        node = self.connect(cluster)
        (here, also_here), _ = self.keys_of(node)
        # One node owns both slots, and refuses all the same.
        explanation = self.check(
            node.call('MGET', here, also_here),
            'CROSS_SLOT',
            *('MGET', here, also_here),
        )
        slots = [node.call('CLUSTER', 'KEYSLOT', k) for k in (here, also_here)]
        self.assertEqual([k['slot'] for k in explanation['keys']], slots)
        self.assertEqual(explanation['verdict'], 'VERDICT_SPLIT')
        self.assertEqual(explanation['remedies'][0]['kind'],
                         'REMEDY_KIND_HASH_TAG')
        refused = self.check(
            node.call('RENAME', here, also_here),
            'CROSS_SLOT',
            *('RENAME', here, also_here),
        )
        self.assertEqual(refused['verdict'], 'VERDICT_REFUSED')

    def test_scripts(self):
        node = self.connect(cluster)
        (here, also_here), (elsewhere, _) = self.keys_of(node)
        script = (
            f"#!lua\nredis.call('SET', '{here}', 1)\n"
            f"return redis.call('GET', '{also_here}')"
        )
        explanation = self.check(
            node.call('EVAL', script, 0), 'SCRIPT_CROSS_SLOT'
        )
        self.assertTrue(explanation['mayHaveBeenApplied'])
        self.assertEqual(node.call('GET', here), b'1')
        self.check(
            node.call('EVAL', f"return redis.call('GET', '{elsewhere}')", 0),
            'SCRIPT_FOREIGN_KEY',
        )
        self.check(node.call('EVALSHA', '0' * 40, 0), 'UNKNOWN_SCRIPT')

    def test_a_node_that_runs_a_script(self):
        standalone_node = self.connect(standalone)
        standalone_node.call('CONFIG', 'SET', 'busy-reply-threshold', 1)
        busy = self.connect(standalone)
        busy.send('EVAL', 'while true do end', 0)
        reply = resp.Status(b'')
        while reply == resp.Status(b'') or not isinstance(reply, resp.Error):
            reply = standalone_node.call('GET', 'k')
        self.check(reply, 'BUSY')
        self.assertEqual(
            standalone_node.call('SCRIPT', 'KILL'), resp.Status(b'OK')
        )
        self.assertIsInstance(busy.read(), resp.Error)

    def test_slots_that_move(self):
        source, target = self.connect(cluster), self.connect(cluster, 1)
        (here, _), (elsewhere, _) = self.keys_of(source)
        moved = source.call('GET', elsewhere)
        explanation = self.check(moved, 'MOVED')
        _, slot, address = moved.text.decode().split()
        self.assertEqual(explanation['slot'], int(slot))
        port = explanation['target']['port']
        self.assertEqual(f'{explanation["target"]["host"]}:{port}', address)

        slot = source.call('CLUSTER', 'KEYSLOT', here)
        ids = [node.call('CLUSTER', 'MYID') for node in (source, target)]
        source.call('SET', here, 'v')
        target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', ids[0])
        source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', ids[1])
        self.check(source.call('GET', f'{{{here}}}gone'), 'ASK')
        self.check(source.call('MGET', here, f'{{{here}}}gone'), 'TRY_AGAIN')
        for node in (source, target):
            node.call('CLUSTER', 'SETSLOT', slot, 'STABLE')

    def test_what_cluster_mode_does_not_have(self):
        node = self.connect(cluster)
        (here, _), _ = self.keys_of(node)
        self.check(node.call('SELECT', 1), 'NOT_IN_CLUSTER_MODE', 'SELECT', '1')
        self.check(
            node.call('COPY', here, f'{{{here}}}copy', 'DB', 1),
            'NOT_IN_CLUSTER_MODE',
        )
        for option in 'BY', 'GET':
            self.check(
                node.call('SORT', here, option, 'weight_*'), 'SORT_PATTERN'
            )
        self.check(
            self.connect(standalone).call('CLUSTER', 'SLOTS'),
            'CLUSTER_DISABLED',
        )

    def test_transactions(self):
        node = self.connect(cluster)
        (here, also_here), _ = self.keys_of(node)
        node.call('MULTI')
        self.check(node.call('MGET', here, also_here), 'CROSS_SLOT')
        self.check(node.call('EXEC'), 'TRANSACTION_ABORTED')

    def test_errors_of_a_single_server(self):
        node = self.connect(standalone)
        node.call('SET', 'text', 'v')
        self.check(node.call('INCR', 'text'), 'NOT_OF_CLUSTER')
        self.check(node.call('LPUSH', 'text', 'v'), 'NOT_OF_CLUSTER')

    def test_replicas(self):
        replica_fixture = redis_fixture.StandaloneRedis()
        self.addCleanup(replica_fixture.stop)
        replica = self.connect(replica_fixture)
        # Nothing listens at port 1: the link stays down.
        replica.call('REPLICAOF', redis_fixture.HOST, 1)
        self.check(replica.call('SET', 'k', 'v'), 'READ_ONLY_REPLICA')
        replica.call('CONFIG', 'SET', 'replica-serve-stale-data', 'no')
        self.check(replica.call('GET', 'k'), 'REPLICA_CUT_OFF')

    def test_slots_without_an_owner(self):
        broken = redis_fixture.RedisCluster(replicas=0)
        self.addCleanup(broken.stop)
        node = self.connect(broken)
        (here, also_here), _ = self.keys_of(node)
        slot = node.call('CLUSTER', 'KEYSLOT', here)
        self.assertEqual(
            node.call('CLUSTER', 'DELSLOTS', slot), resp.Status(b'OK')
        )
        self.check(node.call('GET', here), 'SLOT_NOT_SERVED')
        # Its view of the whole follows from its slots a moment later.
        reply = None
        while not isinstance(reply, resp.Error):
            reply = node.call('GET', also_here)
        self.check(reply, 'CLUSTER_DOWN')


class TextTest(unittest.TestCase):
    def test_explanation_for_people(self):
        result = run_tool(
            'explain',
            "(error) CROSSSLOT Keys in request don't hash to the same slot",
            *('MSET', 'user:1', 'secret', 'user:2', 'secret'),
        )
        self.assertEqual(result.returncode, 0, result.stderr)
        text = result.stdout.decode()
        self.assertIn('cause: CROSS_SLOT\n', text)
        self.assertIn('to do: CHANGE_COMMAND, CHANGE_KEYS\n', text)
        self.assertIn('argument 1 is in slot 10778\n', text)
        self.assertIn('argument 3 is in slot 6777\n', text)
        self.assertIn('HASH_TAG: ', text)
        self.assertNotIn('secret', text)


class AdviseTest(unittest.TestCase):
    def advise(self, *args: str, stdin: bytes = b'') -> dict:
        result = server_fixture.run_tool(
            server, 'advise', '--output=json', *args, stdin=stdin
        )
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def test_commands_work_with_the_names_that_are_suggested(self):
        commands = [
            ['MSET', 'user:7:name', 'v', 'user:7:mail', 'v', 'user:7:new', 'v'],
            ['RENAME', 'user:7:name', 'user:7:old'],
            ['SINTERSTORE', 'tags:7', 'tags:7:a', 'tags:7:b'],
            ['GET', 'user:7:old'],
        ]
        lines = ''.join(' '.join(c) + '\n' for c in commands)
        advice = self.advise('--file=-', stdin=lines.encode())
        self.assertEqual(len(advice['groups']), 2)
        self.assertEqual(advice['refusedCommands'], [])
        for group in advice['groups']:
            best = group['suggestions'][0]
            self.assertEqual(best['warnings'], [])
            for renaming in best['renamings']:
                place = group['keys'][renaming['key']]
                old = commands[place['index']][place['argIndex']]
                new = base64.b64decode(renaming['newKey']).decode()
                self.assertEqual(new.replace('{', '').replace('}', ''), old)
                commands = [
                    [new if arg == old else arg for arg in c] for c in commands
                ]
        for command in commands:
            replies = []
            for index in range(3):
                node = cluster.connect(index)
                replies.append(node.call(*command))
                node.close()
            moved = [
                reply
                for reply in replies
                if isinstance(reply, resp.Error)
                and reply.text.startswith(b'MOVED')
            ]
            # The owner of the one slot has done it, the others point to it.
            self.assertEqual(len(moved), 2, (command, replies))
            for reply in replies:
                if reply not in moved:
                    self.assertNotIsInstance(reply, resp.Error)

    def test_advice_for_people(self):
        result = server_fixture.run_tool(
            server, 'advise', '-', stdin=b'user:1\nuser:2\n'
        )
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(
            result.stdout.decode().splitlines()[:6],
            [
                '2 keys in 2 slots:',
                '  "user:1" is in slot 10778',
                '  "user:2" is in slot 6777',
                '  tag "user": slot 5474, renames 2 of 2 keys, TOO_BROAD',
                '    "user:1" -> "{user}:1"',
                '    "user:2" -> "{user}:2"',
            ],
        )
        self.assertIn(b'HASH_FIELDS: ', result.stdout)

    def test_keys_of_one_slot_need_no_advice(self):
        result = run_tool('advise', '{a}1', '{a}2')
        self.assertEqual(
            (result.returncode, result.stdout),
            (0, b'All keys that must be in one slot are.\n'),
        )


class TagsTest(unittest.TestCase):
    def tags(self, *flags: str) -> list[tuple[int, str]]:
        result = run_tool('tags', *flags)
        self.assertEqual(result.returncode, 0, result.stderr)
        lines = result.stdout.decode().splitlines()
        return [(int(slot), tag) for slot, tag in (s.split() for s in lines)]

    def test_tags_hash_where_they_should(self):
        node = cluster.connect()
        self.addCleanup(node.close)
        tags = self.tags('--slots=0,5461-5463,16383', '--count=20')
        self.assertEqual(len(tags), 20)
        self.assertEqual(
            {slot for slot, _ in tags}, {0, 5461, 5462, 5463, 16383}
        )
        for slot, tag in tags:
            self.assertEqual(node.call('CLUSTER', 'KEYSLOT', tag + ':k'), slot)

    def test_keys_with_tags_of_a_node_are_taken_by_it(self):
        node = cluster.connect()
        self.addCleanup(node.close)
        tags = self.tags(f'--nodes={cluster.endpoints[0]}', '--count=100')
        self.assertEqual(len({slot for slot, _ in tags}), 100)
        for _, tag in tags:
            self.assertEqual(
                node.call('SET', f'{tag}:k', 'v'), resp.Status(b'OK')
            )

    def test_hot_slots_are_left_out(self):
        self.assertEqual(
            {s for s, _ in self.tags('--slots=7-9', '--except_slots=8',
                                     '--count=10')},
            {7, 9},
        )
        result = run_tool('tags', '--slots=8', '--except_slots=8')
        self.assertEqual(result.returncode, 1)
        self.assertEqual(
            result.stderr, b'slotplanner: no slot is left for a tag\n'
        )

    def test_what_is_wrong_is_said(self):
        for flags, code, error in (
            (['--slots=16384'], 2, b'--slots must be SLOT|FIRST-LAST,...'),
            (['--slots=5-4'], 2, b'--slots must be'),
            (['--count=0', '--slots=1'], 2, b'--count must be N'),
            ([], 1, b'INVALID_ARGUMENT (EMPTY_REQUEST)'),
            (['--nodes=127.0.0.1:1'], 1, b'NOT_FOUND (UNKNOWN_NODE)'),
        ):
            result = run_tool('tags', *flags)
            self.assertEqual(result.returncode, code, flags)
            self.assertIn(error, result.stderr)


if __name__ == '__main__':
    unittest.main()
