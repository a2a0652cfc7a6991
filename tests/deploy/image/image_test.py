# SPDX-License-Identifier: Apache-2.0
"""The container image: what is in it, and how it runs, for real.

Containers get what a careful deployment gives them: a read-only root, no
capabilities, no way to gain rights, and limits. `podman run` complains on
stderr that it finds no systemd for the health check's timer; the tests run the
health check themselves.
"""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import unittest
from collections.abc import Iterator

import containers
import grpc

from slotplanner.v1 import slot_planner_service_pb2 as api
from slotplanner.v1 import slot_planner_service_pb2_grpc as services

SERVER = '/usr/local/bin/slotplanner-server'
TOOL = '/usr/local/bin/slotplanner'
CONFIG_FILE = '/etc/slotplanner/server.yaml'
CONFINED = (
    *('--read-only', '--read-only-tmpfs=false', '--cap-drop=ALL'),
    *('--security-opt=no-new-privileges', '--memory=128m', '--cpus=1'),
    '--pids-limit=64',
)
# On the host's loopback, where the test can call; ports of the kernel's choice.
ON_HOST = ('--network=host',)
ANY_PORT = ('--grpc_listen=127.0.0.1:0', '--admin_listen=127.0.0.1:0')
# Nothing of a shell, nor any other program, but those of slotplanner.
WITHOUT_PROGRAMS = (
    *('--tmpfs', '/usr/bin:ro,notmpcopyup'),
    *('--tmpfs', '/usr/sbin:ro,notmpcopyup'),
)
TIMEOUT_SECONDS = 60
MAX_SIZE = 100_000_000  # Bytes beyond the base image.

podman = None  # Set by setUpModule.


def setUpModule() -> None:
    global podman
    podman = containers.Containers()


class Container:
    """A running container of the image."""

    def __init__(self, name: str):
        self.name = name

    @property
    def pid(self) -> int:
        return podman.inspect('container', self.name)['State']['Pid']

    def proc(self, file: str) -> str:
        """The text of that file of /proc for the server, as the host has it."""
        return pathlib.Path(f'/proc/{self.pid}/{file}').read_text()

    def memory_limit(self) -> int:
        """Bytes, from its cgroup: of version 2, or of version 1."""
        for line in self.proc('cgroup').splitlines():
            _, controllers, path = line.split(':', 2)
            for file in (
                f'/sys/fs/cgroup{path}/memory.max',
                f'/sys/fs/cgroup/memory{path}/memory.limit_in_bytes',
            ):
                if controllers in ('', 'memory') and os.path.exists(file):
                    return int(pathlib.Path(file).read_text())
        raise AssertionError(f'No cgroup limits memory of {self.name}.')

    def log(self) -> list[dict]:
        """What it has logged."""
        text = podman.podman('logs', self.name).stderr
        return [json.loads(line) for line in text.splitlines()]

    def address(self, protocol: str) -> str:
        """Where it listens, as its log says once it does."""
        lines = []
        with subprocess.Popen(
            ['podman', 'logs', '--follow', self.name],
            env=podman.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as follower:
            # Also ends when the container does.
            timer = threading.Timer(TIMEOUT_SECONDS, follower.kill)
            timer.start()
            try:
                for line in follower.stderr:
                    lines.append(line)
                    fields = json.loads(line)
                    if fields['event'] == 'listening':
                        if fields['protocol'] == protocol:
                            return fields['address']
            finally:
                timer.cancel()
                follower.kill()
        raise AssertionError(f'{self.name} does not listen: {lines}')

    def stop(self) -> int:
        """Its exit code after SIGTERM; 137 if it had to be killed, after the
        10 s that docker and podman give by default."""
        podman.podman('stop', '--time=10', self.name)
        return podman.inspect('container', self.name)['State']['ExitCode']


@contextlib.contextmanager
def running(
    *options: str, flags: tuple[str, ...] = ()
) -> Iterator[Container]:
    name = podman.podman(
        *('run', '--detach', *options, containers.IMAGE, *flags)
    ).stdout.strip()
    try:
        yield Container(name)
    finally:
        podman.podman('rm', '--force', '--time=0', name)


def run(
    *options: str, command: tuple[str, ...], expected: int | None = 0
) -> str:
    """What a program of the image prints, both streams."""
    result = podman.podman(
        *('run', '--rm', '--network=none', *options),
        *(f'--entrypoint={command[0]}', containers.IMAGE, *command[1:]),
        expected=expected,
    )
    return result.stdout + result.stderr


class ContentTest(unittest.TestCase):
    def test_has_every_library_and_no_package_that_is_not_needed(self):
        loaded = set()
        for program in (SERVER, TOOL):
            libraries = run(command=('ldd', program))
            self.assertNotIn('not found', libraries)
            loaded |= set(re.findall(r'^\s*(\S+) => /', libraries, re.M))
        self.assertIn('libgrpc++.so.1.51', loaded)
        owners = run(
            command=('dpkg-query', '--search', *(f'*/{x}' for x in loaded))
        )
        owners = set(re.findall(r'^([^:\s]+):', owners, re.M))

        def chosen(image: str) -> set[str]:
            return set(
                podman.podman(
                    *('run', '--rm', '--network=none'),
                    *('--entrypoint=apt-mark', image, 'showmanual'),
                ).stdout.split()
            )

        added = chosen(containers.IMAGE) - chosen(containers.BASE)
        self.assertEqual(added - owners, {'ca-certificates'})

    def test_brings_authorities_for_links_to_nodes(self):
        run(command=('test', '-s', '/etc/ssl/certs/ca-certificates.crt'))

    def test_has_nothing_that_builds(self):
        packages = run(
            command=('dpkg-query', '--show', '--showformat=${Package}\n')
        ).split()
        self.assertEqual([x for x in packages if x.endswith('-dev')], [])
        self.assertNotIn('g++', packages)

    def test_has_nothing_that_its_user_may_change(self):
        found = run(
            '--user=65532:65532',
            command=(
                *('find', '/usr', '/etc', '/var', '/opt', '/srv', '-xdev'),
                *('-writable', '-not', '-type', 'l', '-not', '-perm', '-1000'),
            ),
            expected=None,
        )
        self.assertEqual(
            [x for x in found.splitlines() if x.startswith('/')], []
        )

    def test_is_small(self):
        size = podman.inspect('image', containers.IMAGE)['Size']
        base = podman.inspect('image', containers.BASE)['Size']
        print(f'{size:,} bytes, {size - base:,} beyond the base')
        self.assertGreater(size, base)
        self.assertLess(size - base, MAX_SIZE)

    def test_says_how_it_runs(self):
        image = podman.inspect('image', containers.IMAGE)
        config = image['Config']
        self.assertEqual(config['User'], '65532:65532')
        self.assertEqual(config['StopSignal'], 'SIGTERM')
        self.assertEqual(config['Entrypoint'], [SERVER, '--refuse_root=true'])
        self.assertEqual(config['Cmd'], [f'--config={CONFIG_FILE}'])
        self.assertEqual(
            set(config['ExposedPorts']), {'50051/tcp', '9464/tcp'}
        )
        self.assertEqual(
            image['Healthcheck']['Test'],
            ['CMD', SERVER, '--healthcheck', f'--config={CONFIG_FILE}'],
        )

    def test_says_what_it_is(self):
        labels = podman.inspect('image', containers.IMAGE)['Config']['Labels']
        prefix = 'org.opencontainers.image.'
        version = run(command=(SERVER, '--version')).split()[1]
        self.assertEqual(labels[f'{prefix}title'], 'slotplanner')
        self.assertEqual(labels[f'{prefix}licenses'], 'Apache-2.0')
        self.assertEqual(labels[f'{prefix}version'], version)
        self.assertRegex(
            labels[f'{prefix}revision'], '^([0-9a-f]{40}(-dirty)?|unknown)$'
        )
        for name in ('description', 'source'):
            self.assertTrue(labels[f'{prefix}{name}'])


class ConfinedTest(unittest.TestCase):
    def test_answers(self):
        with running(
            *CONFINED, *ON_HOST, *WITHOUT_PROGRAMS, flags=ANY_PORT
        ) as server:
            with grpc.insecure_channel(server.address('grpc')) as channel:
                planner = services.SlotPlannerServiceStub(channel)
                # The check value of the cluster specification's CRC-16.
                response = planner.Keyslot(
                    api.KeyslotRequest(key=b'123456789'), timeout=30
                )
            self.assertEqual(response.slot, 12739)

    def test_has_no_rights_to_lose(self):
        with running(*CONFINED, *ON_HOST, flags=ANY_PORT) as server:
            server.address('grpc')
            status = dict(
                line.split(':\t', 1)
                for line in server.proc('status').splitlines()
                if ':\t' in line
            )
            mounts = server.proc('mountinfo').splitlines()
        self.assertEqual(status['Uid'].split(), ['65532'] * 4)
        self.assertEqual(status['Gid'].split(), ['65532'] * 4)
        for name in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'):
            self.assertEqual(int(status[name], 16), 0, name)
        self.assertEqual(status['NoNewPrivs'], '1')
        self.assertEqual(status['Seccomp'], '2')
        roots = [x.split()[5] for x in mounts if x.split()[4] == '/']
        self.assertEqual([x.split(',')[0] for x in roots], ['ro'])

    def test_stops_within_its_drain(self):
        with running(
            *CONFINED, *ON_HOST, flags=(*ANY_PORT, '--drain_delay=1s')
        ) as server:
            server.address('grpc')
            self.assertEqual(server.stop(), 0)
            events = [line['event'] for line in server.log()]
            self.assertEqual(events[-2:], ['draining', 'stopped'])

    def test_by_default_serves_its_own_network_and_shows_metrics(self):
        with running(*CONFINED, '--network=none') as server:
            self.assertEqual(server.address('grpc'), '127.0.0.1:50051')
            self.assertEqual(server.address('http'), '0.0.0.0:9464')

    def test_health_check_needs_no_shell(self):
        with running(*CONFINED, '--network=none', *WITHOUT_PROGRAMS) as server:
            server.address('http')
            podman.podman('healthcheck', 'run', server.name)

    def test_health_check_tells_when_nobody_answers(self):
        with running(
            *CONFINED, '--network=none', flags=ANY_PORT
        ) as server:
            server.address('http')
            podman.podman('healthcheck', 'run', server.name, expected=1)


    def test_takes_its_limits(self):
        with running(*CONFINED, *ON_HOST, flags=ANY_PORT) as server:
            server.address('grpc')
            self.assertEqual(server.memory_limit(), 128 << 20)


class RootTest(unittest.TestCase):
    def refusal(self, *options: str) -> str:
        result = podman.podman(
            *('run', '--rm', '--network=none', *options, containers.IMAGE),
            expected=1,
        )
        return result.stderr

    def test_refuses_root(self):
        self.assertIn('as root', self.refusal('--user=0', '--cap-add=ALL'))
        self.assertIn('as root', self.refusal('--user=0', '--cap-drop=ALL'))
        self.assertIn('as root', self.refusal('--user=0', '--privileged'))

    def test_refuses_capabilities(self):
        self.assertIn(
            'with capabilities', self.refusal('--cap-add=NET_BIND_SERVICE')
        )

    def test_serves_root_who_insists(self):
        with running(
            *('--user=0', *ON_HOST), flags=(*ANY_PORT, '--refuse_root=false')
        ) as server:
            self.assertTrue(server.address('grpc'))


if __name__ == '__main__':
    if containers.left_out():
        sys.exit(containers.SKIPPED)
    unittest.main()
