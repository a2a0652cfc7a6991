# SPDX-License-Identifier: Apache-2.0
"""How connections to nodes are made: what both kinds of clients share."""

from __future__ import annotations

import dataclasses
import importlib.util
from collections.abc import Mapping
from typing import Any, Callable

import redis
import redis.backoff
import redis.retry
from redis.exceptions import AuthenticationError, ResponseError

from slotplanner._core.redirection import Endpoint
from slotplanner.results import Cause

DEFAULT_CONNECT_TIMEOUT = 1.0

# The node is not told the name of the driver: two commands less for each
# connection. Newer versions of redis-py take it as one argument.
_UNNAMED: Mapping[str, None] = (
    {"lib_name": None, "lib_version": None}
    if importlib.util.find_spec("redis.driver_info") is None
    else {"driver_info": None}
)


@dataclasses.dataclass(frozen=True)
class NodeOptions:
    """How to connect to the nodes of a cluster."""

    username: str = ""
    """The ACL user; empty means the default user."""
    password: str = dataclasses.field(default="", repr=False)
    """Empty: AUTH is not sent."""
    tls: Mapping[str, Any] | None = dataclasses.field(default=None, repr=False)
    """Arguments of redis-py's `SSLConnection`, such as `ssl_ca_certs`; None:
    plain TCP."""
    connect_timeout: float = DEFAULT_CONNECT_TIMEOUT
    """How long one node may take to accept a connection, AUTH and READONLY
    included, in seconds."""
    factory: Callable[..., Any] | None = dataclasses.field(
        default=None, repr=False
    )
    """Called with `host=`, `port=` and redis-py's other arguments in place of
    `Connection` or `SSLConnection`."""

    def make_connection(self, module: Any, endpoint: Endpoint) -> Any:
        """A connection of redis-py that is not connected yet. `module` has the
        classes: redis.connection or redis.asyncio.connection."""
        make = self.factory or (
            module.Connection if self.tls is None else module.SSLConnection
        )
        return make(
            host=endpoint.host,
            port=endpoint.port,
            username=self.username or None,
            password=self.password or None,
            protocol=2,
            **_UNNAMED,
            retry=redis.retry.Retry(redis.backoff.NoBackoff(), 0),
            socket_connect_timeout=self.connect_timeout,
            socket_timeout=self.connect_timeout,
            **self._tls_arguments(),
        )

    def _tls_arguments(self) -> Mapping[str, Any]:
        if self.tls is None:
            return {}
        # Older versions of redis-py would not look at the name.
        return {"ssl_check_hostname": True, **self.tls}


def failure_to_connect(endpoint: Endpoint, error: Exception) -> Cause:
    """Why there is no connection. The text of a node's error is left out, for
    it may quote a password."""
    if isinstance(error, (AuthenticationError, ResponseError)):
        return Cause(
            "UNAUTHENTICATED", f"Node {endpoint}: it refuses the credentials."
        )
    if isinstance(error, (redis.ConnectionError, redis.TimeoutError, OSError)):
        reason = str(error).rstrip(".")
        return Cause("UNAVAILABLE", f"Node {endpoint}: {reason}.")
    return Cause(
        "INVALID_ARGUMENT",
        f"Node {endpoint}: no connection could be made "
        f"({type(error).__name__}).",
    )


def readonly_refused(endpoint: Endpoint) -> Cause:
    """READONLY was not answered with OK."""
    return Cause(
        "FAILED_PRECONDITION", f"Node {endpoint}: it refuses READONLY."
    )


def connect_timed_out(endpoint: Endpoint) -> Cause:
    """The time for connecting is over."""
    return Cause("UNAVAILABLE", f"Node {endpoint}: no connection in time.")


def no_answer(endpoint: Endpoint) -> Cause:
    """The deadline is over."""
    return Cause("DEADLINE_EXCEEDED", f"Node {endpoint}: no answer in time.")


def connection_lost(endpoint: Endpoint, reason: str) -> Cause:
    """The connection broke."""
    return Cause("UNAVAILABLE", f"Node {endpoint}: {reason}.")


def not_resp(endpoint: Endpoint, reason: str) -> Cause:
    """What came is no reply."""
    return Cause("INVALID_ARGUMENT", f"Node {endpoint}: {reason}.")
