# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format

from slotplanner._core.key_positions import KeyPositions
from slotplanner.v1 import topology_service_pb2 as pb


def one(first: int, last: int, step: int = 1) -> dict[str, Any]:
    return {"ranges": [{"first": first, "last": last, "step": step}]}


POSITIONS = KeyPositions(
    json_format.ParseDict(
        {
            "commands": [
                {"command": "config", "isContainer": True},
                {"command": "config|set"},
                {
                    "command": "eval",
                    "ranges": [{"first": 3, "step": 1, "countIndex": 2}],
                },
                {"command": "flushall"},
                {"command": "get", **one(1, 1)},
                {"command": "mget", **one(1, -1)},
                {
                    "command": "migrate",
                    "readsAll": True,
                    "hidden": [
                        {"word": "AUTH", "count": 1, "first": 6},
                        {"word": "AUTH2", "count": 2, "first": 6},
                        {"word": "KEYS", "first": 6},
                    ],
                },
                {"command": "mset", **one(1, -1, 2)},
                {
                    "command": "msetex",
                    "ranges": [
                        {
                            "first": 2,
                            "step": 2,
                            "countIndex": 1,
                            "readsBehind": True,
                        }
                    ],
                },
                {"command": "object", "isContainer": True},
                {"command": "object|encoding", **one(2, 2)},
                {"command": "rename", **one(1, -2)},
                {"command": "sort", "readsAll": True},
            ]
        },
        pb.GetKeyPositionsResponse(),
    )
)


# In each, what is not read is in lower case.
@pytest.mark.parametrize(
    "command",
    [
        "FLUSHALL",
        "FLUSHALL async",
        "GET K",
        "GET K more",
        "MGET A B C",
        "MSET A 1 B 2",
        "MSET A 1 B",
        "RENAME A b",
        "EVAL return 2 A B x y",
        "EVAL return 0 x",
        # Counts that are none, or more than there are.
        "EVAL return 03 a b c",
        "EVAL return +1 a",
        "EVAL return -1 a",
        "EVAL return 3 a b",
        "EVAL return 9999999999 a",
        "EVAL return",
        "MSETEX 2 A 1 B 2 EX 10",
        "MSETEX 0 NX",
        "MSETEX 2 a 1 b",
        "SORT K BY W_* GET # STORE D",
        "MIGRATE H 6379 K 0 1000 COPY AUTH secret REPLACE",
        "MIGRATE H 6379 K 0 1000 AUTH2 user secret KEYS AUTH2 B C",
        "MIGRATE H P AUTH DB T COPY",
        "MIGRATE H P K DB T AUTH auth AUTH2 a b COPY",
        "MIGRATE H 6379 K 0 1000 AUTH",
        "OBJECT ENCODING K",
        "OBJECT",
        "OBJECT NOSUCH k",
        "CONFIG SET requirepass secret",
        "NOSUCH k v",
        "NOSUCH|ENCODING k v",
        "OBJECT|ENCODING k v",
    ],
)
def test_what_travels(command: str) -> None:
    args = command.split()
    is_read = [not arg[0].islower() for arg in args]
    # Digits and signs are read where a count, a key or an option stands.
    masked = POSITIONS.without_values([arg.encode() for arg in args])
    assert len(masked) == len(args)
    for arg, sent, read in zip(args, masked, is_read):
        if arg[0].isalpha():
            assert sent == (arg.encode() if read else b""), arg
        assert sent in (arg.encode(), b"")


def test_values_of_digits_stay_here() -> None:
    assert POSITIONS.without_values([b"mset", b"a", b"1", b"b", b"2"]) == [
        b"mset",
        b"a",
        b"",
        b"b",
        b"",
    ]
    assert POSITIONS.without_values(
        [b"MsetEx", b"1", b"a", b"7", b"EX", b"10"]
    ) == [b"MsetEx", b"1", b"a", b"", b"EX", b"10"]
    assert POSITIONS.without_values([]) == []


def test_what_is_listed() -> None:
    assert POSITIONS.lists([])
    assert POSITIONS.lists([b"get", b"k"])
    assert POSITIONS.lists([b"OBJECT"])
    assert POSITIONS.lists([b"OBJECT", b"encoding", b"k"])
    assert not POSITIONS.lists([b"OBJECT", b"NOSUCH"])
    assert not POSITIONS.lists([b"object|encoding"])
    assert not POSITIONS.lists([b"NOSUCH"])
    assert not POSITIONS.lists([b"\xff"])
