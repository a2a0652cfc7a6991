# SPDX-License-Identifier: Apache-2.0
"""What clients and proxies of the field get wrong, one test each.

Every case was found in the code or the threads of a well-known client or proxy;
here `slotplanner exec` meets it on a real cluster.
"""

import unittest

import redis_fixture
import server_fixture


def setUpModule():
    global cluster, server
    cluster = redis_fixture.RedisCluster()
    unittest.addModuleCleanup(cluster.stop)
    server = server_fixture.Server(cluster.spec)
    unittest.addModuleCleanup(server.stop)
    server.wait_for_topology()


def execute(*command: str | bytes, flags: tuple[str, ...] = ()) -> str:
    result = server_fixture.run_tool(server, 'exec', *flags, '--', *command)
    return (result.stdout + result.stderr).decode()


class PartsTest(unittest.TestCase):
    def setUp(self):
        cluster.flush()

    def test_counts_are_added_once_for_each_part(self):  # Rules C1, E1.
        # Two keys share a slot: a count for each key would make 5 of this.
        execute('MSET', '{a}1', 'x', '{a}2', 'x', 'b', 'x')
        self.assertEqual(execute('EXISTS', '{a}1', '{a}2', 'b'), '(integer) 3\n')
        self.assertEqual(execute('DEL', '{a}1', '{a}2', 'b'), '(integer) 3\n')

    def test_counts_of_one_slot_are_not_added_at_all(self):  # Rule C4.
        execute('MSET', '{a}1', 'x', '{a}2', 'x')
        self.assertEqual(execute('DEL', '{a}1', '{a}2'), '(integer) 2\n')

    def test_duplicates_are_counted_and_answered_as_often_as_sent(self):  # C5.
        execute('SET', 'a', 'x')
        self.assertEqual(execute('EXISTS', 'a', 'b', 'a'), '(integer) 2\n')
        self.assertEqual(
            execute('MGET', 'a', 'b', 'a'), '1) "x"\n2) (nil)\n3) "x"\n'
        )

    def test_the_last_of_duplicate_keys_wins(self):  # Rule C5.
        execute('MSET', 'a', '1', 'b', '2', 'a', '3')
        self.assertEqual(execute('GET', 'a'), '"3"\n')

    def test_replies_keep_the_order_of_the_keys(self):  # Rule E1.
        keys = [f'k{i}' for i in range(30)]
        execute('MSET', *(word for key in keys for word in (key, key)))
        self.assertEqual(
            execute('MGET', *keys),
            ''.join(f'{i:2d}) "{key}"\n' for i, key in enumerate(keys, 1)),
        )

    def test_an_error_of_a_part_is_neither_nil_nor_lost(self):  # Rule E2.
        # The node of one part is out of memory for writes; the others are not.
        node = cluster.connect(0)
        self.addCleanup(node.close)
        node.call('CONFIG', 'SET', 'maxmemory', '1')
        self.addCleanup(node.call, 'CONFIG', 'SET', 'maxmemory', '0')
        keys = [f'k{i}' for i in range(30)]
        output = execute('MSET', *(word for key in keys for word in (key, 'x')))
        self.assertIn('PARTFAILED', output)
        self.assertIn('OOM', output)
        self.assertIn(cluster.endpoints[0], output)  # What failed, and where.
        self.assertIn('applied', output)  # What was done all the same.
        self.assertNotIn('OK', output)

    def test_msetnx_is_never_split(self):  # Rule C2.
        self.assertIn('REFUSED', execute('MSETNX', 'a', '1', 'b', '2'))
        self.assertEqual(execute('EXISTS', 'a', 'b'), '(integer) 0\n')
        self.assertEqual(
            execute('MSETNX', '{t}a', '1', '{t}b', '2'), '(integer) 1\n'
        )

    def test_the_empty_key_is_in_slot_0(self):  # Rule A3.
        execute('SET', '', 'x')
        self.assertEqual(execute('GET', ''), '"x"\n')

    def test_a_group_may_be_named_streams(self):  # Rule B4.
        execute('XGROUP', 'CREATE', 'k', 'streams', '$', 'MKSTREAM')
        execute('XADD', 'k', '1-1', 'f', 'v')
        self.assertIn(
            '1-1',
            execute(
                *('XREADGROUP', 'GROUP', 'streams', 'c', 'STREAMS', 'k', '>')
            ),
        )

    def test_a_script_without_keys_runs(self):  # Rule B3.
        self.assertEqual(execute('EVAL', 'return 7', '0'), '(integer) 7\n')


class FanOutTest(unittest.TestCase):
    """The traps of rule C7."""

    def setUp(self):
        cluster.flush()
        self.keys = [f'k{i}' for i in range(30)]
        execute('MSET', *(word for key in self.keys for word in (key, 'x')))

    def test_dbsize_is_that_of_all_shards(self):
        self.assertEqual(execute('DBSIZE'), '(integer) 30\n')

    def test_keys_are_those_of_all_shards(self):
        self.assertEqual(len(execute('KEYS', '*').splitlines()), 30)

    def test_randomkey_finds_a_key_while_shards_are_empty(self):
        cluster.flush()
        self.assertEqual(execute('RANDOMKEY'), '(nil)\n')
        execute('SET', 'only', 'x')
        for _ in range(10):
            self.assertEqual(execute('RANDOMKEY'), '"only"\n')

    def test_script_load_reaches_replicas_too(self):
        sha = execute('SCRIPT', 'LOAD', 'return 1').strip().strip('"')
        for index in range(6):
            node = cluster.connect(index)
            self.assertEqual(node.call('SCRIPT', 'EXISTS', sha), [1])
            node.close()

    def test_script_exists_is_true_only_where_all_shards_say_so(self):
        everywhere = execute('SCRIPT', 'LOAD', 'return 2').strip().strip('"')
        node = cluster.connect(0)
        here = node.call('SCRIPT', 'LOAD', 'return 3').decode()
        node.close()
        self.assertEqual(
            execute('SCRIPT', 'EXISTS', everywhere, here, '0' * 40),
            '1) (integer) 1\n2) (integer) 0\n3) (integer) 0\n',
        )

    def test_publish_goes_to_one_node(self):
        listener = cluster.connect(0)
        self.addCleanup(listener.close)
        listener.call('SUBSCRIBE', 'news')
        execute('PUBLISH', 'news', 'once')
        execute('PUBLISH', 'news', 'last')
        self.assertEqual(listener.read(), [b'message', b'news', b'once'])
        self.assertEqual(listener.read(), [b'message', b'news', b'last'])

    def test_config_get_answers_once(self):
        self.assertEqual(
            execute('CONFIG', 'GET', 'maxclients').count('maxclients'), 1
        )

    def test_reads_go_to_replicas_and_writes_never(self):  # Rule B10.
        execute('WAIT', '1', '1000')
        self.assertEqual(
            execute('EXISTS', *self.keys, flags=('--read_preference=replica',)),
            '(integer) 30\n',
        )
        # A write that went to a replica would be redirected; an untagged guess
        # at "everything unknown is a read" would send these there.
        for command in (('GETEX', 'k1'), ('XADD', 's', '1-1', 'f', 'v')):
            self.assertNotIn(
                'error',
                execute(*command, flags=('--read_preference=replica',)),
            )

    def test_scan_is_refused_with_a_way_out(self):  # Rule C9.
        self.assertIn('REFUSED', execute('SCAN', '0'))
        plan = server_fixture.run_tool(server, 'plan', '--', 'SCAN', '0')
        self.assertIn('each primary', plan.stdout.decode())


if __name__ == '__main__':
    unittest.main()
