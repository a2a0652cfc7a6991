# SPDX-License-Identifier: Apache-2.0
"""Batches that are planned again; planner and nodes answer by script."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format
from plans import (
    Clock,
    Network,
    names,
    node_plan,
    plan_of,
    script,
    single,
    split,
)

from slotplanner import CommandResult, ErrorReply, Outcome
from slotplanner._core.backoff import Backoff
from slotplanner._core.batch_run import BatchOptions, BatchRunner, NothingSent
from slotplanner._core.effects import (
    Answer,
    GetKeyPositions,
    PlanBatch,
    PlannerFailure,
    ReportRedirection,
)
from slotplanner._core.plan_run import PlanRunOptions
from slotplanner.v1 import topology_service_pb2 as topology_pb

OK = b"+OK\r\n"
BUSY = PlannerFailure("UNAVAILABLE", "busy")


def positions(*commands: str) -> Answer[Any]:
    """The first argument of each is read."""
    return Answer(
        json_format.ParseDict(
            {
                "commands": [
                    {
                        "command": command,
                        "ranges": [{"first": 1, "last": 1, "step": 1}],
                    }
                    for command in commands
                ]
            },
            topology_pb.GetKeyPositionsResponse(),
        )
    )


class Batches:
    """Runs batches by one runner."""

    def __init__(self, nodes: dict[int, Any]) -> None:
        self.clock = Clock()
        self.network = Network(self.clock, nodes)
        self.network.planner = self.call
        self.runner = BatchRunner(
            PlanRunOptions(
                Backoff(give_up_after=0.25),
                clock=self.clock,
                random=lambda: 0.5,
            )
        )
        self.plans: list[Any] = []
        self.positions: list[Answer[Any]] = [
            positions("get", "set", "mget", "incr", "mset")
        ]
        self.fetches = 0
        self.requests: list[Any] = []
        self.reports: list[Any] = []

    def call(self, call: Any) -> Answer[Any]:
        if isinstance(call, GetKeyPositions):
            self.fetches += 1
            last = len(self.positions) == 1
            return self.positions[0] if last else self.positions.pop(0)
        if isinstance(call, ReportRedirection):
            self.reports.append(call.request)
            return Answer(topology_pb.ReportRedirectionResponse())
        assert isinstance(call, PlanBatch)
        self.requests.append(call.request)
        plan = self.plans.pop(0)
        if isinstance(plan, PlannerFailure):
            return Answer(failure=plan)
        return Answer(plan)

    def run(
        self, *commands: str, timeout: float = 5, **options: Any
    ) -> list[CommandResult]:
        encoded = [command.encode().split() for command in commands]
        return self.network.run(
            self.runner.run(
                encoded, BatchOptions(**options), self.clock.now + timeout
            )
        )

    def sent_to_planner(self, call: int) -> list[list[bytes]]:
        return [list(c.args) for c in self.requests[call].commands]


def whole(port: int, version: str = "v", **fields: Any) -> Any:
    return plan_of(
        stages=[{"nodePlans": [node_plan(port, {"slot": 1})]}],
        commandPlans=[single("UNSAFE")],
        topology={"version": version},
        **fields,
    )


def test_values_stay_here() -> None:
    batches = Batches({1: script(OK)})
    batches.plans = [whole(1)]
    batches.run("SET k secret EX 10")
    assert batches.sent_to_planner(0) == [[b"SET", b"k", b"", b"", b""]]
    assert names(batches.network.received) == ["1 SET k secret EX 10"]


def test_a_node_that_is_gone_is_planned_around() -> None:
    # Rule F3.
    batches = Batches({2: script(OK)})
    batches.plans = [whole(1, "old"), whole(2, "new")]
    results = batches.run(
        "SET k v", read_preference=2, client_zone="z", split_policy=3
    )
    assert results[0].get() == b"OK"
    first, second = batches.requests
    assert (first.outdated_topology_version, first.read_preference) == ("", 2)
    # Rule D2: later plans are of primaries only.
    assert second.outdated_topology_version == "old"
    assert second.read_preference == 1
    assert (second.client_zone, second.split_policy) == ("z", 3)
    assert batches.sent_to_planner(1) == [[b"SET", b"k", b""]]
    assert batches.reports == []


def test_what_was_redirected_is_reported() -> None:
    batches = Batches({1: script(b"-MOVED 1 127.0.0.1:2\r\n"), 2: script(OK)})
    batches.plans = [whole(1, "old")]
    batches.run("SET k v", cluster="c")
    (report,) = batches.reports
    assert report.error == "MOVED 1 127.0.0.1:2"
    assert report.topology_version == "old"
    assert report.cluster == "c"


def test_a_part_that_falls_into_parts_takes_its_place() -> None:
    # Rules E1, E2. The slot of b and c began to move: TRYAGAIN, then one key
    # each.
    batches = Batches(
        {
            1: script(b"*1\r\n$1\r\nA\r\n", *[b"-TRYAGAIN x\r\n"] * 40),
            2: script(b"*1\r\n$1\r\nC\r\n"),
            3: script(b"*1\r\n$1\r\nB\r\n"),
        }
    )
    batches.positions = [
        Answer(
            json_format.ParseDict(
                {
                    "commands": [
                        {
                            "command": "mget",
                            "ranges": [{"first": 1, "last": -1, "step": 1}],
                        }
                    ]
                },
                topology_pb.GetKeyPositionsResponse(),
            )
        )
    ]
    batches.plans = [
        plan_of(
            stages=[
                {
                    "nodePlans": [
                        node_plan(
                            1,
                            {
                                "slot": 5,
                                "argIndexes": [0, 2],
                                "replyPositions": [1],
                            },
                            {
                                "slot": 6,
                                "partIndex": 1,
                                "argIndexes": [0, 3, 1],
                                "replyPositions": [2, 0],
                            },
                        )
                    ]
                }
            ],
            commandPlans=[split("GATHER", 2)],
            topology={"version": "1"},
        ),
        plan_of(
            stages=[
                {
                    "nodePlans": [
                        node_plan(
                            2,
                            {
                                "slot": 6,
                                "argIndexes": [0, 1],
                                "replyPositions": [0],
                            },
                        ),
                        node_plan(
                            3,
                            {
                                "slot": 6,
                                "partIndex": 1,
                                "argIndexes": [0, 2],
                                "replyPositions": [1],
                            },
                        ),
                    ]
                }
            ],
            commandPlans=[split("GATHER", 2)],
            topology={"version": "2"},
        ),
    ]
    (result,) = batches.run("MGET b a c")
    assert batches.sent_to_planner(1) == [[b"MGET", b"c", b"b"]]
    assert result.reply == [b"B", b"A", b"C"]
    assert [part.arg_indexes for part in result.parts] == [[2], [3], [1]]
    assert [part.node[-1] for part in result.parts] == ["1", "2", "3"]


def test_a_part_that_is_refused_is_an_error_of_the_whole() -> None:
    batches = Batches({1: script(OK)})
    parts = [
        node_plan(1, {"slot": 5, "argIndexes": [0, 1, 2]}),
        node_plan(9, {"slot": 6, "partIndex": 1, "argIndexes": [0, 3, 4]}),
    ]
    batches.plans = [
        plan_of(
            stages=[{"nodePlans": parts}],
            commandPlans=[split("ALL_SUCCEEDED", 2, "SAME_STATE")],
        ),
        plan_of(
            commandPlans=[
                {
                    "verdict": "VERDICT_REFUSED",
                    "refusal": {"message": "Slot 6 has no owner."},
                }
            ]
        ),
    ]
    (result,) = batches.run("MSET a 1 b 2")
    assert str(result.reply) == (
        "PARTFAILED 1 of 2 parts were applied; not sent: part 1 on "
        "127.0.0.1:9 (arguments 3, 4): Slot 6 has no owner.; applied: part 0 "
        "on 127.0.0.1:1 (arguments 1, 2)"
    )
    assert result.refusal is None


def test_a_write_behind_which_another_ran_is_not_planned_again() -> None:
    # Rule D1.
    batches = Batches(
        {1: script(b"-READONLY x\r\n", OK)},
    )
    batches.plans = [
        plan_of(
            stages=[
                {
                    "nodePlans": [
                        node_plan(
                            1, {"slot": 1}, {"slot": 1, "commandIndex": 1}
                        )
                    ]
                }
            ],
            commandPlans=[single("UNSAFE")] * 2,
        )
    ]
    first, second = batches.run("SET a 1", "SET a 2")
    assert first.reply == ErrorReply(b"READONLY x")
    assert second.reply == b"OK"
    assert len(batches.requests) == 1


def test_the_planner_is_asked_until_the_deadline() -> None:
    batches = Batches({1: script(OK)})
    batches.plans = [BUSY, BUSY, whole(1)]
    assert batches.run("SET k v")[0].get() == b"OK"
    batches.plans = [BUSY] * 100
    with pytest.raises(NothingSent) as error:
        batches.run("SET k v", timeout=1)
    assert error.value.failure == BUSY
    assert len(batches.plans) < 97


def test_other_failures_of_the_planner_are_final() -> None:
    batches = Batches({})
    batches.plans = [PlannerFailure("NOT_FOUND", "no such cluster")]
    with pytest.raises(NothingSent, match="no such cluster"):
        batches.run("SET k v")


def test_what_is_known_stays_when_the_planner_goes() -> None:
    batches = Batches({})
    batches.plans = [whole(1), PlannerFailure("INTERNAL", "x")]
    (result,) = batches.run("SET k v")
    assert result.parts[0].outcome is Outcome.NOT_SENT


def test_an_unknown_command_has_the_list_fetched_once_a_second() -> None:
    batches = Batches({})
    refused = plan_of(
        commandPlans=[
            {"verdict": "VERDICT_REFUSED", "refusal": {"message": "no"}}
        ]
    )
    batches.plans = [refused] * 5
    batches.run("GET k")
    batches.run("NEW k v")  # Fetched just now.
    assert batches.fetches == 1
    assert batches.sent_to_planner(1) == [[b"NEW", b"", b""]]
    batches.clock.now += 1
    batches.positions = [positions("new")]
    batches.run("NEW k v")
    batches.run("OTHER k")
    assert batches.fetches == 2
    assert batches.sent_to_planner(2) == [[b"NEW", b"k", b""]]
    batches.clock.now += 1
    batches.run("NEW k v")
    assert batches.fetches == 2


def test_without_the_list_nothing_is_sent() -> None:
    batches = Batches({})
    batches.positions = [
        Answer(failure=PlannerFailure("PERMISSION_DENIED", "no")),
        positions("get"),
    ]
    with pytest.raises(NothingSent):
        batches.run("GET k")
    assert batches.requests == []
    batches.plans = [whole(1), PlannerFailure("INTERNAL", "x")]
    batches.run("GET k")
    assert batches.fetches == 2


def test_a_list_that_cannot_be_fetched_again_is_asked_for_at_once() -> None:
    batches = Batches({})
    batches.plans = [PlannerFailure("INTERNAL", "x")] * 2
    with pytest.raises(NothingSent, match="x"):
        batches.run("GET k")
    batches.clock.now += 1
    batches.positions = [
        Answer(failure=PlannerFailure("PERMISSION_DENIED", "no")),
        positions("new"),
    ]
    with pytest.raises(NothingSent, match="no"):
        batches.run("NEW k")
    with pytest.raises(NothingSent, match="x"):
        batches.run("NEW k")
    assert batches.sent_to_planner(1) == [[b"NEW", b"k"]]


def mget_plan(*parts: tuple[int, list[int], list[int]], of: int = 1) -> Any:
    """A plan of `of` MGET commands, each split into as many of the parts: the
    node, the arguments, and where their values belong."""
    each = len(parts) // of
    return plan_of(
        stages=[
            {
                "nodePlans": [
                    node_plan(
                        port,
                        {
                            "commandIndex": i // each,
                            "partIndex": i % each,
                            "slot": i,
                            "argIndexes": [0, *indexes],
                            "replyPositions": positions,
                        },
                    )
                    for i, (port, indexes, positions) in enumerate(parts)
                ]
            }
        ],
        commandPlans=[split("GATHER", each)] * of,
    )


def values(*keys: str) -> bytes:
    return b"*%d\r\n" % len(keys) + b"".join(
        b"+%s\r\n" % key.encode() for key in keys
    )


def test_parts_of_parts_of_parts() -> None:
    # Rules E1, E2: whatever falls apart how often, indexes are the caller's.
    batches = Batches({8: script(values("d")), 7: script(values("a"))})
    batches.positions = [
        Answer(
            json_format.ParseDict(
                {"commands": [{"command": "mget", "readsAll": True}]},
                topology_pb.GetKeyPositionsResponse(),
            )
        )
    ]
    batches.plans = [
        # a c | b d: both nodes are down.
        mget_plan((1, [1, 3], [0, 2]), (2, [2, 4], [1, 3])),
        # a, c | b, d: only d comes.
        mget_plan(
            (1, [1], [0]), (2, [2], [1]), (3, [1], [0]), (8, [2], [1]), of=2
        ),
        # a | c | b, each whole; one node is up.
        mget_plan((7, [1], [0]), (2, [1], [0]), (3, [1], [0]), of=3),
        PlannerFailure("INTERNAL", "x"),
    ]
    for command_plan in batches.plans[2].command_plans:
        command_plan.verdict = 1
    (result,) = batches.run("MGET a b c d")
    assert [batches.sent_to_planner(i) for i in (1, 2, 3)] == [
        [[b"MGET", b"a", b"c"], [b"MGET", b"b", b"d"]],
        [[b"MGET", b"a"], [b"MGET", b"c"], [b"MGET", b"b"]],
        [[b"MGET", b"c"], [b"MGET", b"b"]],
    ]
    assert [
        (part.arg_indexes, part.reply_positions, part.outcome.value)
        for part in result.parts
    ] == [
        ([1], [0], "applied"),
        ([3], [2], "not_sent"),
        ([2], [1], "not_sent"),
        ([4], [3], "applied"),
    ]
    assert "not sent: part 1 on 127.0.0.1:2 (arguments 3)" in str(result.reply)


def test_indexes_are_the_callers_at_any_depth() -> None:
    batches = Batches({port: script(values(str(port))) for port in (2, 4, 5)})
    batches.positions = [positions("mget")]
    batches.plans = [
        mget_plan((2, [1], [0]), (1, [2, 3, 4], [1, 2, 3])),
        # b c d, then c d.
        mget_plan((3, [2, 3], [1, 2]), (4, [1], [0])),
        mget_plan((5, [1], [0]), (6, [2], [1])),
        PlannerFailure("INTERNAL", "x"),
    ]
    # The name and the last argument of c d are the planner's own.
    batches.plans[1].literals.extend([b"mget", b"last"])
    first = batches.plans[1].stages[0].node_plans[0].commands[0]
    first.arg_indexes[:] = [-1, 2, 3, -2]
    second = batches.plans[2].stages[0].node_plans[1].commands[0]
    second.arg_indexes[:] = [0, 2, 3]
    (result,) = batches.run("MGET a b c d")
    assert names(batches.network.received) == [
        "2 MGET a",
        "4 MGET b",
        "5 mget c",
    ]
    assert [
        (part.node[-1], part.arg_indexes, part.reply_positions)
        for part in result.parts
    ] == [
        ("2", [1], [0]),
        ("5", [3], [2]),
        ("6", [4], [3]),
        ("4", [2], [1]),
    ]
