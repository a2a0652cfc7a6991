#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The real server with the flags and the settings of the rendered manifests."""

import pathlib
import subprocess
import tempfile
import unittest

import yaml

from manifests import COMPLETE, ROOT, Manifests, Planner, rendered
from server_fixture import PREFIX, Server

# What the Secrets hold, by the places where they are mounted.
_TLS = '/run/slotplanner/tls'
_PASSWORD = '/run/slotplanner/redis/password'
# Not one that a test may use on its machine.
_PORTS = {'grpc_listen': '127.0.0.1:0', 'admin_listen': '127.0.0.1:0'}


class Pod:
    """The files of a pod, below a folder of this machine."""

    def __init__(self, folder: str, planner: Planner):
        self._root = pathlib.Path(folder)
        self._planner = planner
        for file in planner.files():
            self.place(file).parent.mkdir(parents=True, exist_ok=True)
        if planner.has_tls():
            subprocess.run(
                [ROOT / 'tests/support/make_tls_files', self.place(_TLS)],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=True,
            )
            for name in ('crt', 'key'):
                (self.place(_TLS) / f'server.{name}').rename(
                    self.place(_TLS) / f'tls.{name}'
                )
        if _PASSWORD in planner.files():
            self.place(_PASSWORD).write_text('secret\n', encoding='utf-8')

    def place(self, path: str) -> pathlib.Path:
        return self._root / path.removeprefix('/')

    def flags(self) -> tuple[str, ...]:
        """The flags of the pod, with its files here and ports of the kernel's
        choice."""
        config = self.place(self._planner.flags['config'])
        config.write_text(
            self._moved(yaml.safe_dump(self._planner.settings)),
            encoding='utf-8',
        )
        flags = {**self._planner.flags, **_PORTS, 'drain_delay': '0s'}
        if not self._planner.on_tcp():
            flags['grpc_listen'] = self._planner.flags['grpc_listen']
        return tuple(
            f'--{name}={self._moved(value)}' for name, value in flags.items()
        )

    def _moved(self, text: str) -> str:
        for file in self._planner.files():
            text = text.replace(file, str(self.place(file)))
        return text


class SettingsTest(unittest.TestCase):
    def test_the_server_takes_what_the_manifests_give_it(self):
        for folder in COMPLETE:
            for planner in Manifests(rendered(folder)).planners():
                with (
                    self.subTest(folder),
                    tempfile.TemporaryDirectory() as directory,
                ):
                    server = Server(flags=Pod(directory, planner).flags())
                    try:
                        self.assertEqual(
                            server.http_get('/healthz')[0], 200
                        )
                        for cluster in planner.settings['clusters']:
                            server.wait_for_event(
                                'following_cluster', cluster=cluster['name']
                            )
                    finally:
                        self.assertEqual(server.stop(), 0)

    def test_the_base_does_not_serve_plain_text_unasked(self):
        (planner,) = Manifests(rendered('base')).planners()
        with tempfile.TemporaryDirectory() as directory:
            flags = [
                # Not loopback, and of no machine: RFC 5737.
                '--grpc_listen=192.0.2.1:0' if 'grpc_listen' in flag else flag
                for flag in Pod(directory, planner).flags()
            ]
            # Ends by itself, since it refuses to start.
            result = subprocess.run(
                [PREFIX / 'bin' / 'slotplanner-server', *flags],
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                timeout=30,
                check=False,
            )
        self.assertIn(result.returncode, (1, 2))
        self.assertIn('allow_plaintext', result.stderr)


if __name__ == '__main__':
    unittest.main()
