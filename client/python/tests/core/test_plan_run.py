# SPDX-License-Identifier: Apache-2.0
"""Runs of plans whose nodes answer by script; no network."""

from __future__ import annotations

from typing import Any

import pytest
from plans import Clock, Cut, Network, names, node_plan, plan_of, script, single

from slotplanner import Cause, ErrorReply, Outcome
from slotplanner._core.backoff import Backoff
from slotplanner._core.deliveries import group_into_deliveries
from slotplanner._core.plan_run import PlanRunOptions, PlanRunResult, run_plan
from slotplanner._core.planned_parts import Command, resolve_plan
from slotplanner._core.redirection import Endpoint

LOST = Cause("UNAVAILABLE", "lost")
OK = b"+OK\r\n"
QUEUED = b"+QUEUED\r\n"


class Runs:
    """Runs plans for commands on nodes, from the same time on."""

    def __init__(self, nodes: dict[int, Any]) -> None:
        self.clock = Clock()
        self.network = Network(self.clock, nodes)

    def run(
        self,
        commands: list[Command],
        *node_plans: dict[str, Any],
        safety: str = "UNSAFE",
        give_up_after: float = 10.0,
        timeout: float = 20.0,
    ) -> PlanRunResult:
        plan = plan_of(
            stages=[{"nodePlans": list(node_plans)}],
            commandPlans=[single(safety)] * len(commands),
        )
        deliveries = group_into_deliveries(resolve_plan(commands, plan))
        options = PlanRunOptions(
            backoff=Backoff(give_up_after=give_up_after),
            clock=self.clock,
            random=lambda: 0.5,
        )
        return self.network.run(
            run_plan(plan, deliveries, options, self.clock.now + timeout)
        )

    @property
    def received(self) -> list[str]:
        return names(self.network.received)


def at(index: int, slot: int | None = 1) -> dict[str, Any]:
    planned: dict[str, Any] = {"commandIndex": index}
    return planned if slot is None else {**planned, "slot": slot}


def outcomes(result: PlanRunResult) -> list[str]:
    return [parts[0].outcome.value for parts in result.parts]


def test_ask_before_multi_and_nowhere_else() -> None:
    # Rule F2.
    runs = Runs(
        {
            1: script(OK, b"-ASK 1 127.0.0.1:2\r\n", b"-EXECABORT x\r\n"),
            2: script(OK, OK, QUEUED, b"*1\r\n:1\r\n"),
        }
    )
    result = runs.run(
        [[b"MULTI"], [b"INCR", b"a"], [b"EXEC"]],
        node_plan(1, at(0, None), at(1), at(2, None)),
    )
    assert runs.received == [
        "1 MULTI",
        "1 INCR a",
        "1 EXEC",
        "2 ASKING",
        "2 MULTI",
        "2 INCR a",
        "2 EXEC",
    ]
    assert result.parts[2][0].reply == [1]
    assert not result.plan_outdated


def test_an_error_in_exec_is_not_taken_for_a_redirection() -> None:
    moved = b"*1\r\n-MOVED 1 127.0.0.1:2\r\n"
    runs = Runs({1: script(OK, QUEUED, moved)})
    result = runs.run(
        [[b"MULTI"], [b"INCR", b"a"], [b"EXEC"]],
        node_plan(1, at(0, None), at(1), at(2, None)),
    )
    assert result.parts[2][0].reply == [ErrorReply(b"MOVED 1 127.0.0.1:2")]
    assert not result.plan_outdated


def test_multi_waits_for_its_watch() -> None:
    runs = Runs({1: script(b"-ERR no\r\n", OK)})
    result = runs.run(
        [[b"WATCH", b"a"], [b"MULTI"], [b"EXEC"], [b"SET", b"b", b"1"]],
        node_plan(1, at(0), at(1, None), at(2, None), at(3, 2)),
    )
    # In force on a connection may be some of them: it is not kept.
    assert runs.received == ["1 WATCH a", "1 SET b 1"]
    assert outcomes(result) == ["failed", "not_sent", "not_sent", "applied"]
    cause = result.parts[1][0].cause
    assert cause is not None
    assert cause.code == "FAILED_PRECONDITION"
    assert runs.network.returned == []


def test_a_lost_watch_is_sent_again_with_its_transaction() -> None:
    # Rule D3: WATCH and MULTI share a connection.
    runs = Runs({1: script(LOST, OK, OK, QUEUED, b"*1\r\n+OK\r\n")})
    result = runs.run(
        [[b"WATCH", b"a"], [b"MULTI"], [b"SET", b"a", b"1"], [b"EXEC"]],
        node_plan(1, at(0), at(1, None), at(2), at(3, None)),
    )
    assert runs.received == [
        "1 WATCH a",
        "1 WATCH a",
        "1 MULTI",
        "1 SET a 1",
        "1 EXEC",
    ]
    assert outcomes(result) == ["applied"] * 4
    used = [connection for _, connection in runs.network.connections]
    assert used[1] is used[2]
    assert runs.network.returned == [used[1]]


def test_a_transaction_is_nothing_before_exec() -> None:
    # The connection breaks at SET: EXEC may have got there, so all is unknown.
    runs = Runs({1: script(OK, LOST)})
    result = runs.run(
        [[b"MULTI"], [b"SET", b"a", b"1"], [b"EXEC"]],
        node_plan(1, at(0, None), at(1), at(2, None)),
    )
    assert outcomes(result) == ["unknown"] * 3
    assert runs.received == ["1 MULTI", "1 SET a 1"]


@pytest.mark.parametrize(
    ("safety", "expected"),
    [("SAFE", "applied"), ("SAME_STATE", "unknown"), ("UNSAFE", "unknown")],
)
def test_only_reads_go_out_again(safety: str, expected: str) -> None:
    # Rule E4.
    runs = Runs({1: script(LOST, b"$1\r\nx\r\n")})
    result = runs.run([[b"GET", b"a"]], node_plan(1, at(0)), safety=safety)
    assert outcomes(result) == [expected]


def test_a_watch_in_force_keeps_its_connection_from_others() -> None:
    runs = Runs({1: script(OK), 2: script(OK, OK)})
    runs.run(
        [[b"WATCH", b"a"], [b"WATCH", b"b"], [b"UNWATCH"]],
        node_plan(1, at(0)),
        node_plan(2, at(1, 2), at(2, None)),
    )
    second = [c for port, c in runs.network.connections if port == 2]
    assert runs.network.returned == second


def test_moved_to_the_sender_means_to_reconnect() -> None:
    # Rule F3.
    runs = Runs({1: script(b"-MOVED 1 127.0.0.1:1\r\n", b"+x\r\n")})
    result = runs.run([[b"GET", b"a"]], node_plan(1, at(0)))
    assert outcomes(result) == ["applied"]
    first, second = [c for _, c in runs.network.connections]
    assert first is not second
    assert runs.network.returned == [second]
    assert runs.network.forgotten == [Endpoint("127.0.0.1", 1)]
    assert result.plan_outdated
    assert result.redirection == b"MOVED 1 127.0.0.1:1"


def test_redirections_are_followed_so_often_and_no_more() -> None:
    runs = Runs(
        {
            1: lambda _: b"-MOVED 1 127.0.0.1:2\r\n",
            2: lambda _: b"-MOVED 1 127.0.0.1:1\r\n",
        }
    )
    result = runs.run([[b"GET", b"a"]], node_plan(1, at(0)))
    assert len(runs.received) == 6
    assert outcomes(result) == ["failed"]
    # The first two at once, the others after 5, 10 and 20 ms (jitter 0.5).
    assert runs.network.slept == pytest.approx(0.035)


def test_what_a_slot_makes_wait_keeps_its_order() -> None:
    # Rule D1.
    later = b"-TRYAGAIN x\r\n"
    runs = Runs({1: script(later, later, OK, later, later, OK, OK)})
    runs.run(
        [[b"SET", b"a", b"1"], [b"SET", b"a", b"2"], [b"SET", b"b", b"1"]],
        node_plan(1, at(0), at(1), at(2, 2)),
    )
    both = ["1 SET a 1", "1 SET a 2"]
    assert runs.received == [*both, "1 SET b 1", *both, *both]


def test_try_later_stands_when_the_backoff_gives_up() -> None:
    # Rule F4.
    runs = Runs({1: lambda _: b"-CLUSTERDOWN x\r\n"})
    result = runs.run([[b"GET", b"a"]], node_plan(1, at(0)), give_up_after=0.25)
    assert outcomes(result) == ["failed"]
    assert runs.network.slept < 0.25
    assert len(runs.received) > 3
    assert result.redirection == b"CLUSTERDOWN x"
    assert not result.plan_outdated


def test_a_node_that_cannot_be_reached_leaves_the_others_alone() -> None:
    runs = Runs({2: script(b"+x\r\n")})
    result = runs.run(
        [[b"GET", b"a"], [b"GET", b"b"]],
        node_plan(1, at(0)),
        node_plan(2, at(1, 2)),
    )
    assert outcomes(result) == ["not_sent", "applied"]
    assert result.parts[0][0].node == "127.0.0.1:1"
    assert result.parts[0][0].outcome is Outcome.NOT_SENT


def test_a_replica_that_sends_away_is_not_asked_again() -> None:
    runs = Runs({1: script(b"-MOVED 1 127.0.0.1:2\r\n"), 2: script(b"+x\r\n")})
    result = runs.run([[b"GET", b"a"]], node_plan(1, at(0), readonly=True))
    assert outcomes(result) == ["applied"]
    assert runs.received == ["1 GET a", "2 GET a"]
    assert runs.network.readonly == [True, False]


def test_nothing_goes_out_behind_the_deadline() -> None:
    runs = Runs({1: script(OK)})
    result = runs.run([[b"SET", b"a", b"1"]], node_plan(1, at(0)), timeout=0)
    assert outcomes(result) == ["not_sent"]
    cause = result.parts[0][0].cause
    assert cause is not None
    assert cause.code == "DEADLINE_EXCEEDED"
    assert runs.received == []


def test_what_is_sent_elsewhere_waits_for_what_is_before_it() -> None:
    # Rule D1.
    later, moved = b"-TRYAGAIN x\r\n", b"-MOVED 1 127.0.0.1:2\r\n"
    runs = Runs({1: script(later, moved, OK), 2: script(OK)})
    result = runs.run(
        [[b"SET", b"a", b"1"], [b"SET", b"a", b"2"]],
        node_plan(1, at(0), at(1)),
    )
    assert runs.received == [
        "1 SET a 1",
        "1 SET a 2",
        "1 SET a 1",
        "2 SET a 2",
    ]
    assert outcomes(result) == ["applied"] * 2


def test_where_multi_failed_nothing_goes_out_again() -> None:
    # The node has executed each command as it came.
    moved = b"-MOVED 1 127.0.0.1:2\r\n"
    runs = Runs({1: script(b"-ERR no\r\n", OK, moved, b"-ERR x\r\n")})
    commands: list[Command] = [[b"MULTI"], [b"SET", b"a", b"1"]]
    commands += [[b"SET", b"b", b"1"], [b"EXEC"]]
    result = runs.run(
        commands, node_plan(1, at(0, None), at(1), at(2), at(3, None))
    )
    assert len(runs.received) == 4
    assert outcomes(result) == ["failed", "applied", "failed", "failed"]


def test_a_transaction_whose_exec_has_not_left_goes_out_again() -> None:
    runs = Runs({1: script(OK, Cut(LOST), OK, QUEUED, b"*1\r\n+OK\r\n")})
    result = runs.run(
        [[b"MULTI"], [b"SET", b"a", b"1"], [b"EXEC"]],
        node_plan(1, at(0, None), at(1), at(2, None)),
    )
    assert outcomes(result) == ["applied"] * 3


def test_what_has_not_left_is_not_unknown() -> None:
    runs = Runs({1: script(Cut(LOST))})
    result = runs.run(
        [[b"INCR", b"a"], [b"INCR", b"b"]], node_plan(1, at(0), at(1, 2))
    )
    assert outcomes(result) == ["unknown", "not_sent"]
