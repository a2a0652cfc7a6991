# SPDX-License-Identifier: Apache-2.0
"""slotplanner-server --healthcheck, asking a server that runs as a process."""

import json
import os
import signal
import socket
import subprocess
import tempfile
import unittest

PROGRAM = os.environ['SLOTPLANNER_SERVER_PROGRAM']
TIMEOUT_SECONDS = 30
API = 'slotplanner.v1.SlotPlannerService'


def healthcheck(*flags: str) -> tuple[int, str]:
    """Exit code and stderr."""
    result = subprocess.run(
        [PROGRAM, *flags],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
        # A proxy is for other hosts.
        env={**os.environ, 'http_proxy': 'http://127.0.0.1:1'},
    )
    assert result.stdout == '', result.stdout
    return result.returncode, result.stderr


class HealthcheckTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='slotplanner-')
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def start(self, *flags: str) -> dict:
        """Starts a server; the first line of its log with an address."""
        self.server = subprocess.Popen(
            [PROGRAM, '--admin_listen=127.0.0.1:0', *flags],
            stderr=subprocess.PIPE,
        )
        self.addCleanup(self.stop)
        self.log = []
        return self.wait_for('listening')

    def wait_for(self, event: str) -> dict:
        """The first line of that event that was or will be logged."""
        for line in self.log:
            if line['event'] == event:
                return line
        for raw in self.server.stderr:
            self.log.append(json.loads(raw))
            if self.log[-1]['event'] == event:
                return self.log[-1]
        raise AssertionError(f'no {event} in the log: {self.log}')

    def stop(self) -> None:
        # Twice: the second cuts the drain delay short.
        self.server.send_signal(signal.SIGTERM)
        self.server.send_signal(signal.SIGINT)
        self.server.communicate(timeout=TIMEOUT_SECONDS)

    def assert_one_line(self, result: tuple[int, str], code: int, part: str):
        self.assertEqual(result[0], code, result[1])
        self.assertEqual(result[1].count('\n'), 1, result[1])
        self.assertTrue(result[1].startswith('slotplanner-server: '))
        self.assertIn(part, result[1])

    def test_says_nothing_of_a_server_that_serves(self):
        listen = f'--grpc_listen={self.start("--grpc_listen=127.0.0.1:0")["address"]}'
        self.wait_for('topology_first_read')
        for name in '', f'={API}', f'={API}/default':
            self.assertEqual(healthcheck(f'--healthcheck{name}', listen), (0, ''))

    def test_takes_the_address_from_the_settings_file(self):
        path = f'{self.folder}/server.yaml'
        with open(path, 'w', encoding='utf-8') as file:
            file.write(f'grpc_listen: ["unix:{self.folder}/api.sock"]\n')
        self.start(f'--config={path}')
        self.assertEqual(healthcheck('--healthcheck', f'--config={path}'), (0, ''))
        # Flags win here too, and their order does not matter.
        self.assert_one_line(
            healthcheck(
                f'--grpc_listen=unix:{self.folder}/none',
                '--healthcheck',
                f'--config={path}',
            ),
            1,
            f'unix:{self.folder}/none',
        )

    def test_tells_what_does_not_serve(self):
        with socket.create_server(('127.0.0.1', 0)) as node:
            cluster = f'redis://127.0.0.1:{node.getsockname()[1]}'
        address = self.start(
            '--grpc_listen=127.0.0.1:0', f'--cluster={cluster}'
        )['address']
        listen = f'--grpc_listen={address}'
        self.assertEqual(healthcheck('--healthcheck', listen), (0, ''))
        self.assert_one_line(
            healthcheck(f'--healthcheck={API}', listen),
            1,
            f'{address} is NOT_SERVING',
        )
        self.assert_one_line(
            healthcheck('--healthcheck=nonsense', listen), 1, 'no service'
        )

    def test_tells_that_the_server_is_about_to_stop(self):
        address = self.start(
            '--grpc_listen=127.0.0.1:0', '--drain_delay=1h'
        )['address']
        self.server.send_signal(signal.SIGTERM)
        self.wait_for('draining')
        self.assert_one_line(
            healthcheck('--healthcheck', f'--grpc_listen={address}'),
            1,
            'NOT_SERVING',
        )

    def test_tells_that_nobody_is_there(self):
        with socket.create_server(('127.0.0.1', 0)) as listener:
            address = f'127.0.0.1:{listener.getsockname()[1]}'
        self.assert_one_line(
            healthcheck('--healthcheck', f'--grpc_listen={address}'), 1, address
        )

    def test_what_cannot_be_asked_has_another_exit_code(self):
        self.assert_one_line(
            healthcheck('--healthcheck', '--grpc_listen=127.0.0.1:0'),
            2,
            '--grpc_listen',
        )
        self.assert_one_line(
            healthcheck('--healthcheck', '--max_keyz=1'), 2, '--max_keyz'
        )


if __name__ == '__main__':
    unittest.main()
