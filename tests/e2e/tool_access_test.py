# SPDX-License-Identifier: Apache-2.0
"""How the tool proves who calls: by a client certificate and by a token."""

import pathlib
import subprocess
import tempfile
import unittest

import server_fixture

MAKE_TLS_FILES = pathlib.Path(__file__).parents[1] / 'support/make_tls_files'
IDENTITY = 'spiffe://example/tools'
TOKEN = 'a-token-of-thirty-two-characters'


class ToolAccessTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.files = pathlib.Path(directory.name)
        subprocess.run(
            [MAKE_TLS_FILES, self.files, '--host', 'planner.example']
            + ['--client', f'URI:{IDENTITY}'],
            check=True,
        )
        (self.files / 'token').write_text(TOKEN + '\n')
        self.server = server_fixture.Server(
            config={
                'grpc_tls': {
                    'certificate_file': f'{self.files}/server.crt',
                    'key_file': f'{self.files}/server.key',
                    'client_ca_file': f'{self.files}/ca.crt',
                    'require_client_certificate': False,
                },
                'callers': [
                    {'name': 'tools', 'identities': [IDENTITY]},
                    {'name': 'batch', 'token_file': f'{self.files}/token'},
                ],
                'clusters': [{'name': 'default', 'source': 'static:3'}],
            }
        )
        self.addCleanup(self.server.stop)
        self.server.wait_for_topology()

    def run_tool(self, *flags: str) -> subprocess.CompletedProcess:
        return server_fixture.run_tool(
            self.server,
            f'--tls_ca_file={self.files}/ca.crt',
            '--tls_server_name=planner.example',
            *flags,
            'keyslot',
            'user:1',
        )

    def test_a_certificate_or_a_token_is_enough(self):
        for flags in (
            (
                f'--tls_certificate_file={self.files}/client.crt',
                f'--tls_key_file={self.files}/client.key',
            ),
            (f'--token_file={self.files}/token',),
        ):
            with self.subTest(flags[0]):
                done = self.run_tool(*flags)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn(b'10778', done.stdout)  # CLUSTER KEYSLOT.

    def test_neither_is_not(self):
        done = self.run_tool()
        self.assertEqual(done.returncode, 1)
        self.assertIn(b'UNKNOWN_CALLER', done.stderr)

    def test_a_file_that_is_missing_is_wrong_usage(self):
        done = self.run_tool(f'--token_file={self.files}/nowhere')
        self.assertEqual(done.returncode, 2)
        self.assertIn(b'nowhere', done.stderr)


if __name__ == '__main__':
    unittest.main()
