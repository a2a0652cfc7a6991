# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from slotplanner._core.redirection import (
    Endpoint,
    Redirection,
    is_about_the_plan,
    parse_redirection,
)

SENDER = Endpoint("10.0.0.1", 7000)


@pytest.mark.parametrize(
    ("line", "redirection"),
    [
        (
            b"MOVED 3999 127.0.0.1:6381",
            Redirection(False, Endpoint("127.0.0.1", 6381)),
        ),
        (b"ASK 0 h:1", Redirection(True, Endpoint("h", 1))),
        (b"MOVED 1 ::1:6381", Redirection(False, Endpoint("::1", 6381))),
        # An empty host is that of the sender (rule G2).
        (b"MOVED 1 :6381", Redirection(False, Endpoint("10.0.0.1", 6381))),
        (b"MOVED 1 ?:6381", None),
        (b"MOVED 16384 h:1", None),
        (b"MOVED -1 h:1", None),
        (b"MOVED 1 h:0", None),
        (b"MOVED 1 h:65536", None),
        (b"MOVED 1 h", None),
        (b"MOVED 1 h:1 x", None),
        (b"moved 1 h:1", None),
        (b"ERR 1 h:1", None),
    ],
)
def test_redirections(line: bytes, redirection: Redirection | None) -> None:
    assert parse_redirection(line, SENDER) == redirection


def test_an_ipv6_address_stands_in_brackets() -> None:
    assert str(Endpoint("::1", 7000)) == "[::1]:7000"


@pytest.mark.parametrize(
    ("line", "is_about"),
    [
        (b"TRYAGAIN Multiple keys", True),
        (b"CLUSTERDOWN Hash slot not served", True),
        (b"LOADING x", True),
        (b"MASTERDOWN x", True),
        (b"READONLY You can't write", True),
        (b"MOVED 1 ?:1", True),
        (b"MOVEDX 1", False),
        (b"WRONGTYPE x", False),
    ],
)
def test_what_is_about_the_plan(line: bytes, is_about: bool) -> None:
    assert is_about_the_plan(line) == is_about
