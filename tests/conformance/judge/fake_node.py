# SPDX-License-Identifier: Apache-2.0
"""Nodes of a cluster that receive what a case says, and reply what it says."""

import asyncio
import math
import socket

from judge.journal import Journal
from judge.text import from_bytes, to_bytes

_OK = '+OK\r\n'
_ENTRY_MEMBERS = {
    'receive', 'reply', 'close', 'readonly', 'repeat', 'connection', 'await',
    'after', 'delay_ms', 'byte_by_byte', 'at_most',
}  # fmt: skip


def housekeeping_reply(args: list[str]) -> str | None:
    """The reply to what is about the connection, which no case lists."""
    name = args[0].upper()
    if name in ('READONLY', 'CLIENT', 'AUTH', 'QUIT'):
        return _OK
    if name == 'SELECT' and args[1:] == ['0']:
        return _OK
    if name == 'PING':
        return '+PONG\r\n'
    if name == 'HELLO':
        return "-ERR unknown command 'HELLO'\r\n"
    return None


async def read_command(reader: asyncio.StreamReader) -> list[str] | None:
    """The next command, or None at the end of the connection. ValueError when
    it is no array of bulk strings."""

    async def number(kind: bytes) -> int:
        line = await reader.readuntil(b'\r\n')
        if line[:1] != kind:
            raise ValueError(f'{line!r} where {kind!r} must be')
        return int(line[1:])

    try:
        args = []
        for _ in range(await number(b'*')):
            size = await number(b'$')
            args.append(from_bytes((await reader.readexactly(size + 2))[:-2]))
        return args
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


class RefusingNode:
    """A port that nobody listens on, kept from others."""

    def __init__(self):
        self._socket = socket.socket()
        self._socket.bind(('127.0.0.1', 0))
        self.endpoint = '127.0.0.1:%d' % self._socket.getsockname()[1]

    async def stop(self) -> None:
        self._socket.close()


class Connection:
    """One connection to a fake node. Commands are taken as they come, so that
    a pipeline is seen whole; replies go out in their order."""

    def __init__(self, writer: asyncio.StreamWriter):
        self.writer = writer
        self.readonly = False
        # Nothing that comes behind a `close` counts.
        self.is_closing = False
        self.replies: asyncio.Queue = asyncio.Queue()


class FakeNode:
    """Listens on a port of the kernel's choice. Subclasses say what becomes of
    a command."""

    def __init__(self, name: str, journal: Journal):
        self.name = name
        self.journal = journal
        self.endpoint = ''
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(
            self._serve, '127.0.0.1', 0, limit=64 << 20
        )
        port = self._server.sockets[0].getsockname()[1]
        self.endpoint = f'127.0.0.1:{port}'

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader, writer) -> None:
        self._tasks.add(asyncio.current_task())
        connection = Connection(writer)
        answering = asyncio.create_task(self._answer(connection))
        self._tasks.add(answering)
        try:
            while (args := await read_command(reader)) is not None:
                if connection.is_closing:
                    continue
                await self.take(connection, args)
                if args[0].upper() == 'READONLY':
                    connection.readonly = True
        except ValueError as error:
            self.journal.fault(f'node {self.name} received no command: {error}')
        finally:
            answering.cancel()
            writer.close()

    async def _answer(self, connection: Connection) -> None:
        while True:
            reply = await connection.replies.get()
            await reply(connection)

    async def take(self, connection: Connection, args: list[str]) -> None:
        raise NotImplementedError


async def write(connection: Connection, reply: str) -> None:
    connection.writer.write(to_bytes(reply))
    try:
        await connection.writer.drain()
    except ConnectionError:
        pass  # The client has gone; what it must not miss is in its answer.


class ScriptedNode(FakeNode):
    """Receives the commands of a script in their order, over all of its
    connections."""

    def __init__(self, name: str, journal: Journal, nodes: dict):
        super().__init__(name, journal)
        self._nodes = nodes  # All of the case, by name.
        self._labels: dict[str, Connection] = {}
        self.script: list[dict] = []
        self.received = 0  # How many entries.
        self.answered = 0
        self._repeats = False  # The last entry received may come again.
        self._times = 0  # How often it has come.

    def load(self, script: list[dict]) -> None:
        for entry in script:
            if unknown := entry.keys() - _ENTRY_MEMBERS:
                raise ValueError(f'a node\'s entry has {sorted(unknown)}')
        self.script = script

    @property
    def is_done(self) -> bool:
        return self.received == len(self.script)

    def missing(self) -> str | None:
        if self.is_done:
            return None
        entry = self.script[self.received]
        return (
            f'node {self.name} never received {entry["receive"]}'
            f' (entry {self.received})'
        )

    async def take(self, connection: Connection, args: list[str]) -> None:
        entry = self._match(args)
        if entry is None:
            reply = housekeeping_reply(args)
            if reply is None:
                self.journal.fault(self._surprise(args))
                reply = '-ERR unexpected\r\n'
            connection.replies.put_nowait(lambda to: write(to, reply))
            return
        self._check(connection, entry)
        connection.is_closing = bool(entry.get('close'))
        connection.replies.put_nowait(lambda to: self._reply(to, entry))
        await self.journal.tell()

    def _match(self, args: list[str]) -> dict | None:
        if not self.is_done and self.script[self.received]['receive'] == args:
            entry = self.script[self.received]
            self.received += 1
            self._repeats = bool(entry.get('repeat'))
            self._times = 1
            return entry
        last = self.script[self.received - 1] if self._repeats else None
        if last is None or last['receive'] != args:
            return None
        self._times += 1
        if self._times == last.get('at_most', math.inf) + 1:
            self.journal.fault(f'node {self.name} received {args} too often')
        return last

    def _surprise(self, args: list[str]) -> str:
        due = 'nothing'
        if not self.is_done:
            due = str(self.script[self.received]['receive'])
        return f'node {self.name} received {args} where {due} is due'

    def _check(self, connection: Connection, entry: dict) -> None:
        what = f'node {self.name} received {entry["receive"]}'
        if connection.readonly != bool(entry.get('readonly')):
            mode = 'with' if connection.readonly else 'without'
            self.journal.fault(f'{what} on a connection {mode} READONLY')
        if label := entry.get('connection'):
            known = self._labels.setdefault(label, connection)
            shared = [
                other
                for other, owner in self._labels.items()
                if owner is connection and other != label
            ]
            if known is not connection or shared:
                self.journal.fault(f'{what} on a wrong connection')
        if 'after' in entry:
            name, count = entry['after']
            if self._nodes[name].answered < count:
                self.journal.fault(f'{what} before node {name} had answered')

    async def _reply(self, connection: Connection, entry: dict) -> None:
        if 'await' in entry:
            name, count = entry['await']
            node = self._nodes[name]
            if not await self.journal.wait_for(lambda: node.received >= count):
                self.journal.fault(
                    f'node {self.name} waited in vain for node {name} to'
                    f' receive {count} commands'
                )
        if 'delay_ms' in entry:
            await asyncio.sleep(entry['delay_ms'] / 1000)
        reply = entry.get('reply')
        if reply is None and entry['receive'] == ['ASKING']:
            reply = _OK
        if reply is not None:
            self.answered += 1
            step = 1 if entry.get('byte_by_byte') else len(reply)
            for start in range(0, len(reply), step or 1):
                await write(connection, reply[start : start + step])
                await asyncio.sleep(0)
        if entry.get('close'):
            # What is on its way to us is read until the client closes, too: a
            # reset could take replies away that the client has not read yet.
            connection.writer.write_eof()
        elif reply is None:
            # Later replies would be taken for this one.
            await asyncio.Event().wait()


class RecordingNode(FakeNode):
    """Answers everything with an error and remembers it."""

    def __init__(self, name: str, journal: Journal):
        super().__init__(name, journal)
        # Of each connection mode: what must come, and what came. That is all,
        # but for what a driver asks about its connection.
        self.expected: dict[bool, list[list[str]]] = {False: [], True: []}
        self.received: dict[bool, list[list[str]]] = {False: [], True: []}

    async def take(self, connection: Connection, args: list[str]) -> None:
        received = self.received[connection.readonly]
        due = self.expected[connection.readonly][len(received) :][:1]
        reply = None if due == [args] else housekeeping_reply(args)
        if reply is None:
            received.append(args)
            reply = '-ERR conformance\r\n'
            if args[0].upper() in ('WATCH', 'UNWATCH'):
                reply = _OK  # Else no transaction would follow.
        connection.replies.put_nowait(lambda to: write(to, reply))
