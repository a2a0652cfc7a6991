# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest
from plans import node_plan, plan_of, single, split

from slotplanner._core.planned_parts import PlanError, resolve_plan

COMMANDS = [[b"MGET", b"a", b"b"], [b"GET", b"c"]]


def test_a_plan_is_resolved() -> None:
    stages = resolve_plan(
        COMMANDS,
        plan_of(
            stages=[
                {
                    "nodePlans": [
                        node_plan(
                            1,
                            {"argIndexes": [0, 2], "replyPositions": [1]},
                            {"commandIndex": 1, "slot": 7},
                        ),
                        node_plan(
                            2,
                            {"partIndex": 1, "argIndexes": [-1, 1]},
                            readonly=True,
                        ),
                    ]
                }
            ],
            commandPlans=[split("GATHER", 2), single()],
            literals=["R0VU"],
        ),
    )
    first, second, third = stages[0]
    assert first.args == [b"MGET", b"b"]
    assert first.arg_indexes == [2]
    assert list(first.reply_positions) == [1]
    assert second.args == [b"GET", b"c"]
    assert second.arg_indexes == []
    assert second.slot == 7
    assert third.args == [b"GET", b"a"]
    assert third.requires_readonly
    assert third.slot is None
    assert str(third.endpoint) == "127.0.0.1:2"


def whole(*commands: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "stages": [{"nodePlans": [node_plan(1, *commands)]}],
        "commandPlans": [single(), single()],
        **fields,
    }


FIRST: dict[str, Any] = {}
SECOND = {"commandIndex": 1}
REFUSED = {"verdict": "VERDICT_REFUSED"}


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (whole(FIRST, SECOND, commandPlans=[single()]), "numbers differ"),
        (whole(FIRST, {"commandIndex": 2}), "no such command"),
        (whole(FIRST, {"commandIndex": -1}), "no such command"),
        (whole(FIRST), "parts are missing"),
        (whole(FIRST, FIRST, SECOND), "there twice"),
        (whole(FIRST, SECOND, {**SECOND, "partIndex": 1}), "has no place"),
        (whole(FIRST, {**SECOND, "partIndex": -1}), "has no place"),
        (whole(FIRST, {**SECOND, "argIndexes": [2]}), "no such argument"),
        (whole(FIRST, {**SECOND, "argIndexes": [-1]}), "no such argument"),
        (
            whole(FIRST, SECOND, commandPlans=[single(), REFUSED]),
            "no place",
        ),
        (
            whole(
                FIRST,
                SECOND,
                commandPlans=[single(), {**REFUSED, "partCount": 1}],
            ),
            "no part and no refusal, or both",
        ),
        (
            whole(FIRST, commandPlans=[single(), {"verdict": "VERDICT_SPLIT"}]),
            "no part and no refusal, or both",
        ),
        (
            {
                "stages": [{"nodePlans": [node_plan(0, FIRST, SECOND)]}],
                "commandPlans": [single(), single()],
            },
            "no endpoint",
        ),
    ],
)
def test_a_plan_of_other_commands_is_refused(
    plan: dict[str, Any], message: str
) -> None:
    with pytest.raises(PlanError, match=message) as error:
        resolve_plan(COMMANDS, plan_of(**plan))
    assert error.value.code == "INVALID_ARGUMENT"


def test_an_empty_part_is_refused() -> None:
    plan = whole(FIRST, commandPlans=[single()])
    with pytest.raises(PlanError, match="a part is empty"):
        resolve_plan([[]], plan_of(**plan))


def test_an_unknown_merge_operation_is_refused() -> None:
    plan = plan_of(**whole(FIRST, SECOND))
    plan.command_plans[1].merge.operation = 99  # type: ignore[assignment]
    with pytest.raises(PlanError, match="operation 99 is not known") as error:
        resolve_plan(COMMANDS, plan)
    assert error.value.code == "UNIMPLEMENTED"
