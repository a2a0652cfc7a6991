# SPDX-License-Identifier: Apache-2.0
"""Servers that are restarted one after the other, and connections that end
because they are old: no call fails.

SLOTPLANNER_ROLLING_ROUNDS=N goes round more often.
"""

import contextlib
import os
import socket
import threading
import unittest

import server_fixture
from call_load import BALANCED, SMALL_MIX, CallLoad, assert_none_failed
from live_cluster import wait_until

ROUNDS = int(os.environ.get('SLOTPLANNER_ROLLING_ROUNDS') or 2)
SERVERS = 3
RATE = 500  # Calls a second.


def free_ports(count: int) -> list[int]:
    """Ports that nobody has, all at one time."""
    sockets = [socket.socket() for _ in range(count)]
    for candidate in sockets:
        candidate.bind(('127.0.0.1', 0))
    ports = [candidate.getsockname()[1] for candidate in sockets]
    for candidate in sockets:
        candidate.close()
    return ports


def handled(server: server_fixture.Server) -> float:
    return server.metric('grpc_server_handled_total', grpc_code='OK')


def wait_until_called(server: server_fixture.Server) -> None:
    """Until callers use it."""
    before = handled(server)
    wait_until(lambda: handled(server) > before, 'callers find the server')


class ServersTest(unittest.TestCase):
    def start_server(self, *flags: str) -> server_fixture.Server:
        server = server_fixture.Server('static:3', flags=flags)
        self.addCleanup(self.stop, server)
        return server.wait_for_topology()

    def stop(self, server: server_fixture.Server) -> int:
        if server in self.stopped:
            return 0
        self.stopped.add(server)
        return server.stop()

    def setUp(self):
        self.stopped = set()


class RollingTest(ServersTest):
    def restart_each(self, service_config: str) -> dict:
        """What became of calls while every server was restarted."""
        ports = free_ports(SERVERS)

        def start(port: int) -> server_fixture.Server:
            return self.start_server(
                f'--grpc_listen=127.0.0.1:{port}', '--drain_delay=1s'
            )

        servers = [start(port) for port in ports]
        load = CallLoad(
            'ipv4:' + ','.join(f'127.0.0.1:{port}' for port in ports),
            f'--service_config={service_config}',
            f'--calls={SMALL_MIX}',
            f'--rate={RATE}',
        )
        self.addCleanup(load.stop)
        for server in servers:
            wait_until_called(server)
        for _ in range(ROUNDS):
            for i, port in enumerate(ports):
                self.assertEqual(self.stop(servers[i]), 0)
                servers[i] = start(port)
                wait_until_called(servers[i])
        summary = load.stop()
        print(f'{ROUNDS * SERVERS} restarts: {summary}', flush=True)
        return summary

    def test_callers_that_watch_health_lose_no_call(self):
        assert_none_failed(self, self.restart_each(BALANCED), 'BALANCED')


class Balancer:
    """Passes each new connection on to the next backend, as a Kubernetes
    Service does."""

    def __init__(self):
        self._backends = []  # Guarded by _lock.
        self._next = 0
        self._lock = threading.Lock()
        self._listener = socket.create_server(('127.0.0.1', 0))
        self.address = f'127.0.0.1:{self._listener.getsockname()[1]}'
        threading.Thread(target=self._accept, daemon=True).start()

    def add(self, address: str) -> None:
        host, _, port = address.rpartition(':')
        with self._lock:
            self._backends.append((host, int(port)))

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                backend = self._backends[self._next % len(self._backends)]
                self._next += 1
            server = socket.create_connection(backend)
            threading.Thread(
                target=self._serve, args=(client, server), daemon=True
            ).start()

    def _serve(self, client: socket.socket, server: socket.socket) -> None:
        with client, server:
            answers = threading.Thread(
                target=self._pass_on, args=(server, client), daemon=True
            )
            answers.start()
            self._pass_on(client, server)
            answers.join()

    @staticmethod
    def _pass_on(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            source.shutdown(socket.SHUT_RD)


class ConnectionAgeTest(ServersTest):
    def test_old_connections_end_without_harm_and_find_new_servers(self):
        flags = ('--max_connection_age=1s', '--max_connection_age_grace=10s')
        balancer = Balancer()
        self.addCleanup(balancer.close)
        for _ in range(2):
            balancer.add(self.start_server(*flags).address)
        load = CallLoad(
            balancer.address,
            '--connections=6',
            f'--calls={SMALL_MIX}',
            f'--rate={RATE}',
        )
        self.addCleanup(load.stop)
        load.run_on(3)
        third = self.start_server(*flags)
        balancer.add(third.address)
        wait_until_called(third)
        load.run_on(3 * ROUNDS)
        summary = load.stop()
        share = handled(third) / summary['ok']
        print(f'share of the third: {share:.2f}, {summary}', flush=True)
        assert_none_failed(self, summary, 'max_connection_age')
        # It came half way through the run, and has a third of the connections.
        self.assertGreater(share, 0.05)


if __name__ == '__main__':
    unittest.main()
