# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from slotplanner import (
    Cause,
    CommandRefused,
    CommandResult,
    ErrorReply,
    NodeError,
    Outcome,
    PartResult,
    PartsFailed,
    UnmergeableReplies,
)
from slotplanner.v1 import slot_planner_service_pb2 as pb


def test_a_refusal_says_why_and_what_else() -> None:
    refusal = pb.Refusal(
        reason=pb.REFUSAL_REASON_CROSS_SLOT,
        message="Two slots.",
        keys=[pb.KeyLocation(arg_index=1, slot=7)],
        remedies=[
            pb.Remedy(kind=pb.REMEDY_KIND_HASH_TAG, description="Tag them.")
        ],
    )
    with pytest.raises(CommandRefused, match=r"Two slots\.") as error:
        CommandResult(ErrorReply(b"REFUSED x"), [], refusal).get()
    assert error.value.reason == "CROSS_SLOT"
    assert error.value.remedies == [("HASH_TAG", "Tag them.")]
    assert error.value.keys == [(1, 7)]


def test_a_reason_without_a_name_is_a_number() -> None:
    refusal = pb.Refusal.FromString(b"\x08\x63")
    assert CommandRefused(refusal).reason == "99"


def test_an_error_of_the_node_is_the_nodes() -> None:
    reply = ErrorReply(b"WRONGTYPE x")
    part = PartResult(Outcome.FAILED, "h:1", reply)
    with pytest.raises(NodeError, match="WRONGTYPE x") as error:
        CommandResult(reply, [part, part]).get()
    assert error.value.code == "WRONGTYPE"


def test_parts_that_failed_are_told_apart() -> None:
    parts = [
        PartResult(Outcome.NOT_SENT, "h:1", cause=Cause("UNAVAILABLE", "x")),
        PartResult(Outcome.FAILED, "h:2", ErrorReply(b"OOM")),
    ]
    with pytest.raises(PartsFailed) as error:
        CommandResult(ErrorReply(b"PARTFAILED x"), parts).get()
    assert error.value.parts == parts
    assert not error.value.may_have_been_applied
    parts[0].outcome = Outcome.UNKNOWN
    assert error.value.may_have_been_applied


def test_replies_that_do_not_fit_were_applied() -> None:
    parts = [PartResult(Outcome.APPLIED, "h:1", 1)]
    with pytest.raises(UnmergeableReplies):
        CommandResult(ErrorReply(b"UNMERGEABLE x"), parts).get()


def test_an_error_inside_an_array_is_a_value() -> None:
    reply = [b"OK", ErrorReply(b"WRONGTYPE x")]
    part = PartResult(Outcome.APPLIED, "h:1", [*reply])
    assert CommandResult([*reply], [part]).get() == reply
