# SPDX-License-Identifier: Apache-2.0
"""A Redis Cluster whose nodes a test kills, moves, restarts and cuts off."""

import binascii
import contextlib
import dataclasses
import functools
import itertools
import pathlib
import random
import shutil
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence

import resp

SLOT_COUNT = 16384
_TIMEOUT_SECONDS = 30

# As scripts/redis-cluster has them, and why. Replicas sync at once; a node
# that has been silent for 2 s has failed.
_FLAGS = (
    *('--cluster-enabled', 'yes'),
    *('--cluster-node-timeout', '2000'),
    *('--repl-diskless-sync-delay', '0'),
    *('--repl-ping-replica-period', '1'),
    *('--save', ''),
)


def wait_until(
    condition: Callable[[], bool],
    what: str,
    timeout_seconds: float = _TIMEOUT_SECONDS,
) -> None:
    """Looks fifty times a second."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f'not within {timeout_seconds} s: {what}')
        time.sleep(0.02)


@dataclasses.dataclass(frozen=True)
class Access:
    """How the test itself reaches the nodes."""

    tls: ssl.SSLContext | None = None
    password: str | None = None  # Of the user `default`.


@dataclasses.dataclass(frozen=True)
class Shard:
    """One entry of CLUSTER SLOTS: the word of one node."""

    first: int
    last: int
    primary_id: str
    port: int  # Of the primary.
    replica_ids: frozenset[str]


class Node:
    """A redis-server in cluster mode, with its files in a folder. `prefix` goes
    before its command line, as that of a network namespace."""

    def __init__(
        self,
        directory: pathlib.Path,
        host: str = '127.0.0.1',
        flags: Sequence[str] = (),
        prefix: Sequence[str] = (),
        access: Access = Access(),
    ):
        self.host = host
        self.port = 0
        self._directory = directory
        self._flags = tuple(flags)
        self._prefix = prefix
        self._access = access
        self._process = None
        directory.mkdir()

    @property
    def endpoint(self) -> str:
        host = f'[{self.host}]' if ':' in self.host else self.host
        return f'{host}:{self.port}'

    def start(self, port: int | None = None) -> None:
        """Starts it on `port`, or else on any that is free, and returns when it
        answers."""
        self.launch(port)
        self.wait_until_up()

    def launch(self, port: int | None = None) -> None:
        """Begins to start it."""
        self._is_port_fixed = port is not None
        # A port in use shows when Redis tries it. The bus is 10000 above, and
        # both are below the range that the kernel hands out.
        self.port = port or random.randrange(11000, 21000)
        port_flag = '--port' if self._access.tls is None else '--tls-port'
        self._process = subprocess.Popen(
            [
                *self._prefix,
                # Not to outlive a test that is killed.
                *('setpriv', '--pdeathsig', 'KILL'),
                'redis-server',
                *('--bind', self.host),
                # Else it is taken to be where its first call came from.
                *('--cluster-announce-ip', self.host),
                *(port_flag, str(self.port)),
                *('--dir', str(self._directory)),
                *('--logfile', 'log'),
                *_FLAGS,
                *self._flags,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )

    def wait_until_up(self) -> None:
        def has_settled() -> bool:
            return self._process.poll() is not None or self._is_up()

        while True:
            wait_until(has_settled, f'{self.endpoint} answers')
            if self._process.poll() is None:
                return
            log = (self._directory / 'log').read_text()
            if self._is_port_fixed or 'in use' not in log:
                raise AssertionError(f'redis-server ended: {log[-1000:]}')
            (self._directory / 'log').unlink()
            self.launch()

    def _is_up(self) -> bool:
        try:
            reply = self.call('INFO', 'server')
            info = self.call('INFO', 'persistence')
        except OSError:
            return False
        if isinstance(reply, resp.Error) or isinstance(info, resp.Error):
            return False
        # And it is ours, not one that had the port before.
        return (
            b'\nprocess_id:%d\r' % self._process.pid in reply
            and b'\nloading:0\r' in info
        )

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """As a power cut: kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def shut_down(self) -> None:
        """As an operator: its replicas have all it had."""
        self._process.terminate()
        self._process.wait()

    def connect(self, timeout_seconds: float = 5) -> resp.Connection:
        connection = resp.Connection(
            self.host, self.port, timeout_seconds, self._access.tls
        )
        if self._access.password is not None:
            connection.call('AUTH', self._access.password)
        return connection

    def call(self, *args: bytes | str | int) -> resp.Reply:
        """The reply on a connection for this call alone."""
        with contextlib.closing(self.connect()) as connection:
            return connection.call(*args)

    def must(self, *args: bytes | str | int) -> resp.Reply:
        """As `call`; an error reply is an error of the test."""
        reply = self.call(*args)
        if isinstance(reply, resp.Error):
            raise AssertionError(f'{self.endpoint}: {args}: {reply.text}')
        return reply

    @property
    def node_id(self) -> str:
        return self.must('CLUSTER', 'MYID').decode()


def parse_cluster_slots(reply: resp.Reply) -> tuple[Shard, ...]:
    """What CLUSTER SLOTS says, ascending."""
    return tuple(
        sorted(
            (
                Shard(
                    entry[0],
                    entry[1],
                    entry[2][2].decode(),
                    entry[2][1],
                    frozenset(r[2].decode() for r in entry[3:]),
                )
                for entry in reply
            ),
            key=lambda shard: shard.first,
        )
    )


def even_ranges(count: int) -> list[tuple[int, int]]:
    """All slots in `count` ranges, both ends included."""
    bounds = [SLOT_COUNT * i // count for i in range(count + 1)]
    return [(a, b - 1) for a, b in zip(bounds, bounds[1:])]


class LiveCluster:
    """Primaries, each with some replicas; `nodes` has the primaries first, then
    a replica of each, and so on.

    Args:
      ranges: the slots of each primary.
      replicas: how many each has.
      hosts: the address of each node; all on 127.0.0.1 if left out.
      prefixes: what to put before the command line of each node.
      flags: more flags for redis-server, or a function from the number of a
        node to them.
      access: how the test reaches the nodes.
    """

    def __init__(
        self,
        ranges: Sequence[tuple[int, int]] = tuple(even_ranges(3)),
        replicas: int = 1,
        hosts: Sequence[str] | None = None,
        prefixes: Sequence[Sequence[str]] | None = None,
        flags: Sequence[str] | Callable[[int], Sequence[str]] = (),
        access: Access = Access(),
    ):
        self._directory = pathlib.Path(
            tempfile.mkdtemp(prefix='slotplanner-live-')
        )
        self._flags = flags if callable(flags) else lambda number: flags
        self._access = access
        self.nodes: list[Node] = []
        try:
            for number in range(len(ranges) * (1 + replicas)):
                self.add_node(
                    hosts[number] if hosts else '127.0.0.1',
                    prefixes[number] if prefixes else (),
                )
            for node in self.nodes:
                node.launch()
            for node in self.nodes:
                node.wait_until_up()
            self._form(ranges)
        except BaseException:
            self.stop()
            raise

    def add_node(
        self, host: str = '127.0.0.1', prefix: Sequence[str] = ()
    ) -> Node:
        """One more; it neither runs nor knows of the others."""
        number = len(self.nodes)
        self.nodes.append(
            Node(
                self._directory / f'node-{number}',
                host,
                self._flags(number),
                prefix,
                self._access,
            )
        )
        return self.nodes[-1]

    def wait_until_serving(self) -> None:
        """Until all nodes that run say that the cluster serves."""
        wait_until(
            lambda: all(
                b'cluster_state:ok' in node.must('CLUSTER', 'INFO')
                for node in self.running_nodes
            ),
            'all nodes serve',
        )

    def remove_node(self, node: Node) -> None:
        """Ends a node that the others have forgotten."""
        self.nodes.remove(node)
        node.kill()

    def _form(self, ranges: Sequence[tuple[int, int]]) -> None:
        """What `redis-cli --cluster create` does, but with slots as given and
        all nodes introduced to each other, which is quicker."""
        primaries = self.nodes[: len(ranges)]
        for i, (node, (first, last)) in enumerate(zip(primaries, ranges)):
            node.must('CLUSTER', 'ADDSLOTSRANGE', first, last)
            node.must('CLUSTER', 'SET-CONFIG-EPOCH', i + 1)
        for node in self.nodes[1:]:
            self.introduce(self.nodes[0], node)
        self.wait_until_introduced()
        for i, node in enumerate(self.nodes[len(ranges) :]):
            self.replicate(node, primaries[i % len(ranges)])
        self.wait_until_settled()

    @staticmethod
    def introduce(node: Node, newcomer: Node) -> None:
        node.must('CLUSTER', 'MEET', newcomer.host, newcomer.port)

    @staticmethod
    def replicate(replica: Node, primary: Node) -> None:
        """Returns as soon as the replica knows that it is one."""
        primary_id = primary.node_id
        wait_until(
            lambda: replica.call('CLUSTER', 'REPLICATE', primary_id)
            == resp.Status(b'OK'),
            f'{replica.endpoint} replicates {primary.endpoint}',
        )

    def wait_until_introduced(self) -> None:
        """Until all nodes that run know each other."""

        def knows_all(node: Node) -> bool:
            lines = node.must('CLUSTER', 'NODES').splitlines()
            return len(lines) == len(self.running_nodes) and not any(
                b'handshake' in line for line in lines
            )

        wait_until(
            lambda: all(map(knows_all, self.running_nodes)),
            'all nodes know each other',
        )

    @property
    def running_nodes(self) -> list[Node]:
        return [node for node in self.nodes if node.is_running]

    def wait_until_settled(self) -> None:
        """Until all nodes that run see the same cluster, whole, with every
        replica online."""

        def has_settled() -> bool:
            nodes = self.running_nodes
            views = set()
            for node in nodes:
                if b'cluster_state:ok' not in node.must('CLUSTER', 'INFO'):
                    return False
                views.add(parse_cluster_slots(node.must('CLUSTER', 'SLOTS')))
                if not _is_in_sync(node):
                    return False
            if len(views) != 1:
                return False
            members = set()
            for shard in views.pop():
                members |= {shard.primary_id, *shard.replica_ids}
            return {node.node_id for node in nodes} <= members

        wait_until(has_settled, 'all nodes agree on a whole cluster', 60)

    def node_of_id(self, node_id: str) -> Node:
        return next(n for n in self.running_nodes if n.node_id == node_id)

    @property
    def seeds(self) -> str:
        return ','.join(node.endpoint for node in self.nodes)

    def stop(self) -> None:
        for node in self.nodes:
            node.kill()
        shutil.rmtree(self._directory)


def _is_in_sync(node: Node) -> bool:
    role = node.must('ROLE')
    return role[0] != b'slave' or role[3] == b'connected'


@functools.cache
def _key_of_each_slot() -> tuple[bytes, ...]:
    keys = {}
    for number in itertools.count():
        key = b'%d' % number
        keys.setdefault(slot_of(key), key)
        if len(keys) == SLOT_COUNT:
            return tuple(keys[slot] for slot in range(SLOT_COUNT))


def slot_of(key: bytes) -> int:
    """The slot of a key without a hash tag."""
    return binascii.crc_hqx(key, 0) % SLOT_COUNT  # Rule A1.


def key_of(slot: int) -> bytes:
    """A key of that slot, always the same."""
    return _key_of_each_slot()[slot]
