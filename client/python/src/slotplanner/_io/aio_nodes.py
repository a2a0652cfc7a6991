# SPDX-License-Identifier: Apache-2.0
"""Exchanges with many nodes at once, with asyncio.

redis-py makes a connection: TCP, TLS, AUTH. From then on its transport is
driven here, so that the bytes of each reply are read once and as they are.
"""

from __future__ import annotations

import asyncio
import collections
import time
from collections.abc import Sequence
from typing import Any

import redis.asyncio.connection
from redis.exceptions import ResponseError

from slotplanner._core.effects import Exchange, Exchanged, Moment
from slotplanner._core.redirection import Endpoint
from slotplanner._core.resp import ProtocolError, ReplyParser
from slotplanner._io import connecting
from slotplanner._io.connecting import NodeOptions
from slotplanner.results import Cause, Reply


class TransportConnection(asyncio.Protocol):
    """A connection that is ready: credentials taken, READONLY sent if wanted.
    Belongs to one event loop."""

    def __init__(self, made: Any, endpoint: Endpoint, readonly: bool) -> None:
        self._made = made  # Closes the transport when it is collected.
        self._transport: asyncio.Transport = made._writer.transport
        self._transport.set_protocol(self)
        self._transport.resume_reading()
        self.endpoint = endpoint
        self.readonly = readonly
        self._parser = ReplyParser()
        self._replies: list[Reply] = []
        self._owed = 0
        self._failure: Cause | None = None
        self._waiter: asyncio.Future[None] | None = None

    async def exchange(
        self, payload: bytes, reply_count: int, timeout: float
    ) -> tuple[list[Reply], Cause | None]:
        """The replies that came, and why some are missing. Requires: `is_quiet`
        and no other exchange is on."""
        self._replies = []
        self._owed = reply_count
        if self._failure is None:
            self._waiter = asyncio.get_running_loop().create_future()
            self._transport.write(payload)
            await asyncio.wait({self._waiter}, timeout=timeout)
            self._waiter = None
        replies, failure = self._replies, self._failure
        if failure is None and len(replies) < reply_count:
            failure = connecting.no_answer(self.endpoint)
        self._owed = 0
        self._replies = []
        return replies, failure

    def is_quiet(self) -> bool:
        """Whether an idle connection is still of use: open, and nothing has
        come over it."""
        return (
            self._failure is None
            and not self._transport.is_closing()
            and self._parser.is_between_replies
        )

    def close(self) -> None:
        """Ends it."""
        _abort(self._made)

    # Called by the transport.

    def data_received(self, data: bytes) -> None:
        try:
            self._replies += self._parser.feed(data)
        except ProtocolError as error:
            self._fail(connecting.not_resp(self.endpoint, str(error)))
            return
        if len(self._replies) > self._owed:
            del self._replies[self._owed :]
            self._fail(
                connecting.not_resp(
                    self.endpoint, "a reply came that answers no request"
                )
            )
        elif len(self._replies) == self._owed:
            self._wake()

    def eof_received(self) -> None:
        self._fail(
            connecting.connection_lost(
                self.endpoint, "it closed the connection"
            )
        )

    def connection_lost(self, error: Exception | None) -> None:
        reason = "the connection broke"
        if isinstance(error, OSError) and error.strerror:
            reason = error.strerror
        self._fail(connecting.connection_lost(self.endpoint, reason))

    def _fail(self, cause: Cause) -> None:
        if self._failure is None:
            self._failure = cause
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class AsyncNodes:
    """Connections to nodes, kept open between uses: there are never more of
    them than were in use at one time. Belongs to one event loop."""

    def __init__(self, options: NodeOptions) -> None:
        self._options = options
        self._idle: dict[tuple[Endpoint, bool], list[TransportConnection]] = (
            collections.defaultdict(list)
        )
        self._is_closed = False

    async def exchange(
        self,
        exchanges: Sequence[Exchange],
        deadline: Moment,
        leases: set[TransportConnection],
    ) -> list[Exchanged]:
        """Does all of them. A connection is in `leases` from when it is taken
        until it is closed, returned or, by the caller, both."""
        if len(exchanges) == 1:
            return [await self._exchange_one(exchanges[0], deadline, leases)]
        tasks = [
            asyncio.ensure_future(
                self._exchange_one(exchange, deadline, leases)
            )
            for exchange in exchanges
        ]
        try:
            return list(await asyncio.gather(*tasks))
        finally:
            for task in tasks:
                task.cancel()

    async def _exchange_one(
        self,
        exchange: Exchange,
        deadline: Moment,
        leases: set[TransportConnection],
    ) -> Exchanged:
        connection: Any = exchange.connection
        if connection is None:
            connection = self._take_idle(exchange.endpoint, exchange.readonly)
        if connection is None:
            connection, failure = await self._connect(
                exchange.endpoint, exchange.readonly, deadline
            )
            if connection is None:
                return Exchanged(None, [], failure, was_ready=False)
        leases.add(connection)
        replies, failure = await connection.exchange(
            exchange.payload,
            exchange.reply_count,
            max(0.0, deadline - time.monotonic()),
        )
        if failure is None:
            return Exchanged(connection, replies)
        leases.discard(connection)
        connection.close()
        # The transport may have kept some of it, which only means that less is
        # known for certain.
        return Exchanged(
            None, replies, failure, sent_bytes=len(exchange.payload)
        )

    def _take_idle(
        self, endpoint: Endpoint, readonly: bool
    ) -> TransportConnection | None:
        # One keeps its mode for life: in READONLY mode it would serve a stale
        # read where the plan asks for the primary (rule D2).
        idle = self._idle.get((endpoint, readonly))
        while idle:
            connection = idle.pop()
            # The node may have closed it meanwhile; better to learn that before
            # a command is sent than after.
            if connection.is_quiet():
                return connection
            connection.close()
        return None

    async def _connect(
        self, endpoint: Endpoint, readonly: bool, deadline: Moment
    ) -> tuple[TransportConnection | None, Cause | None]:
        """A new connection, or why there is none."""
        left = deadline - time.monotonic()
        task = asyncio.ensure_future(self._connect_now(endpoint, readonly))
        try:
            await asyncio.wait(
                {task},
                timeout=max(0.0, min(left, self._options.connect_timeout)),
            )
            if task.done():
                return task.result()
        except BaseException:
            _discard(task)
            raise
        _discard(task)
        if left <= self._options.connect_timeout:
            return None, connecting.no_answer(endpoint)
        return None, connecting.connect_timed_out(endpoint)

    async def _connect_now(
        self, endpoint: Endpoint, readonly: bool
    ) -> tuple[TransportConnection | None, Cause | None]:
        made: Any = None
        try:
            made = self._options.make_connection(
                redis.asyncio.connection, endpoint
            )
            await made.connect()
            if readonly:
                await made.send_command("READONLY")
                try:
                    await made.read_response()
                except ResponseError:
                    _abort(made)
                    return None, connecting.readonly_refused(endpoint)
            return TransportConnection(made, endpoint, readonly), None
        except BaseException as error:
            if made is not None:
                _abort(made)
            if not isinstance(error, Exception):
                raise
            return None, connecting.failure_to_connect(endpoint, error)

    def return_idle(self, connection: TransportConnection) -> None:
        """Keeps a connection for the next caller. Requires: no reply is
        owed."""
        if self._is_closed:
            connection.close()
        else:
            key = (connection.endpoint, connection.readonly)
            self._idle[key].append(connection)

    def forget(self, endpoint: Endpoint) -> None:
        """Closes the idle connections to a node."""
        for readonly in (False, True):
            for connection in self._idle.pop((endpoint, readonly), ()):
                connection.close()

    def close(self) -> None:
        """Closes the idle connections, and those in use when they are
        returned."""
        self._is_closed = True
        for idle in self._idle.values():
            for connection in idle:
                connection.close()
        self._idle.clear()


def _abort(made: Any) -> None:
    """Ends a connection of redis-py at once. Not `disconnect`: it sends what is
    still unsent, and waits for a protocol that is no longer the transport's."""
    writer: asyncio.StreamWriter | None = getattr(made, "_writer", None)
    if writer is not None:
        made._reader = made._writer = None
        writer.transport.abort()


_Connected = asyncio.Future["tuple[TransportConnection | None, Cause | None]"]


def _discard(task: _Connected) -> None:
    """Ends a task that connects, and closes the connection if it got one."""

    def close(done: _Connected) -> None:
        if not done.cancelled() and done.exception() is None:
            connection = done.result()[0]
            if connection is not None:
                connection.close()

    task.cancel()
    task.add_done_callback(close)
