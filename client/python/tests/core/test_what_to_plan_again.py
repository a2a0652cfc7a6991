# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from plans import node_plan, plan_of, single, split

from slotplanner import Cause, CommandResult, ErrorReply, Outcome, PartResult
from slotplanner._core.deliveries import group_into_deliveries
from slotplanner._core.planned_parts import Command, resolve_plan
from slotplanner._core.what_to_plan_again import what_to_plan_again

DONE = PartResult(Outcome.APPLIED, reply=b"OK")
WRONG = PartResult(Outcome.FAILED, reply=ErrorReply(b"WRONGTYPE x"))
MOVED = PartResult(Outcome.FAILED, reply=ErrorReply(b"MOVED 1 ?:1"))
ASK = PartResult(Outcome.FAILED, reply=ErrorReply(b"ASK 1 h:1"))
LATER = PartResult(Outcome.FAILED, reply=ErrorReply(b"CLUSTERDOWN x"))
NOT_PRIMARY = PartResult(Outcome.FAILED, reply=ErrorReply(b"READONLY x"))
UNSENT = PartResult(Outcome.NOT_SENT, cause=Cause("UNAVAILABLE", ""))
TOO_LATE = PartResult(Outcome.NOT_SENT, cause=Cause("DEADLINE_EXCEEDED", ""))
NO_LOGIN = PartResult(Outcome.NOT_SENT, cause=Cause("UNAUTHENTICATED", ""))
UNKNOWN = PartResult(Outcome.UNKNOWN, cause=Cause("UNAVAILABLE", ""))
NO_RESP = PartResult(Outcome.UNKNOWN, cause=Cause("INVALID_ARGUMENT", ""))


class Run(NamedTuple):
    """A command of a plan that has run: on node 1, as a write, unless told
    otherwise."""

    command: str
    results: list[PartResult]
    slot: int | None = 1
    reads: bool = False
    verdict: str = "SINGLE_SLOT"
    nodes: list[int] = [1]  # noqa: RUF012  Of each part; never changed.


def again(*runs: Run) -> list[tuple[int, int | None]]:
    commands: list[Command] = [run.command.encode().split() for run in runs]
    of_node: dict[int, list[dict[str, Any]]] = {}
    plans = []
    for i, run in enumerate(runs):
        nodes = run.nodes * (len(run.results) if len(run.nodes) == 1 else 1)
        for part, node in enumerate(nodes):
            planned = {"commandIndex": i, "partIndex": part}
            if run.slot is not None:
                planned["slot"] = run.slot + part
            of_node.setdefault(node, []).append(planned)
        plans.append(
            {
                **(split("SUM", len(run.results))),
                "verdict": f"VERDICT_{run.verdict}",
                "retrySafety": "RETRY_SAFETY_"
                + ("SAFE" if run.reads else "UNSAFE"),
            }
        )
    plan = plan_of(
        stages=[{"nodePlans": [node_plan(n, *p) for n, p in of_node.items()]}],
        commandPlans=plans,
    )
    deliveries = group_into_deliveries(resolve_plan(commands, plan))
    results = [CommandResult(None, run.results) for run in runs]
    return [
        tuple(item)
        for item in what_to_plan_again(commands, plan, deliveries, results)
    ]


ALL = [(0, None)]


@pytest.mark.parametrize(
    ("result", "of_a_write", "of_a_read"),
    [
        (DONE, [], []),
        (WRONG, [], []),
        (MOVED, ALL, ALL),
        (ASK, ALL, ALL),
        (LATER, ALL, ALL),
        (NOT_PRIMARY, ALL, ALL),
        (UNSENT, ALL, ALL),
        (TOO_LATE, ALL, ALL),
        (NO_LOGIN, [], []),
        # Rule E4.
        (UNKNOWN, [], ALL),
        (NO_RESP, [], []),
    ],
)
def test_what_an_outcome_means(
    result: PartResult, of_a_write: list[Any], of_a_read: list[Any]
) -> None:
    assert again(Run("SET a 1", [result])) == of_a_write
    assert again(Run("GET a", [result], reads=True)) == of_a_read


def test_of_a_split_command_its_parts() -> None:
    parts = [DONE, UNSENT, UNKNOWN, MOVED]
    run = Run("MSET a 1 b 2", parts, verdict="SPLIT")
    assert again(run) == [(0, 1), (0, 3)]
    assert again(run._replace(reads=True)) == [(0, 1), (0, 2), (0, 3)]


@pytest.mark.parametrize(
    ("results", "of_a_write", "of_a_read"),
    [
        ([UNSENT, LATER], ALL, ALL),
        ([UNSENT, DONE], [], ALL),
        ([UNSENT, UNKNOWN], [], ALL),
        ([UNSENT, WRONG], [], ALL),
        ([NO_LOGIN, DONE], [], []),
    ],
)
def test_a_command_for_many_nodes_is_one(
    results: list[PartResult], of_a_write: list[Any], of_a_read: list[Any]
) -> None:
    run = Run("FLUSHALL", results, None, verdict="FAN_OUT", nodes=[1, 2])
    assert again(run) == of_a_write
    assert again(run._replace(reads=True)) == of_a_read


# Rules D1, D4.
@pytest.mark.parametrize(
    ("first", "later", "is_again"),
    [
        (Run("SET a 1", [MOVED]), Run("SET a 2", [DONE]), False),
        (Run("SET a 1", [MOVED]), Run("GET a", [DONE], reads=True), False),
        (Run("GET a", [MOVED], reads=True), Run("SET a 2", [DONE]), False),
        (
            Run("GET a", [MOVED], reads=True),
            Run("GET a", [DONE], reads=True),
            True,
        ),
        (Run("SET a 1", [MOVED]), Run("SET b 2", [DONE], slot=2), True),
        # What failed for good may have been executed in part; what was not
        # sent has not.
        (Run("SET a 1", [MOVED]), Run("SET a 2", [WRONG]), False),
        (Run("SET a 1", [MOVED]), Run("SET a 2", [UNKNOWN]), False),
        (Run("SET a 1", [MOVED]), Run("SET a 2", [NO_LOGIN]), True),
        # Without keys, but for many nodes: all slots.
        (
            Run("SET a 1", [MOVED]),
            Run("FLUSHALL", [DONE] * 2, None, verdict="FAN_OUT", nodes=[1, 2]),
            False,
        ),
        (
            Run("FLUSHALL", [MOVED] * 2, None, False, "FAN_OUT", [1, 2]),
            Run("SET a 1", [DONE]),
            False,
        ),
        # Without keys, for any node: a slot of their own.
        (Run("PUBLISH c 1", [LATER], None), Run("SET a 1", [DONE]), True),
        (
            Run("PUBLISH c 1", [LATER], None),
            Run("PUBLISH c 2", [DONE], None),
            False,
        ),
        # A WAIT that has spoken did not speak of this.
        (Run("SET a 1", [MOVED]), Run("WAIT 1 0", [DONE], None), False),
        (Run("SET a 1", [MOVED]), Run("waitaof 1 1 0", [DONE], None), False),
        (
            Run("SET a 1", [MOVED]),
            Run("WAIT 1 0", [DONE], None, nodes=[2]),
            True,
        ),
        (
            Run("GET a", [MOVED], reads=True),
            Run("WAIT 1 0", [DONE], None),
            True,
        ),
    ],
)
def test_nothing_out_of_its_order(
    first: Run, later: Run, is_again: bool
) -> None:
    assert again(first, later) == ([(0, None)] if is_again else [])


def test_what_speaks_of_its_connection_is_not_planned_again() -> None:
    for command in ("WAIT 1 0", "WAITAOF 1 1 0", "UNWATCH", "WATCH a"):
        assert again(Run(command, [UNSENT], None)) == []


def transaction(
    watch: PartResult, multi: PartResult, queued: PartResult, end: PartResult
) -> list[Run]:
    return [
        Run("WATCH a", [watch]),
        Run("MULTI", [multi], None),
        Run("INCR a", [queued]),
        Run("EXEC", [end], None),
    ]


WHOLE = [(0, None), (1, None), (2, None), (3, None)]
ABORTED = PartResult(Outcome.FAILED, reply=ErrorReply(b"EXECABORT x"))


@pytest.mark.parametrize(
    ("runs", "items"),
    [
        # Rule D3.
        (transaction(DONE, DONE, MOVED, ABORTED), WHOLE),
        (transaction(DONE, DONE, DONE, LATER), WHOLE),
        (transaction(MOVED, UNSENT, UNSENT, UNSENT), WHOLE),
        (transaction(DONE, DONE, WRONG, ABORTED), []),
        (transaction(DONE, UNKNOWN, UNKNOWN, UNKNOWN), []),
        (transaction(WRONG, NO_LOGIN, NO_LOGIN, NO_LOGIN), []),
        # Where MULTI fails, the node executes each command as it comes.
        (transaction(DONE, WRONG, DONE, LATER), []),
        # Behind it the slot was written to.
        ([*transaction(DONE, DONE, MOVED, ABORTED), Run("GET a", [DONE])], []),
    ],
)
def test_a_transaction_is_one(runs: list[Run], items: list[Any]) -> None:
    assert again(*runs) == items


def test_they_come_in_their_order() -> None:
    assert again(
        Run("SET a 1", [UNSENT]),
        Run("SET a 2", [UNSENT]),
        Run("SET b 2", [DONE], slot=7),
        Run("MGET a b", [UNSENT, UNSENT], reads=True, verdict="SPLIT"),
    ) == [(0, None), (1, None), (3, 0), (3, 1)]


def test_refused_commands_are_not_planned_again() -> None:
    commands: list[Command] = [[b"GET", b"a"], [b"NOSUCH"]]
    plan = plan_of(
        stages=[{"nodePlans": [node_plan(1, {"slot": 1})]}],
        commandPlans=[single(), {"verdict": "VERDICT_REFUSED"}],
    )
    deliveries = group_into_deliveries(resolve_plan(commands, plan))
    results = [CommandResult(None, [UNSENT]), CommandResult()]
    assert what_to_plan_again(commands, plan, deliveries, results) == ALL
