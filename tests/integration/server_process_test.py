# SPDX-License-Identifier: Apache-2.0
"""The real slotplanner-server as a process: start, signals, exit codes.

Messages are written by hand, field by field: the few used here need no
generated code, and so nothing is shared with the server under test.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import unittest
import urllib.error
import urllib.request

import grpc

PROGRAM = os.environ['SLOTPLANNER_SERVER_PROGRAM']
TIMEOUT_SECONDS = 30
API = 'slotplanner.v1.SlotPlannerService'
SERVING, NOT_SERVING = b'\x08\x01', b'\x08\x02'


def field(number: int, value: bytes) -> bytes:
    """One length-delimited field of less than 128 bytes."""
    return bytes([number << 3 | 2, len(value)]) + value


def fields(message: bytes) -> list[tuple[int, bytes | int]]:
    """The fields of a message: varints, and bytes of length-delimited ones."""
    result = []
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        tag = varint()
        value = varint()
        if tag & 7 == 2:
            at += value
            value = message[at - value : at]
        result.append((tag >> 3, value))
    return result


def run(*flags: str) -> subprocess.CompletedProcess:
    """Runs the server to its end, which must come by itself."""
    return subprocess.run(
        [PROGRAM, *flags],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )


class Server:
    """A running server, by default on ports that the system chooses."""

    def __init__(self, *flags: str):
        self._process = subprocess.Popen(
            [
                PROGRAM,
                '--grpc_listen=127.0.0.1:0',
                '--admin_listen=127.0.0.1:0',
                '--drain_delay=0s',
                *flags,
            ],
            stderr=subprocess.PIPE,
        )
        self.log = []
        self.admin = self.wait_for('listening', protocol='http')['address']
        self.address = next(
            line['address'] for line in self.log if line['event'] == 'listening'
        )

    def wait_for(self, event: str, **fields: str) -> dict:
        """The first line of that event that was or will be logged."""
        wanted = {'event': event, **fields}
        for line in self.log:
            if wanted.items() <= line.items():
                return line
        for raw in self._process.stderr:
            self.log.append(json.loads(raw))
            if wanted.items() <= self.log[-1].items():
                return self.log[-1]
        raise AssertionError(f'no {wanted} in the log: {self.log}')

    def channel(self) -> grpc.Channel:
        return grpc.insecure_channel(
            self.address, options=[('grpc.use_local_subchannel_pool', 1)]
        )

    def call(self, method: str, request: bytes) -> bytes:
        with self.channel() as channel:
            return channel.unary_unary(method)(request, timeout=TIMEOUT_SECONDS)

    def slot_of_foo(self) -> int:
        """What Keyslot says; 12182 (rule A4) when all is well."""
        response = self.call(f'/{API}/Keyslot', field(2, b'foo'))
        assert response[0] == 0x08, response
        return response[1] & 0x7F | response[2] << 7

    def health(self, service: str) -> bytes:
        return self.call(
            '/grpc.health.v1.Health/Check', field(1, service.encode())
        )

    def reflect(self, request: bytes) -> bytes:
        method = (
            '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo'
        )
        with self.channel() as channel:
            call = channel.stream_stream(method)
            return next(call(iter([request]), timeout=TIMEOUT_SECONDS))

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(
                f'http://{self.admin}{path}', timeout=TIMEOUT_SECONDS
            ) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def send_signal(self, number: int) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        """Its exit code; the rest of its log is read."""
        for raw in self._process.stderr:
            self.log.append(json.loads(raw))
        self._process.stderr.close()
        return self._process.wait(timeout=TIMEOUT_SECONDS)

    def stop(self) -> int:
        self.send_signal(signal.SIGTERM)
        return self.wait()


class ProcessTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='slotplanner-')
        self.addCleanup(shutil.rmtree, self.folder)

    def start(self, *flags: str) -> Server:
        server = Server(*flags)
        self.addCleanup(
            lambda: server._process.returncode is None and server.stop()
        )
        return server

    def write(self, name: str, text: str) -> str:
        path = pathlib.Path(self.folder, name)
        path.write_text(text, encoding='utf-8')
        return str(path)

    def assert_one_line(self, result, code: int, *parts: str):
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertEqual(result.stderr.count('\n'), 1, result.stderr)
        self.assertTrue(result.stderr.startswith('slotplanner-server: '))
        for part in parts:
            self.assertIn(part, result.stderr)
        self.assertEqual(result.stdout, '')


class CommandLineTest(ProcessTest):
    def test_help_is_the_manual_on_stdout(self):
        result = run('--help')
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        self.assertIn('--grpc_listen=127.0.0.1:50051', result.stdout)

    def test_version_is_one_line(self):
        result = run('--version')
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r'^slotplanner-server \d+\.\d+\.\d+\n$')

    def test_a_wrong_flag_is_one_line_and_exit_code_2(self):
        self.assert_one_line(run('--nonsense=1'), 2, '--nonsense')
        self.assert_one_line(run('--max_keys=0'), 2, '--max_keys')
        self.assert_one_line(run('stray'), 2, 'argument 1')

    def test_a_wrong_file_is_one_line_and_exit_code_2(self):
        path = self.write('a.yaml', 'limits:\n  max_keyz: 1\n')
        self.assert_one_line(
            run(f'--config={path}'), 2, path, 'line 2', 'limits', 'max_keyz'
        )
        self.assert_one_line(run('--config=/no/such'), 2, '/no/such')

    def test_a_port_in_use_is_one_line_and_exit_code_1(self):
        with socket.create_server(('127.0.0.1', 0)) as listener:
            address = f'127.0.0.1:{listener.getsockname()[1]}'
            free = '127.0.0.1:0'
            for grpc_listen, admin_listen in (address, free), (free, address):
                self.assert_one_line(
                    run(
                        f'--grpc_listen={grpc_listen}',
                        f'--admin_listen={admin_listen}',
                    ),
                    1,
                    f'cannot listen on {address}: Address already in use',
                )

    def test_two_servers_cannot_share_a_port(self):
        server = self.start()
        self.assert_one_line(
            run(
                f'--grpc_listen={server.address}', '--admin_listen=127.0.0.1:0'
            ),
            1,
            server.address,
        )


class RunningServerTest(ProcessTest):
    """Tests that leave the server as it was, and so share one."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.wait_for('topology_first_read')
        cls.addClassCleanup(cls.server.stop)

    def test_without_a_cluster_it_follows_made_up_shards_and_says_so(self):
        self.server.wait_for('no_cluster_configured')
        self.server.wait_for('following_cluster', source='static:3')
        self.assertEqual(self.server.slot_of_foo(), 12182)

    def test_health_knows_the_process_the_api_the_clusters_and_no_more(self):
        self.assertEqual(self.server.health(''), SERVING)
        self.assertEqual(self.server.health(API), SERVING)
        self.assertEqual(self.server.health(f'{API}/default'), SERVING)
        for name in 'nonsense', f'{API}/nonsense':
            with self.assertRaises(grpc.RpcError) as error:
                self.server.health(name)
            self.assertEqual(error.exception.code(), grpc.StatusCode.NOT_FOUND)

    def test_reflection_lists_all_services(self):
        services = self.server.reflect(field(7, b'*'))
        for name in API, 'slotplanner.v1.TopologyService', 'grpc.health.v1':
            self.assertIn(name.encode(), services)

    def test_reflection_describes_all_services(self):
        for name in API, 'grpc.health.v1.Health':
            self.assertIn(b'.proto', self.server.reflect(field(4, name.encode())))

    def test_admin_pages_answer(self):
        self.assertEqual(self.server.get('/healthz')[0], 200)
        self.assertEqual(self.server.get('/readyz')[0], 200)
        self.assertEqual(self.server.get('/')[0], 404)

    def test_metrics_are_there_from_the_start(self):
        _, metrics = self.server.get('/metrics')
        for name in (
            'grpc_server_started_total',
            'grpc_server_handled_total',
            'grpc_server_handling_seconds_bucket',
            'slotplanner_build_info',
            'slotplanner_topology_refreshes_total',
            'slotplanner_topology_asked_nodes',
            'slotplanner_topology_agreeing_nodes',
            'slotplanner_topology_migrating_slots',
            'slotplanner_topology_watchers',
            'slotplanner_refresh_requests_total',
            'slotplanner_suppressed_log_lines_total',
            'slotplanner_heap_used_bytes',
            'slotplanner_heap_free_bytes',
            'process_cpu_seconds_total',
            'process_resident_memory_bytes',
            'process_virtual_memory_bytes',
            'process_threads',
            'process_open_fds',
            'process_max_fds',
            'process_start_time_seconds',
        ):
            self.assertIn(f'\n{name}', metrics)

    @unittest.skipUnless(shutil.which('promtool'), 'promtool is not installed')
    def test_promtool_finds_nothing_to_say_about_the_metrics(self):
        self.server.slot_of_foo()
        _, metrics = self.server.get('/metrics')
        result = subprocess.run(
            ['promtool', 'check', 'metrics'],
            input=metrics,
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(
            (result.returncode, result.stdout, result.stderr), (0, '', '')
        )


class ListenTest(ProcessTest):
    def test_listens_on_several_addresses_and_unix_sockets(self):
        path = f'{self.folder}/api.sock'
        server = self.start(f'--grpc_listen=127.0.0.1:0,unix:{path}')
        self.assertEqual(server.slot_of_foo(), 12182)
        server.address = f'unix:{path}'
        self.assertEqual(server.slot_of_foo(), 12182)

    def test_replaces_the_socket_file_of_a_server_that_was_killed(self):
        path = f'{self.folder}/api.sock'
        killed = self.start(f'--grpc_listen=unix:{path}')
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        self.assertTrue(stat.S_ISSOCK(os.stat(path).st_mode))
        server = self.start(f'--grpc_listen=unix:{path}')
        self.assertEqual(server.slot_of_foo(), 12182)

    def test_leaves_the_socket_file_of_a_living_server_alone(self):
        path = f'{self.folder}/api.sock'
        server = self.start(f'--grpc_listen=unix:{path}')
        self.assert_one_line(
            run(f'--grpc_listen=unix:{path}', '--admin_listen=127.0.0.1:0'),
            1,
            'Address already in use',
        )
        self.assertEqual(server.slot_of_foo(), 12182)


class UnreachableClusterTest(ProcessTest):
    PASSWORD = 'hunter2'

    def test_lives_without_its_cluster_and_never_tells_the_password(self):
        with socket.create_server(('127.0.0.1', 0)) as listener:
            port = listener.getsockname()[1]
        config = self.write(
            'server.yaml',
            f'clusters: [{{name: orders, source: '
            f'"redis://reader:{self.PASSWORD}@127.0.0.1:{port}"}}]',
        )
        server = self.start(f'--config={config}')
        server.wait_for('topology_refresh_failed', cluster='orders')

        self.assertEqual(server.slot_of_foo(), 12182)
        self.assertEqual(server.health(''), SERVING)
        self.assertEqual(server.health(API), NOT_SERVING)
        self.assertEqual(server.health(f'{API}/orders'), NOT_SERVING)
        self.assertEqual(server.get('/healthz')[0], 200)
        code, reason = server.get('/readyz')
        self.assertEqual((code, reason.count('\n')), (503, 1))

        _, metrics = server.get('/metrics')
        self.assertEqual(server.stop(), 0)
        self.assertNotIn(self.PASSWORD, metrics)
        self.assertNotIn(self.PASSWORD, json.dumps(server.log))


class StaleTopologyTest(ProcessTest):
    """Rule G5, with a cluster that is a few lines: it answers once."""

    SHARDS = (
        b'*1\r\n*4\r\n+slots\r\n*2\r\n:0\r\n:16383\r\n+nodes\r\n*1\r\n*12\r\n'
        b'+id\r\n+a\r\n+port\r\n:1\r\n+ip\r\n+127.0.0.1\r\n'
        b'+endpoint\r\n+127.0.0.1\r\n+role\r\n+master\r\n+health\r\n+online\r\n'
    )

    def answer_once(self, listener: socket.socket) -> None:
        """Plays a node of a whole cluster until the server hangs up."""
        connection, _ = listener.accept()
        listener.close()
        with connection, connection.makefile('rb') as requests:
            while line := requests.readline():
                words = []
                for _ in range(int(line[1:])):
                    requests.readline()
                    words.append(requests.readline().strip())
                is_shards = words == [b'CLUSTER', b'SHARDS']
                connection.sendall(
                    self.SHARDS if is_shards else b'-NOPERM not here\r\n'
                )
                if words == [b'COMMAND']:
                    return

    def test_it_is_refused_and_its_cluster_out_of_service(self):
        listener = socket.create_server(('127.0.0.1', 0))
        port = listener.getsockname()[1]
        node = threading.Thread(target=self.answer_once, args=(listener,))
        node.start()
        server = self.start(
            f'--cluster=orders=redis://127.0.0.1:{port}',
            '--refresh_interval=100ms',
            '--max_topology_age=1s',
        )
        server.wait_for('topology_first_read')
        node.join()
        server.wait_for('topology_refresh_failed')
        with server.channel() as channel:
            watch = channel.unary_stream('/grpc.health.v1.Health/Watch')(
                field(1, f'{API}/orders'.encode())
            )
            while next(watch) != NOT_SERVING:
                pass
            watch.cancel()
        with self.assertRaises(grpc.RpcError) as error:
            server.call('/slotplanner.v1.TopologyService/GetTopology', b'')
        self.assertEqual(error.exception.code(), grpc.StatusCode.UNAVAILABLE)
        self.assertIn('last confirmed', error.exception.details())
        # The process is ready all the same, and answers what it can.
        self.assertEqual(server.health(API), SERVING)
        self.assertEqual(server.get('/readyz')[0], 200)
        self.assertEqual(server.slot_of_foo(), 12182)


class DeclaredCommandsTest(ProcessTest):
    CONFIG = """
clusters:
  - name: docs
    source: static:3
    commands:
      - name: JSON.MGET
        arity: -3
        flags: [readonly]
        tips: ["request_policy:multi_shard"]
        key_specs:
          - begin_search: {index: 1}
            find_keys: {range: {last_key: -2}}
  - {name: plain, source: static:3}
"""
    VERDICT_SPLIT, VERDICT_REFUSED = 4, 6

    def plan(self, server: Server, cluster: str, *args: bytes) -> dict:
        """What becomes of one command: a CommandPlan by field number."""
        command = b''.join(field(1, arg) for arg in args)
        response = server.call(
            f'/{API}/PlanBatch', field(1, cluster.encode()) + field(2, command)
        )
        (command_plan,) = (v for n, v in fields(response) if n == 2)
        return dict(fields(command_plan))

    def test_plans_what_the_file_declares_for_that_cluster_only(self):
        config = self.write('server.yaml', self.CONFIG)
        server = self.start(f'--config={config}')
        for cluster in 'docs', 'plain':
            server.wait_for('topology_first_read', cluster=cluster)

        # foo and bar are in the slots of two shards (rules A4, C1).
        mget = b'json.mget', b'foo', b'bar', b'$.a'
        plan = self.plan(server, 'docs', *mget)
        self.assertEqual((plan[1], plan[2]), (self.VERDICT_SPLIT, 2))
        self.assertEqual(
            self.plan(server, 'plain', *mget)[1], self.VERDICT_REFUSED
        )

    def test_a_wrong_declaration_is_one_line_and_exit_code_2(self):
        path = self.write('a.yaml', self.CONFIG.replace('index: 1', 'index: 0'))
        self.assert_one_line(
            run(f'--config={path}'),
            2,
            f'{path}: clusters[0].commands[0].key_specs[0].begin_search.index: '
            'must be from 1 to 999999',
        )


class ShutdownTest(ProcessTest):
    def test_sigterm_and_sigint_end_it_with_exit_code_0(self):
        for number in signal.SIGTERM, signal.SIGINT:
            server = self.start()
            server.send_signal(number)
            self.assertEqual(server.wait(), 0)
            self.assertEqual(server.log[-1]['event'], 'stopped')

    def test_answers_on_while_it_drains_until_a_second_signal(self):
        server = self.start('--drain_delay=1h')
        server.wait_for('topology_first_read')
        server.send_signal(signal.SIGTERM)
        server.wait_for('draining', signal='SIGTERM')
        self.assertEqual(server.health(''), NOT_SERVING)
        self.assertEqual(server.health(API), NOT_SERVING)
        self.assertEqual(server.get('/healthz')[0], 200)
        self.assertEqual(server.get('/readyz')[0], 503)
        self.assertEqual(server.slot_of_foo(), 12182)
        server.send_signal(signal.SIGTERM)
        self.assertEqual(server.wait(), 0)

    def test_calls_under_way_are_answered(self):
        server = self.start('--drain_delay=1s')
        keys = b''.join(field(2, b'%08d' % i) for i in range(100_000))
        with server.channel() as channel:
            group_keys = channel.unary_unary(f'/{API}/GroupKeys')
            group_keys(keys, timeout=TIMEOUT_SECONDS)
            calls = [
                group_keys.future(keys, timeout=TIMEOUT_SECONDS)
                for _ in range(8)
            ]
            server.send_signal(signal.SIGTERM)
            for call in calls:
                self.assertGreater(len(call.result()), 100_000)
        self.assertEqual(server.wait(), 0)

    def test_watches_of_a_topology_end_when_it_begins_to_drain(self):
        server = self.start('--drain_delay=1h')
        server.wait_for('topology_first_read')
        with server.channel() as channel:
            watch = channel.unary_stream(
                '/slotplanner.v1.TopologyService/WatchTopology'
            )(b'')
            next(watch)
            server.send_signal(signal.SIGTERM)
            with self.assertRaises(grpc.RpcError) as end:
                next(watch)
        self.assertEqual(end.exception.code(), grpc.StatusCode.UNAVAILABLE)
        self.assertIn('about to stop', end.exception.details())
        server.send_signal(signal.SIGTERM)
        self.assertEqual(server.wait(), 0)

    def test_an_open_health_watch_does_not_keep_it(self):
        server = self.start()
        with server.channel() as channel:
            watch = channel.unary_stream('/grpc.health.v1.Health/Watch')(b'')
            self.assertEqual(next(watch), SERVING)
            self.assertEqual(server.stop(), 0)


if __name__ == '__main__':
    unittest.main()
