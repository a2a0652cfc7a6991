# SPDX-License-Identifier: Apache-2.0
"""Exchanges with real nodes, by both kinds of connections."""

from __future__ import annotations

import asyncio
import gc
import pathlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import redis_server

from slotplanner import ErrorReply
from slotplanner._core.effects import Exchange, Exchanged
from slotplanner._core.redirection import Endpoint
from slotplanner._core.resp import pack
from slotplanner._io.aio_nodes import AsyncNodes
from slotplanner._io.connecting import NodeOptions
from slotplanner._io.nodes import Nodes


class Both:
    """Nodes of one kind, with blocking calls."""

    def __init__(self, is_async: bool, options: NodeOptions) -> None:
        self._loop = asyncio.new_event_loop() if is_async else None
        self.nodes: Any = (AsyncNodes if is_async else Nodes)(options)
        self.leases: set[Any] = set()

    def exchange(
        self, *exchanges: Exchange, timeout: float = 20
    ) -> list[Exchanged]:
        result = self.nodes.exchange(
            exchanges, time.monotonic() + timeout, self.leases
        )
        if self._loop is not None:
            return self._loop.run_until_complete(result)
        return list(result)

    def give_back(self, *results: Exchanged) -> None:
        for result in results:
            self.leases.discard(result.connection)
            self.nodes.return_idle(result.connection)

    def let_things_happen(self) -> None:
        """What a running event loop would do by itself."""
        if self._loop is not None:
            self._loop.run_until_complete(asyncio.sleep(0.01))

    def close(self) -> None:
        for connection in self.leases:
            connection.close()
        self.nodes.close()
        if self._loop is not None:
            self.let_things_happen()
            self._loop.close()


@pytest.fixture(params=["blocking", "asyncio"])
def make(request: pytest.FixtureRequest) -> Iterator[Callable[..., Both]]:
    made: list[Both] = []

    def make_nodes(**options: Any) -> Both:
        made.append(Both(request.param == "asyncio", NodeOptions(**options)))
        return made[-1]

    yield make_nodes
    for each in made:
        each.close()
    gc.collect()  # Connections that were not closed warn.


@pytest.fixture(scope="module")
def redis() -> Iterator[Endpoint]:
    with redis_server.redis_server() as endpoint:
        yield endpoint


def exchange(endpoint: Endpoint, *requests: list[bytes]) -> Exchange:
    payload = b"".join(map(pack, requests))
    return Exchange(endpoint, False, None, payload, len(requests))


def test_replies_come_as_they_are(
    make: Callable[..., Both], redis: Endpoint
) -> None:
    nodes = make()
    value = bytes(range(256))
    (result,) = nodes.exchange(
        exchange(
            redis,
            [b"SET", b"\0k\r\n", value],
            [b"GET", b"\0k\r\n"],
            [b"GET", b"none"],
            [b"LPUSH", b"\0k\r\n", b"x"],
            [b"NOSUCH\xff"],
            [b"EVAL", b"return {1, redis.error_reply('ERR \xff'), false}"]
            + [b"0"],
        )
    )
    assert result.failure is None
    assert result.replies[:3] == [b"OK", value, None]
    wrong, unknown, array = result.replies[3:]
    assert isinstance(wrong, ErrorReply)
    assert wrong.line.startswith(b"WRONGTYPE Operation against a key")
    assert isinstance(unknown, ErrorReply)
    assert unknown.line.startswith(b"ERR unknown command 'NOSUCH\xff'")
    assert array == [1, ErrorReply(b"ERR \xff"), None]


def test_a_connection_serves_again_and_one_is_enough(
    make: Callable[..., Both], redis: Endpoint
) -> None:
    nodes = make()
    ids = []
    for _ in range(3):
        (result,) = nodes.exchange(exchange(redis, [b"CLIENT", b"ID"]))
        ids.append(result.replies[0])
        nodes.give_back(result)
    assert len(set(ids)) == 1


def test_one_that_the_node_has_closed_is_not_used(
    make: Callable[..., Both], redis: Endpoint
) -> None:
    nodes = make()
    first, second = nodes.exchange(
        exchange(redis, [b"CLIENT", b"ID"]), exchange(redis, [b"PING"])
    )
    nodes.give_back(first)
    kill = [b"CLIENT", b"KILL", b"ID", str(first.replies[0]).encode()]
    (killed,) = nodes.exchange(
        Exchange(redis, False, second.connection, pack(kill), 1)
    )
    assert killed.replies == [1]
    nodes.let_things_happen()
    (again,) = nodes.exchange(exchange(redis, [b"CLIENT", b"ID"]))
    assert again.failure is None
    assert again.replies != first.replies


def test_a_connection_that_breaks_has_given_what_came(
    make: Callable[..., Both], redis: Endpoint
) -> None:
    nodes = make()
    request = exchange(
        redis, [b"SET", b"a", b"1"], [b"QUIT"], [b"SET", b"a", b"2"]
    )
    (result,) = nodes.exchange(request)
    assert result.replies == [b"OK", b"OK"]
    assert result.failure is not None
    assert result.failure.code == "UNAVAILABLE"
    assert result.was_ready
    assert result.connection is None
    assert result.sent_bytes == len(request.payload)


def test_megabytes_go_both_ways(
    make: Callable[..., Both], redis: Endpoint
) -> None:
    nodes = make()
    value = b"x" * (4 << 20)
    (result,) = nodes.exchange(
        exchange(redis, *[[b"ECHO", value]] * 8, [b"PING"])
    )
    assert result.failure is None
    assert result.replies == [value] * 8 + [b"PONG"]


def test_a_node_that_says_nothing_holds_up_no_other(
    make: Callable[..., Both], redis: Endpoint
) -> None:
    nodes = make()
    value = b"x" * (8 << 20)
    with redis_server.silent_server() as silent:
        hung, fine = nodes.exchange(
            exchange(silent, [b"SET", b"k", value]),
            exchange(redis, [b"ECHO", value]),
            timeout=2,
        )
    assert fine.replies == [value]
    assert fine.failure is None
    assert hung.failure is not None
    assert hung.failure.code == "DEADLINE_EXCEEDED"
    assert hung.was_ready
    assert hung.connection is None


def test_to_connect_has_a_time_of_its_own(
    make: Callable[..., Both], redis: Endpoint
) -> None:
    nodes = make(connect_timeout=0.3)
    begin = time.monotonic()
    with redis_server.full_server() as full:
        hung, fine = nodes.exchange(
            exchange(full, [b"PING"]), exchange(redis, [b"PING"])
        )
    assert time.monotonic() - begin < 10
    assert fine.replies == [b"PONG"]
    assert hung.failure is not None
    assert hung.failure.code == "UNAVAILABLE"
    assert not hung.was_ready


def test_a_port_that_refuses(make: Callable[..., Both]) -> None:
    endpoint = Endpoint("127.0.0.1", redis_server.free_port())
    (result,) = make().exchange(exchange(endpoint, [b"PING"]))
    assert result.failure is not None
    assert result.failure.code == "UNAVAILABLE"
    assert not result.was_ready


def test_a_name_that_does_not_resolve(make: Callable[..., Both]) -> None:
    endpoint = Endpoint("no-such-host.invalid", 1)
    (result,) = make().exchange(exchange(endpoint, [b"PING"]))
    assert result.failure is not None
    assert result.failure.code == "UNAVAILABLE"


def test_credentials_are_taken_and_never_told(
    make: Callable[..., Both],
) -> None:
    flags = ["--requirepass", "swordfish"]
    flags += ["--user", "ada", "on", ">opensesame", "+@all"]
    with redis_server.redis_server(*flags) as endpoint:
        ping = exchange(endpoint, [b"ACL", b"WHOAMI"])
        (default,) = make(password="swordfish").exchange(ping)
        assert default.replies == [b"default"]
        (ada,) = make(username="ada", password="opensesame").exchange(ping)
        assert ada.replies == [b"ada"]
        (wrong,) = make(password="swordfisch").exchange(ping)
        assert wrong.failure is not None
        assert wrong.failure.code == "UNAUTHENTICATED"
        assert "swordf" not in wrong.failure.message
        assert not wrong.was_ready
        (none,) = make().exchange(ping)
        assert str(none.replies[0]).startswith("NOAUTH")


def test_readonly_that_is_refused(
    make: Callable[..., Both], redis: Endpoint
) -> None:
    # The server is in no cluster.
    (result,) = make().exchange(Exchange(redis, True, None, pack([b"PING"]), 1))
    assert result.failure is not None
    assert result.failure.code == "FAILED_PRECONDITION"
    assert not result.was_ready


def test_tls(make: Callable[..., Both], tmp_path: pathlib.Path) -> None:
    cert, key = redis_server.certificate(tmp_path)
    flags = ["--tls-cert-file", cert, "--tls-key-file", key]
    flags += ["--tls-ca-cert-file", cert, "--tls-auth-clients", "no"]
    value = b"x" * (4 << 20)
    with redis_server.redis_server(*flags, tls=True) as endpoint:
        nodes = make(tls={"ssl_ca_certs": cert})
        for _ in range(2):
            (result,) = nodes.exchange(
                exchange(endpoint, [b"ECHO", value], [b"CLIENT", b"ID"])
            )
            assert result.failure is None
            assert result.replies[0] == value
            nodes.give_back(result)
        (plain,) = make(connect_timeout=5).exchange(
            exchange(endpoint, [b"PING"])
        )
        assert plain.failure is not None
        named = Endpoint("localhost", endpoint.port)
        (other,) = nodes.exchange(exchange(named, [b"PING"]))
        assert other.failure is not None
        assert not other.was_ready
        (stranger,) = make(tls={}).exchange(exchange(endpoint, [b"PING"]))
        assert stranger.failure is not None
        assert stranger.failure.code == "UNAVAILABLE"
        assert not stranger.was_ready


def test_a_factory_makes_the_connections(
    make: Callable[..., Both], redis: Endpoint
) -> None:
    def fail(**arguments: Any) -> Any:
        raise RuntimeError(f"{arguments['host']} secret")

    (result,) = make(factory=fail).exchange(exchange(redis, [b"PING"]))
    assert result.failure is not None
    assert result.failure.code == "INVALID_ARGUMENT"
    assert "secret" not in result.failure.message
    # Of redis-py's arguments, some exclude each other.
    (result,) = make(username="ada", tls={"credential_provider": 1}).exchange(
        exchange(redis, [b"PING"])
    )
    assert result.failure is not None
    assert result.failure.code == "INVALID_ARGUMENT"


def test_what_is_no_resp_ends_the_connection(
    make: Callable[..., Both],
) -> None:
    for text, message in (
        (b"SSH-2.0-x\r\n", "unknown type"),
        (b"+PONG\r\n+PONG\r\n", "answers no request"),
    ):
        with redis_server.telling_server(text) as endpoint:
            (result,) = make().exchange(exchange(endpoint, [b"PING"]))
        assert result.failure is not None
        assert result.failure.code == "INVALID_ARGUMENT"
        assert message in result.failure.message
        assert result.connection is None


def test_many_threads_share_the_connections(redis: Endpoint) -> None:
    nodes = Nodes(NodeOptions())
    faults: list[object] = []

    def work(number: int) -> None:
        for i in range(50):
            text = b"%d/%d" % (number, i)
            leases: set[Any] = set()
            (result,) = nodes.exchange(
                [exchange(redis, [b"ECHO", text])],
                time.monotonic() + 20,
                leases,
            )
            if result.replies != [text]:
                faults.append(result)
            for connection in leases:
                nodes.return_idle(connection)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    nodes.close()
    assert faults == []


def test_closed_while_in_use_is_closed_when_returned(
    make: Callable[..., Both], redis: Endpoint
) -> None:
    nodes = make()
    (result,) = nodes.exchange(exchange(redis, [b"PING"]))
    nodes.nodes.close()
    nodes.give_back(result)
    nodes.let_things_happen()
    connection: Any = result.connection
    assert not connection.is_quiet()
