# SPDX-License-Identifier: Apache-2.0
"""Blocking exchanges with many nodes at once.

redis-py makes a connection: TCP, TLS, AUTH. From then on its socket is driven
here, without blocking, so that all nodes of a round are written to and read
from at once, and none holds up another.
"""

from __future__ import annotations

import collections
import contextlib
import encodings.idna  # noqa: F401  See `Nodes.connect`.
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from typing import Any

import redis.connection
from redis.exceptions import ResponseError

from slotplanner._core.effects import Exchange, Exchanged, Moment
from slotplanner._core.redirection import Endpoint
from slotplanner._core.resp import ProtocolError, ReplyParser
from slotplanner._io import connecting
from slotplanner._io.connecting import NodeOptions
from slotplanner.results import Cause, Reply

_READ_BYTES = 64 << 10

# Neither is an error: the socket has no bytes, or takes none, for now.
_WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class SocketConnection:
    """A connection that is ready: credentials taken, READONLY sent if wanted.
    Not thread-safe."""

    def __init__(self, made: Any, endpoint: Endpoint, readonly: bool) -> None:
        self._made = made  # Closes the socket when it is collected.
        self.socket: socket.socket = made._sock
        self.socket.setblocking(False)
        self.endpoint = endpoint
        self.readonly = readonly
        self.parser = ReplyParser()

    def is_quiet(self) -> bool:
        """Whether an idle connection is still of use: open, and nothing has
        come over it."""
        try:
            self.socket.recv(1)
        except _WOULD_BLOCK:
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        """Ends it."""
        with contextlib.suppress(Exception):
            self._made.disconnect()


class Nodes:
    """Connections to nodes, kept open between uses: there are never more of
    them than were in use at one time. Thread-safe."""

    def __init__(self, options: NodeOptions) -> None:
        self._options = options
        self._lock = threading.Lock()
        # Guarded by _lock.
        self._idle: dict[tuple[Endpoint, bool], list[SocketConnection]] = (
            collections.defaultdict(list)
        )
        self._is_closed = False

    def exchange(
        self,
        exchanges: Sequence[Exchange],
        deadline: Moment,
        leases: set[SocketConnection],
    ) -> list[Exchanged]:
        """Does all of them. A connection is in `leases` from when it is taken
        until it is closed, returned or, by the caller, both."""
        with _Round(self, deadline, leases) as ongoing:
            return ongoing.run(exchanges)

    def take_idle(
        self, endpoint: Endpoint, readonly: bool
    ) -> SocketConnection | None:
        """A connection that was returned, if one is left that is of use."""
        while True:
            with self._lock:
                # One keeps its mode for life: in READONLY mode it would serve a
                # stale read where the plan asks for the primary (rule D2).
                idle = self._idle.get((endpoint, readonly))
                if not idle:
                    return None
                connection = idle.pop()
            # The node may have closed it meanwhile; better to learn that before
            # a command is sent than after.
            if connection.is_quiet():
                return connection
            connection.close()

    def connect(
        self, endpoint: Endpoint, readonly: bool
    ) -> tuple[SocketConnection | None, Cause | None]:
        """A new connection, or why there is none. Blocks.

        Resolving a host imports `encodings.idna`, which is not to count in the
        time for connecting.
        """
        made: Any = None
        try:
            made = self._options.make_connection(redis.connection, endpoint)
            made.connect()
            if readonly:
                made.send_command("READONLY")
                try:
                    made.read_response()
                except ResponseError:
                    made.disconnect()
                    return None, connecting.readonly_refused(endpoint)
            return SocketConnection(made, endpoint, readonly), None
        except Exception as error:
            if made is not None:
                with contextlib.suppress(Exception):
                    made.disconnect()
            return None, connecting.failure_to_connect(endpoint, error)

    @property
    def connect_timeout(self) -> float:
        """In seconds."""
        return self._options.connect_timeout

    def return_idle(self, connection: SocketConnection) -> None:
        """Keeps a connection for the next caller. Requires: no reply is
        owed."""
        with self._lock:
            if not self._is_closed:
                key = (connection.endpoint, connection.readonly)
                self._idle[key].append(connection)
                return
        connection.close()

    def forget(self, endpoint: Endpoint) -> None:
        """Closes the idle connections to a node."""
        with self._lock:
            idle = [
                connection
                for readonly in (False, True)
                for connection in self._idle.pop((endpoint, readonly), ())
            ]
        for connection in idle:
            connection.close()

    def close(self) -> None:
        """Closes the idle connections, and those in use when they are
        returned."""
        with self._lock:
            self._is_closed = True
            idle = [c for each in self._idle.values() for c in each]
            self._idle.clear()
        for connection in idle:
            connection.close()


class _Connecting:
    """A connection on its way, in a thread of its own: resolving the name and
    connecting block."""

    def __init__(
        self, nodes: Nodes, exchange: Exchange, wake: socket.socket
    ) -> None:
        self._nodes = nodes
        self._exchange = exchange
        self._wake = wake
        self._lock = threading.Lock()
        # Guarded by _lock.
        self._result: tuple[SocketConnection | None, Cause | None] | None = None
        self._is_given_up = False
        threading.Thread(
            target=self._connect, name="slotplanner-connect", daemon=True
        ).start()

    def _connect(self) -> None:
        result = self._nodes.connect(
            self._exchange.endpoint, self._exchange.readonly
        )
        with self._lock:
            if not self._is_given_up:
                self._result = result
                self._wake.send(b"\0")
                return
        if result[0] is not None:
            result[0].close()

    def take(
        self,
    ) -> tuple[SocketConnection | None, Cause | None] | None:
        """The connection, or why there is none; None while it is on its way."""
        with self._lock:
            result, self._result = self._result, None
            return result

    def give_up(self) -> None:
        """Closes the connection when it is there."""
        with self._lock:
            self._is_given_up = True
            result, self._result = self._result, None
        if result is not None and result[0] is not None:
            result[0].close()


class _Lane:
    """One exchange on its way."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.connecting: _Connecting | None = None
        self.connection: SocketConnection | None = None
        self.unsent = memoryview(exchange.payload)
        self.replies: list[Reply] = []
        self.failure: Cause | None = None
        self.was_ready = True

    @property
    def is_over(self) -> bool:
        return self.failure is not None or (
            not self.unsent and len(self.replies) == self.exchange.reply_count
        )

    def result(self) -> Exchanged:
        return Exchanged(
            None if self.failure is not None else self.connection,
            self.replies,
            self.failure,
            self.was_ready,
            len(self.exchange.payload) - len(self.unsent),
        )

    # The socket.

    def write(self) -> None:
        """Writes what the socket takes."""
        assert self.connection is not None
        try:
            while self.unsent:
                sent = self.connection.socket.send(self.unsent)
                self.unsent = self.unsent[sent:]
        except _WOULD_BLOCK:
            pass
        except OSError:
            # What the node said before may be there to be read, and the end of
            # the connection behind it.
            self.read()
            if self.failure is None:
                self.failure = connecting.connection_lost(
                    self.exchange.endpoint, "the connection broke"
                )

    def read(self) -> None:
        """Reads what the socket has."""
        assert self.connection is not None
        endpoint = self.exchange.endpoint
        try:
            while self.failure is None:
                data = self.connection.socket.recv(_READ_BYTES)
                if not data:
                    self.failure = connecting.connection_lost(
                        endpoint, "it closed the connection"
                    )
                    return
                self.replies += self.connection.parser.feed(data)
                if len(self.replies) > self.exchange.reply_count:
                    del self.replies[self.exchange.reply_count :]
                    self.failure = connecting.not_resp(
                        endpoint, "a reply came that answers no request"
                    )
                if self.is_over and not self._has_buffered():
                    return
        except _WOULD_BLOCK:
            pass
        except ProtocolError as error:
            self.failure = connecting.not_resp(endpoint, str(error))
        except OSError as error:
            self.failure = connecting.connection_lost(
                endpoint, error.strerror or type(error).__name__
            )

    def _has_buffered(self) -> bool:
        """Whether TLS has bytes that the socket no longer shows."""
        assert self.connection is not None
        pending = getattr(self.connection.socket, "pending", None)
        return pending is not None and pending() > 0


class _Round:
    """Exchanges with several nodes at once."""

    def __init__(
        self, nodes: Nodes, deadline: Moment, leases: set[SocketConnection]
    ) -> None:
        self._nodes = nodes
        self._deadline = deadline
        self._leases = leases
        self._selector = selectors.DefaultSelector()
        self._lanes: list[_Lane] = []
        # Written to by threads that connect, once there are such.
        self._wake: tuple[socket.socket, socket.socket] | None = None
        self._connect_deadline = deadline

    def __enter__(self) -> _Round:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        for lane in self._lanes:
            if lane.connecting is not None:
                lane.connecting.give_up()
        for end in self._wake or ():
            end.close()

    def run(self, exchanges: Sequence[Exchange]) -> list[Exchanged]:
        self._lanes = [_Lane(exchange) for exchange in exchanges]
        for lane in self._lanes:
            self._begin(lane)
        while True:
            now = time.monotonic()
            self._give_up_connecting(now)
            if now >= self._deadline or all(
                lane.is_over for lane in self._lanes
            ):
                break
            self._wait(now)
        for lane in self._lanes:
            if not lane.is_over:
                lane.failure = connecting.no_answer(lane.exchange.endpoint)
                lane.was_ready = lane.connection is not None
            if lane.failure is not None and lane.connection is not None:
                self._leases.discard(lane.connection)
                lane.connection.close()
        return [lane.result() for lane in self._lanes]

    def _begin(self, lane: _Lane) -> None:
        exchange = lane.exchange
        connection = exchange.connection
        if connection is None:
            connection = self._nodes.take_idle(
                exchange.endpoint, exchange.readonly
            )
        if connection is not None:
            assert isinstance(connection, SocketConnection)
            self._open(lane, connection)
            return
        if self._wake is None:
            self._wake = socket.socketpair()
            self._selector.register(self._wake[0], selectors.EVENT_READ)
            self._connect_deadline = (
                time.monotonic() + self._nodes.connect_timeout
            )
        lane.connecting = _Connecting(self._nodes, exchange, self._wake[1])

    def _open(self, lane: _Lane, connection: SocketConnection) -> None:
        self._leases.add(connection)
        lane.connection = connection
        lane.write()
        if not lane.is_over:
            self._selector.register(connection.socket, _events(lane), lane)

    def _wait(self, now: Moment) -> None:
        until = min(self._deadline, self._connect_deadline)
        for key, events in self._selector.select(max(0.0, until - now)):
            lane = key.data
            if lane is None:
                self._take_connections()
                continue
            if events & selectors.EVENT_READ:
                lane.read()
            if events & selectors.EVENT_WRITE and not lane.is_over:
                lane.write()
            if lane.is_over:
                self._selector.unregister(key.fileobj)
            elif key.events != _events(lane):
                self._selector.modify(key.fileobj, _events(lane), lane)

    def _take_connections(self) -> None:
        assert self._wake is not None
        self._wake[0].recv(len(self._lanes))
        for lane in self._lanes:
            result = lane.connecting and lane.connecting.take()
            if not result:
                continue
            lane.connecting = None
            connection, failure = result
            if connection is None:
                lane.failure = failure
                lane.was_ready = False
            else:
                self._open(lane, connection)

    def _give_up_connecting(self, now: Moment) -> None:
        if now < self._connect_deadline:
            return
        self._connect_deadline = self._deadline
        for lane in self._lanes:
            if lane.connecting is not None and now < self._deadline:
                lane.connecting.give_up()
                lane.connecting = None
                lane.failure = connecting.connect_timed_out(
                    lane.exchange.endpoint
                )
                lane.was_ready = False


def _events(lane: _Lane) -> int:
    writes = selectors.EVENT_WRITE if lane.unsent else 0
    return selectors.EVENT_READ | writes
