# SPDX-License-Identifier: Apache-2.0
"""Two sides of a network whose link can be cut, while both stay reachable.

Needs root. Nothing stays behind, however the test ends: each network namespace
belongs to a process that ends with the pipe to it, and takes its interfaces
along, some minutes later if there are connections that want to say goodbye.
"""

import pathlib
import random
import subprocess

# For measuring devices (RFC 2544): never routed, so nobody else uses it.
_NETWORK = '198.18'


class Unsupported(Exception):
    """This machine does not let us make network namespaces."""


class NetworkNamespace:
    """A network of its own; processes run in it behind `prefix`."""

    def __init__(self):
        self._holder = subprocess.Popen(
            ['unshare', '--net', 'sh', '-c', 'echo made; exec cat'],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        if self._holder.stdout.readline() != b'made\n':
            reason = self._holder.stderr.read().decode().strip()
            self.close()
            raise Unsupported(
                f'A network namespace cannot be made here: {reason}. '
                'Run as root with CAP_SYS_ADMIN and CAP_NET_ADMIN.'
            )
        self.pid = self._holder.pid
        self.prefix = ('nsenter', f'--net=/proc/{self.pid}/ns/net')
        self.ip('link', 'set', 'lo', 'up')

    def ip(self, *args: str) -> None:
        """Runs `ip ARGS...` inside."""
        _run(*self.prefix, 'ip', *args)

    def close(self) -> None:
        self._holder.stdin.close()
        self._holder.wait()
        self._holder.stdout.close()
        self._holder.stderr.close()


class SplitNetwork:
    """Two namespaces, `sides`, at `hosts`. They reach each other over a bridge
    in a third namespace; the test reaches either over a link of its own, so it
    never notices that the bridge is cut. A cut is silent: packets vanish, and
    nobody is told."""

    def __init__(self):
        self._namespaces = []
        self._interfaces = []  # On the test's side.
        try:
            self._make()
        except BaseException:
            self.close()
            raise

    def _make(self) -> None:
        bridge = self._add_namespace()
        bridge.ip('link', 'add', 'bridge', 'type', 'bridge')
        bridge.ip('link', 'set', 'bridge', 'up')
        self._bridge = bridge
        self.sides = [self._add_namespace() for _ in range(2)]
        number = self._claim_number()
        self.hosts = [f'{_NETWORK}.{number}.{8 * i + 2}' for i in range(2)]
        for i, side in enumerate(self.sides):
            interface = _interface(number, i)
            ours = f'{_NETWORK}.{number}.{8 * i + 1}/30'
            _run('ip', 'address', 'add', ours, 'dev', interface)
            _run('ip', 'link', 'set', interface, 'up')
            side.ip('address', 'add', f'{self.hosts[i]}/30', 'dev', 'test')
            side.ip('link', 'set', 'test', 'up')
            # A port of the bridge, and the way to the other side.
            bridge.ip(
                *('link', 'add', f'port{i}', 'type', 'veth'),
                *('peer', 'name', 'wire', 'netns', str(side.pid)),
            )
            bridge.ip('link', 'set', f'port{i}', 'master', 'bridge', 'up')
            side.ip('link', 'set', 'wire', 'up')
            side.ip(
                *('route', 'add', self.hosts[1 - i], 'dev', 'wire'),
                *('src', self.hosts[i]),
            )

    def _add_namespace(self) -> NetworkNamespace:
        self._namespaces.append(NetworkNamespace())
        return self._namespaces[-1]

    def _claim_number(self) -> int:
        """A subnet of which no other test on this machine makes use: the name
        of the interface says so."""
        for number in random.sample(range(256), 256):
            name = _interface(number, 0)
            if not pathlib.Path('/sys/class/net', name).exists():
                try:
                    self._add_link(number, 0)
                except Unsupported:
                    continue  # Another test was quicker.
                self._add_link(number, 1)
                return number
        raise Unsupported('All subnets for tests are in use.')

    def _add_link(self, number: int, side: int) -> None:
        _run(
            *('ip', 'link', 'add', _interface(number, side), 'type', 'veth'),
            *('peer', 'name', 'test', 'netns', str(self.sides[side].pid)),
        )
        self._interfaces.append(_interface(number, side))

    def cut(self) -> None:
        self._bridge.ip('link', 'set', 'port1', 'nomaster')

    def heal(self) -> None:
        self._bridge.ip('link', 'set', 'port1', 'master', 'bridge')

    def close(self) -> None:
        for interface in self._interfaces:
            _run('ip', 'link', 'delete', interface)
        for namespace in self._namespaces:
            namespace.close()


def _interface(number: int, side: int) -> str:
    return f'spsplit{number}-{side}'


def _run(*command: str) -> None:
    """Runs it; what it complains of is in the error."""
    result = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if result.returncode != 0:
        raise Unsupported(
            f'{" ".join(command)}: {result.stderr.decode().strip()}'
        )
