# SPDX-License-Identifier: Apache-2.0
"""scripts/monitor beside a server, as a person runs it."""

import pathlib
import re
import signal
import socket
import subprocess
import unittest
import urllib.request

import prometheus_fixture
import server_fixture

MONITOR = prometheus_fixture.ROOT / 'scripts' / 'monitor'


class MonitorTest(unittest.TestCase):
    def run_monitor(self, *args: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [MONITOR, *args],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def test_shows_values_and_serves_until_it_is_ended(self):
        server = server_fixture.Server('static:3')
        self.addCleanup(server.stop)
        server.wait_for_topology()
        monitor = subprocess.Popen(
            [MONITOR, '--port', '0', server.admin_address],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.addCleanup(monitor.stdout.close)
        output = ''
        for line in monitor.stdout:
            output += line
            if 'until Ctrl-C' in line:
                break
        self.assertIn('slotplanner_build_info{', output)
        self.assertIn('{verdict="split"} => 0', output)
        url = re.search(r'Prometheus serves on (http://\S+)', output)[1]
        with urllib.request.urlopen(f'{url}/api/v1/rules') as answer:
            self.assertIn(b'SlotplannerDown', answer.read())
        log = pathlib.Path(re.search(r'the log of .* is (\S+)', output)[1])
        self.assertTrue(log.exists())

        monitor.send_signal(signal.SIGINT)
        self.assertEqual(monitor.wait(timeout=30), 0, monitor.stdout.read())
        self.assertFalse(log.parent.exists())

    def test_says_that_no_server_is_there(self):
        with socket.socket() as nobody:
            nobody.bind(('127.0.0.1', 0))  # And never listens.
            address = '127.0.0.1:%d' % nobody.getsockname()[1]
            result = self.run_monitor('--port=0', address)
        self.assertEqual(result.returncode, 1)
        self.assertIn(f'{address}/metrics does not answer', result.stderr)

    def test_refuses_what_it_does_not_understand(self):
        for args in (['--bad'], ['--port'], ['--port=x'], ['nowhere']):
            with self.subTest(args):
                result = self.run_monitor(*args)
                self.assertEqual(result.returncode, 2)
                self.assertIn('Try --help.', result.stderr)
        manual = self.run_monitor('--help').stdout
        self.assertIn('Usage: scripts/monitor', manual)


if __name__ == '__main__':
    unittest.main()
