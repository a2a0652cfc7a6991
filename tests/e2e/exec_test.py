# SPDX-License-Identifier: Apache-2.0
"""`slotplanner exec` prints what redis-cli prints for a single server."""

import random
import re
import subprocess
import unittest

import random_seed
import redis_fixture
import server_fixture

SEED = random_seed.random_seed()


def setUpModule():
    global cluster, standalone, server
    cluster = redis_fixture.RedisCluster(replicas=0)
    unittest.addModuleCleanup(cluster.stop)
    standalone = redis_fixture.StandaloneRedis()
    unittest.addModuleCleanup(standalone.stop)
    server = server_fixture.Server(cluster.spec)
    unittest.addModuleCleanup(server.stop)
    server.wait_for_topology()


def escaped(word: bytes) -> str:
    """`word` with every byte but letters and digits as \\xHH."""
    return re.sub(
        r'[^A-Za-z0-9]', lambda m: f'\\x{ord(m[0]):02x}', word.decode('latin-1')
    )


def run_exec(*command: bytes) -> subprocess.CompletedProcess:
    return server_fixture.run_tool(
        server, 'exec', '--escapes', '--', *map(escaped, command)
    )


def run_redis_cli(*command: bytes) -> bytes:
    """What redis-cli prints, as on a terminal, for the standalone server."""
    line = ' '.join(f'"{escaped(word)}"' for word in command) + '\n'
    return subprocess.run(
        ['redis-cli', '--no-raw', '-p', str(standalone.port)],
        input=line.encode(),
        stdout=subprocess.PIPE,
        check=True,
    ).stdout


class ExecTest(unittest.TestCase):
    def setUp(self):
        cluster.flush()
        run_redis_cli(b'FLUSHALL')

    def assert_same_output(self, *command: bytes):
        result = run_exec(*command)
        expected = run_redis_cli(*command)
        self.assertEqual(
            (result.stdout, result.stderr),
            (expected, b''),
            f'{command}, seed {SEED}',
        )
        is_error = expected.startswith(b'(error)')
        self.assertEqual(result.returncode, 1 if is_error else 0, command)

    def test_commands_over_several_slots(self):  # Rules C1, C5, E1.
        for command in (
            (
                b'MSET',
                b'user:1',
                b'Ada',
                b'user:2',
                b'Grace',
                b'user:1',
                b'Alan',
            ),
            (b'MGET', b'user:1', b'user:2', b'user:3', b'user:1'),
            (b'EXISTS', b'user:1', b'user:1', b'user:2', b'user:3'),
            (b'TOUCH', b'user:1', b'user:2', b'user:3'),
            (b'UNLINK', b'user:1', b'user:3'),
            (b'DEL', b'user:1', b'user:2', b'user:2'),
            (b'MGET', b'user:1', b'user:2'),
        ):
            self.assert_same_output(*command)

    def test_keys_and_values_of_any_bytes(self):  # Rule A3.
        every_byte = bytes(range(256))
        keys = [
            b'',
            b'\0',
            b'\xff\xfe',
            b'a b',
            b'"',
            b'\\',
            b'\r\n',
            every_byte,
        ]
        self.assert_same_output(
            b'MSET', *(word for key in keys for word in (key, key[::-1]))
        )
        self.assert_same_output(b'MGET', *keys, *keys)
        self.assert_same_output(b'DEL', *keys)

    def test_random_commands_over_several_slots(self):
        rng = random.Random(SEED)
        keys = [rng.randbytes(rng.randrange(0, 4)) for _ in range(20)]
        for _ in range(100):
            name = rng.choice([b'MGET', b'DEL', b'UNLINK', b'EXISTS', b'TOUCH'])
            some_keys = rng.choices(keys, k=rng.randrange(1, 10))
            self.assert_same_output(
                b'MSET',
                *(word for k in some_keys for word in (k, rng.randbytes(4))),
            )
            self.assert_same_output(
                name, *rng.choices(keys, k=rng.randrange(1, 10))
            )

    def test_random_commands_of_one_slot(self):
        rng = random.Random(SEED)
        keys = [rng.randbytes(2) for _ in range(6)]
        for _ in range(100):
            key = rng.choice(keys)
            tagged = b'{%s}2' % key.hex().encode()
            same_slot = b'{%s}1' % key.hex().encode()
            self.assert_same_output(
                *rng.choice(
                    [
                        (b'SET', key, rng.randbytes(3)),
                        (b'GET', key),
                        (b'INCR', key),
                        (b'LPUSH', key, b'x', b'y'),
                        (b'LRANGE', key, b'0', b'-1'),
                        (b'HSET', key, b'field', rng.randbytes(2)),
                        (b'HGETALL', key),
                        (b'TYPE', key),
                        (b'SADD', same_slot, rng.randbytes(1)),
                        (b'SADD', tagged, rng.randbytes(1)),
                        (b'SINTERCARD', b'2', same_slot, tagged),
                        (b'RENAME', same_slot, tagged),
                        (b'ZADD', key, b'1.5', b'member'),
                        (b'ZRANGE', key, b'0', b'-1', b'WITHSCORES'),
                        (b'DEL', key),
                    ]
                )
            )

    def test_refuses_what_cannot_be_split(self):  # Rule C3.
        run_exec(b'SET', b'user:1', b'Ada')
        result = run_exec(b'RENAME', b'user:1', b'user:2')
        self.assertEqual(result.returncode, 1)
        self.assertNotIn(b'user:1', result.stdout + result.stderr)
        self.assertEqual(run_exec(b'GET', b'user:1').stdout, b'"Ada"\n')

    def test_wrong_usage_is_status_2(self):
        for args in (('exec',), ('no-such-subcommand',), ('--no-such-flag',)):
            result = server_fixture.run_tool(server, *args)
            self.assertEqual(result.returncode, 2, args)
            self.assertEqual(result.stdout, b'')
            self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)


class OtherSubcommandsTest(unittest.TestCase):
    def assert_answers(self, *args: str, expected: bytes):
        result = server_fixture.run_tool(server, *args)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(expected, result.stdout)

    def test_keyslot(self):
        self.assert_answers('keyslot', '{user:1}:profile', expected=b'10778')

    def test_group(self):
        self.assert_answers('group', 'foo', 'bar', expected=b'12182')

    def test_plan(self):
        self.assert_answers(
            'plan', '--', 'MGET', 'foo', 'bar', expected=b'5061'
        )

    def test_topology(self):
        for endpoint in cluster.endpoints:
            self.assert_answers('topology', expected=endpoint.encode())


if __name__ == '__main__':
    unittest.main()
