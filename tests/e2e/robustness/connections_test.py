# SPDX-License-Identifier: Apache-2.0
"""As many idle connections as a server takes, and one more.

SLOTPLANNER_IDLE_CONNECTIONS=10000 is the long form.
"""

import contextlib
import os
import socket
import unittest

import process_figures
import server_fixture
from live_cluster import wait_until
from slotplanner.v1 import slot_planner_service_pb2 as api

LIMIT = int(os.environ.get('SLOTPLANNER_IDLE_CONNECTIONS') or 2000)

# What the limit may be off by: connections of the test itself, and files that
# the server opens for a moment.
SLACK = 16

# The magic, and SETTINGS without any (RFC 9113, 3.4).
PREFACE = b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' + b'\0\0\0\4\0\0\0\0\0'

# docs/operations.md has 18 KiB for a connection.
MAX_KIB_PER_CONNECTION = 100


def connect(address: str) -> socket.socket | None:
    """A connection that the server has greeted; none if it was refused."""
    host, _, port = address.rpartition(':')
    connection = socket.create_connection((host, int(port)), timeout=30)
    with contextlib.suppress(ConnectionError):
        connection.sendall(PREFACE)
        if connection.recv(1):
            return connection
    connection.close()
    return None


class ConnectionsTest(unittest.TestCase):
    def test_idle_connections_up_to_the_limit_and_beyond(self):
        server = server_fixture.Server(
            'static:3', flags=(f'--max_connections={LIMIT}',)
        ).wait_for_topology()
        self.addCleanup(server.stop)

        def slot() -> int:
            return server.planner.Keyslot(
                api.KeyslotRequest(key=b'foo'), timeout=10
            ).slot

        self.assertEqual(slot(), 12182)
        descriptors = process_figures.descriptor_count(server.pid)
        before = process_figures.resident_mib(server.pid)
        with contextlib.ExitStack() as open_connections:
            count = 0
            for _ in range(LIMIT - SLACK):
                connection = connect(server.address)
                self.assertIsNotNone(connection, f'after {count}')
                open_connections.enter_context(connection)
                count += 1
            each = (
                (process_figures.resident_mib(server.pid) - before)
                * 1024
                / count
            )
            print(
                f'{count} idle connections: {each:.1f} KiB each', flush=True
            )
            self.assertLess(each, MAX_KIB_PER_CONNECTION)
            while connection := connect(server.address):
                open_connections.enter_context(connection)
                count += 1
                self.assertLessEqual(count, LIMIT + SLACK)
            self.assertGreater(
                server.metric(
                    'slotplanner_refused_connections_total',
                    reason='connection_limit',
                ),
                0,
            )
            # Who is connected does not notice.
            self.assertEqual(slot(), 12182)
        wait_until(
            lambda: process_figures.descriptor_count(server.pid)
            <= descriptors,
            'the connections are closed',
        )
        connection = connect(server.address)
        self.assertIsNotNone(connection)
        connection.close()
        self.assertEqual(slot(), 12182)


if __name__ == '__main__':
    unittest.main()
