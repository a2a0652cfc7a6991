# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from plans import part_of

from slotplanner._core.deliveries import Kind, Step, group_into_deliveries
from slotplanner._core.planned_parts import PlanError


def test_a_transaction_takes_the_watches_before_it() -> None:
    grouped = group_into_deliveries(
        [
            [
                part_of(1, b"watch", b"a", slot=5),
                part_of(1, b"GET", b"a"),
                part_of(1, b"Multi"),
                part_of(1, b"SET", b"a", b"1"),
                part_of(1, b"exec"),
            ]
        ]
    )
    read, transaction = grouped.deliveries
    assert read.kind is Kind.COMMAND
    assert transaction.kind is Kind.TRANSACTION
    assert transaction.watch_count == 1
    assert transaction.slot == 5
    assert [p.args[0] for p in transaction.parts] == [
        b"watch",
        b"Multi",
        b"SET",
        b"exec",
    ]
    assert grouped.stages == [[Step(1, 0, 1), Step(0, 0, 1), Step(1, 1, 4)]]


def test_a_watch_may_stand_in_an_earlier_stage() -> None:
    grouped = group_into_deliveries(
        [
            [part_of(1, b"WATCH", b"a")],
            [part_of(1, b"MULTI"), part_of(1, b"DISCARD")],
        ]
    )
    assert grouped.stages == [[Step(0, 0, 1)], [Step(0, 1, 3)]]


def test_unwatch_and_other_nodes_leave_a_watch_alone() -> None:
    grouped = group_into_deliveries(
        [
            [
                part_of(1, b"WATCH", b"a"),
                part_of(1, b"UNWATCH"),
                part_of(2, b"WATCH", b"b"),
                part_of(1, b"MULTI"),
                part_of(1, b"EXEC"),
            ]
        ]
    )
    assert [delivery.kind for delivery in grouped.deliveries] == [
        Kind.WATCH,
        Kind.UNWATCH,
        Kind.TRANSACTION,
        Kind.WATCH,
    ]
    assert grouped.stages == [
        [Step(0, 0, 1), Step(1, 0, 1), Step(3, 0, 1), Step(2, 0, 2)]
    ]


@pytest.mark.parametrize(
    "parts",
    [
        [part_of(1, b"MULTI"), part_of(1, b"GET", b"a")],
        [part_of(1, b"MULTI"), part_of(2, b"EXEC")],
        [part_of(1, b"EXEC")],
        [part_of(1, b"DISCARD")],
    ],
)
def test_a_transaction_in_pieces_is_refused(parts: list[object]) -> None:
    with pytest.raises(PlanError, match="not in one piece"):
        group_into_deliveries([parts])  # type: ignore[list-item]
