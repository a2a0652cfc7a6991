# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from slotplanner import hash_tag, key_slot


# Rule A4.
@pytest.mark.parametrize(
    ("key", "slot"),
    [
        (b"", 0),
        (b"123456789", 12739),
        (b"foo", 12182),
        (b"user:1", 10778),
        (b"{user:1}:profile", 10778),
        (b"{}", 15257),
        (b"{}{a}", 13650),
        (b"{}foo", 9500),
        (b"foo{}", 5542),
        (b"foo{}{bar}", 8363),
        (b"foo{{bar}}zap", 4015),
        (b"foo{bar}{zap}", 5061),
        (b"a}{b}c", 3300),
        (b"a{b}c}", 3300),
        (b"{a", 10276),
        (b"}{a}", 15495),
        (b"\0", 0),
        (b"\xff\xfe", 3374),
    ],
)
def test_known_slots(key: bytes, slot: int) -> None:
    assert key_slot(key) == slot


def test_a_str_is_its_utf_8() -> None:
    assert key_slot("é") == key_slot("é".encode())
    assert hash_tag("é{b}") == (3, 1)


@pytest.mark.parametrize(
    ("key", "tag"),
    [
        (b"a{bc}d", (2, 2)),
        (b"a", None),
        (b"{}", None),
        (b"{}{a}", None),
        (b"{a", None),
        (b"}{a}", (2, 1)),
        (b"{{a}}", (1, 2)),
    ],
)
def test_hash_tags(key: bytes, tag: tuple[int, int] | None) -> None:
    assert hash_tag(key) == tag
