# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from slotplanner import Cause, ErrorReply, Outcome, PartResult, Reply
from slotplanner._core.reply_merge import can_merge, reply_of
from slotplanner.v1 import slot_planner_service_pb2 as pb

BIG = (1 << 63) - 1


def applied(reply: Reply, *positions: int) -> PartResult:
    return PartResult(
        Outcome.APPLIED, "h:1", reply, None, [1, 2], list(positions)
    )


def failed(line: bytes, node: str = "h:1") -> PartResult:
    return PartResult(Outcome.FAILED, node, ErrorReply(line), None, [1])


def merged(operation: str, *parts: PartResult) -> Reply:
    number = pb.MergeOperation.Value(f"MERGE_OPERATION_{operation}")
    return reply_of(number, parts)


@pytest.mark.parametrize(
    ("operation", "replies", "reply"),
    [
        ("SINGLE", [b"x"], b"x"),
        ("SUM", [1, 2, -4], -1),
        ("SUM", [[1, 2], [3, 4]], [4, 6]),
        ("MIN", [3, 1, 2], 1),
        ("MIN", [[3, 1], [2, 2]], [2, 1]),
        ("MAX", [3, 1], 3),
        ("LOGICAL_AND", [[1, 1, 0], [1, 0, 0]], [1, 0, 0]),
        ("LOGICAL_OR", [[1, 1, 0], [1, 0, 0]], [1, 1, 0]),
        ("ALL_SUCCEEDED", [b"OK", b"OK"], b"OK"),
        ("ONE_SUCCEEDED", [b"OK", b"NO"], b"OK"),
        ("CONCATENATE", [[b"a"], [], [b"b", None]], [b"a", b"b", None]),
        ("BY_NODE", [b"x", 1], [[b"h:1", b"x"], [b"h:1", 1]]),
        ("FIRST_NOT_NIL", [None, b"x", b"y"], b"x"),
        ("FIRST_NOT_NIL", [None, None], None),
    ],
)
def test_operations(operation: str, replies: list[Reply], reply: Reply) -> None:
    assert merged(operation, *map(applied, replies)) == reply


def test_gather_is_by_index() -> None:
    # Rules E1, C5.
    assert merged(
        "GATHER", applied([b"b", b"b2"], 0, 2), applied([None], 1)
    ) == [b"b", None, b"b2"]


@pytest.mark.parametrize(
    ("operation", "parts", "text"),
    [
        ("SINGLE", [applied(1), applied(2)], "One part was expected"),
        (
            "GATHER",
            [applied([b"a"], 0), applied([b"b", b"c"], 1)],
            "The reply of part 1 on h:1 (arguments 1, 2) is not an array of "
            "length 1.",
        ),
        ("GATHER", [applied(b"a", 0)], "not an array of length 1"),
        ("GATHER", [applied([b"a"], 0), applied([b"b"], 0)], "do not fit"),
        ("GATHER", [applied([b"a"], 1)], "do not fit"),
        ("GATHER", [applied([b"a"], -1)], "do not fit"),
        ("SUM", [applied(1), applied([1])], "of the shape of the others"),
        ("SUM", [applied([1]), applied([1, 2])], "of the shape"),
        ("SUM", [applied(b"1")], "of the shape"),
        ("SUM", [applied(BIG), applied(1)], "or too large"),
        ("CONCATENATE", [applied([]), applied(None)], "part 1"),
        ("UNSPECIFIED", [applied(1)], "operation 0 is not known"),
        ("SUM", [], "There is no part"),
    ],
)
def test_replies_that_do_not_fit(
    operation: str, parts: list[PartResult], text: str
) -> None:
    reply = merged(operation, *parts)
    assert isinstance(reply, ErrorReply)
    assert reply.code == "UNMERGEABLE"
    assert text in str(reply)


def test_no_error_is_dropped() -> None:
    # Rule E2.
    parts = [
        applied(1),
        failed(b"OOM \xff", "h:2"),
        PartResult(Outcome.UNKNOWN, "h:3", None, Cause("UNAVAILABLE", "lost.")),
        PartResult(Outcome.NOT_SENT, "h:4", None, Cause("X", "refused."), [9]),
    ]
    for operation in ("SUM", "GATHER", "FIRST_NOT_NIL", "BY_NODE"):
        assert merged(operation, *parts) == ErrorReply(
            b"PARTFAILED 1 of 4 parts were applied; failed: part 1 on h:2 "
            b"(arguments 1): OOM \xff; unknown: part 2 on h:3: lost.; not "
            b"sent: part 3 on h:4 (arguments 9): refused.; applied: part 0 on "
            b"h:1 (arguments 1, 2)"
        )


def test_one_error_of_all_parts_is_the_servers_own() -> None:
    assert merged("SUM", failed(b"OOM"), failed(b"OOM")) == ErrorReply(b"OOM")
    reply = merged("SUM", failed(b"OOM"), failed(b"ERR"))
    assert isinstance(reply, ErrorReply)
    assert reply.code == "PARTFAILED"


def test_one_success_is_enough_where_one_is_asked_for() -> None:
    assert merged("ONE_SUCCEEDED", failed(b"NOTBUSY"), applied(b"OK")) == b"OK"
    reply = merged("ONE_SUCCEEDED", failed(b"NOTBUSY"), failed(b"ERR"))
    assert isinstance(reply, ErrorReply)
    assert reply.code == "PARTFAILED"


def test_a_large_split_is_counted() -> None:
    parts = [failed(b"E%d" % i) for i in range(20)]
    parts[0].arg_indexes = list(range(1, 21))
    text = str(merged("SUM", *parts))
    assert "(arguments 1, 2, 3, 4, 5, 6, 7, 8 and 12 more): E0" in text
    assert text.endswith("E7 and 12 more")


def test_every_operation_of_the_api_is_known() -> None:
    for number in pb.MergeOperation.values():
        assert can_merge(number) == (number != 0)
    assert not can_merge(99)
