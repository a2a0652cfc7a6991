# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import random

import pytest

from slotplanner import ErrorReply, Reply
from slotplanner._core.resp import ProtocolError, ReplyParser, pack


def test_requests_are_arrays_of_bulk_strings() -> None:
    assert (
        pack([b"SET", b"k\r\n", b""])
        == b"*3\r\n$3\r\nSET\r\n$3\r\nk\r\n\r\n$0\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("wire", "reply"),
    [
        (b"+OK\r\n", b"OK"),
        (b":-5\r\n", -5),
        (b"$-1\r\n", None),
        (b"*-1\r\n", None),
        (b"$0\r\n\r\n", b""),
        (b"*0\r\n", []),
        (b"$4\r\n\r\n\0\xff\r\n", b"\r\n\0\xff"),
        (b"-WRONGTYPE x \xff\r\n", ErrorReply(b"WRONGTYPE x \xff")),
        (b"*2\r\n*1\r\n-ERR a\r\n$-1\r\n", [[ErrorReply(b"ERR a")], None]),
    ],
)
def test_known_replies(wire: bytes, reply: Reply) -> None:
    assert ReplyParser().feed(wire) == [reply]


def write(reply: Reply) -> bytes:
    if reply is None:
        return b"$-1\r\n"
    if isinstance(reply, int):
        return b":%d\r\n" % reply
    if isinstance(reply, bytes):
        return b"$%d\r\n%s\r\n" % (len(reply), reply)
    if isinstance(reply, ErrorReply):
        return b"-%s\r\n" % reply.line
    return b"*%d\r\n" % len(reply) + b"".join(map(write, reply))


def draw(dice: random.Random, depth: int = 0) -> Reply:
    kind = dice.randrange(5 if depth < 4 else 4)
    if kind == 0:
        return None
    if kind == 1:
        return dice.randrange(-(1 << 63), 1 << 63)
    if kind == 2:
        return dice.randbytes(dice.randrange(40))
    if kind == 3:
        return ErrorReply(b"ERR %d" % dice.randrange(10))
    return [draw(dice, depth + 1) for _ in range(dice.randrange(5))]


def test_replies_come_whole_however_their_bytes_are_cut() -> None:
    seed = int(os.environ.get("SLOTPLANNER_TEST_SEED", random.getrandbits(32)))
    print(f"SLOTPLANNER_TEST_SEED={seed}")
    dice = random.Random(seed)
    for _ in range(200):
        replies = [draw(dice) for _ in range(dice.randrange(1, 6))]
        wire = b"".join(map(write, replies))
        parser = ReplyParser()
        got: list[Reply] = []
        while wire:
            size = dice.randrange(1, 20)
            assert parser.is_between_replies == (
                wire.startswith(b"".join(map(write, replies[len(got) :])))
            )
            got += parser.feed(wire[:size])
            wire = wire[size:]
        assert got == replies
        assert parser.is_between_replies


@pytest.mark.parametrize(
    "wire",
    [
        b"hello\r\n",
        b":\r\n",
        b":1.5\r\n",
        b":9223372036854775808\r\n",
        b"$-2\r\n",
        b"$99999999999\r\n",
        b"$1\r\nabc",
        b"*x\r\n",
        b"_\r\n",
        b"*1\r\n" * 200,
        b"+" + b"a" * 100_000,
    ],
)
def test_what_is_no_resp2_is_refused(wire: bytes) -> None:
    with pytest.raises(ProtocolError) as error:
        ReplyParser().feed(wire)
    assert "hello" not in str(error.value)
