# SPDX-License-Identifier: Apache-2.0
"""What the errors of a node mean for whoever sent the command."""

from __future__ import annotations

import re
from typing import NamedTuple

from slotplanner.slots import HASH_SLOT_COUNT


class Endpoint(NamedTuple):
    """Where to connect to."""

    host: str
    """Name, IPv4 or IPv6 address, without brackets."""
    port: int
    """1 to 65535."""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class Redirection(NamedTuple):
    """Where a node says that a command belongs."""

    is_ask: bool
    """ASK: only this command, once, after ASKING (rule F2). Else MOVED: the
    plan is out of date (rule F3)."""
    target: Endpoint


_DECIMAL = re.compile(rb"[0-9]{1,5}")


def parse_redirection(line: bytes, sender: Endpoint) -> Redirection | None:
    """Reads an error line such as `MOVED 3999 127.0.0.1:6381`.

    An empty host means that of `sender`. None when the line is another error,
    names no slot, or names no endpoint to connect to (host `?`).
    """
    words = line.split(b" ")
    if len(words) != 3 or words[0] not in (b"MOVED", b"ASK"):
        return None
    # An IPv6 address has colons of its own; the port follows the last one.
    host, colon, port = words[2].rpartition(b":")
    if (
        not colon
        or host == b"?"
        or not _DECIMAL.fullmatch(words[1])
        or not _DECIMAL.fullmatch(port)
        or int(words[1]) >= HASH_SLOT_COUNT
        or not 1 <= int(port) <= 65535
    ):
        return None
    name = host.decode("utf-8", "replace") if host else sender.host
    return Redirection(words[0] == b"ASK", Endpoint(name, int(port)))


def means_try_later(line: bytes) -> bool:
    """Whether the node has executed nothing and may do so later (rule F4)."""
    return _code(line) in (
        b"TRYAGAIN",
        b"CLUSTERDOWN",
        b"LOADING",
        b"MASTERDOWN",
    )


def tells_of_topology(line: bytes) -> bool:
    """Whether whoever makes the plans wants to hear of it."""
    return _code(line) in (b"MOVED", b"ASK", b"TRYAGAIN", b"CLUSTERDOWN")


def means_not_primary(line: bytes) -> bool:
    """Whether a write came to a replica, which names no primary."""
    return _code(line) == b"READONLY"


def is_about_the_plan(line: bytes) -> bool:
    """Whether the node has executed nothing because the command belongs
    elsewhere or comes too early."""
    return (
        means_try_later(line)
        or means_not_primary(line)
        or line.startswith((b"MOVED ", b"ASK "))
    )


def _code(line: bytes) -> bytes:
    return line.split(b" ", 1)[0]
