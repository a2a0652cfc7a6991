# SPDX-License-Identifier: Apache-2.0
"""A plan, checked against its commands and turned into what is to be sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from slotplanner._core.redirection import Endpoint
from slotplanner._core.reply_merge import can_merge
from slotplanner.v1 import slot_planner_service_pb2 as pb
from slotplanner.v1.topology_pb2 import Node

# The name, then the arguments.
Command = Sequence[bytes]


class PlanError(Exception):
    """A plan that cannot be run; nothing of it was sent."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class PlannedPart(NamedTuple):
    """One command to send."""

    endpoint: Endpoint
    requires_readonly: bool
    command_index: int
    part_index: int
    slot: int | None
    """The slot that its keys share; None without keys."""
    args: Command
    """Never empty."""
    sources: Sequence[int]
    """Of each of `args`, its index in the command, or a negative number for a
    literal; empty for a command that goes out unchanged."""
    reply_positions: Sequence[int]

    @property
    def arg_indexes(self) -> list[int]:
        """Indexes of the command's arguments in `args`, the name left out."""
        return [index for index in self.sources if index > 0]

    def is_named(self, *names: bytes) -> bool:
        """Whether the command is one of these, which are in upper case."""
        return self.args[0].upper() in names


def misfit(what: str, command_index: int) -> PlanError:
    """The plan is not one of its commands."""
    return PlanError(
        "INVALID_ARGUMENT",
        f"The plan is not one of these commands: {what} "
        f"(command {command_index}).",
    )


def resolve_plan(
    commands: Sequence[Command], plan: pb.PlanBatchResponse
) -> list[list[PlannedPart]]:
    """The parts of each stage, in the order in which they must be sent.

    Raises `PlanError`: INVALID_ARGUMENT when the plan is not one of these
    commands: an index that points nowhere, a part that is missing or there
    twice. UNIMPLEMENTED when it needs a merge operation that this client does
    not know, so that nothing is sent whose replies cannot be merged.
    """
    command_plans = plan.command_plans
    if len(command_plans) != len(commands):
        raise misfit("their numbers differ", len(command_plans))
    part_counts = [command_plan.part_count for command_plan in command_plans]
    stages = []
    seen = set()
    for stage in plan.stages:
        parts = []
        for node_plan in stage.node_plans:
            endpoint = _endpoint_of(node_plan.node)
            for planned in node_plan.commands:
                part = _resolve_part(
                    commands, plan, endpoint, node_plan, planned
                )
                command_index, part_index = part.command_index, part.part_index
                place = (command_index, part_index)
                if not 0 <= part_index < part_counts[command_index] or (
                    place in seen
                ):
                    raise misfit(
                        "a part is there twice or has no place", command_index
                    )
                seen.add(place)
                parts.append(part)
        stages.append(parts)

    # No part is there twice, so equal numbers mean that none is missing.
    found_counts = [0] * len(commands)
    for command_index, _ in seen:
        found_counts[command_index] += 1
    for i, command_plan in enumerate(command_plans):
        if found_counts[i] != part_counts[i]:
            raise misfit("parts are missing", i)
        is_refused = command_plan.verdict == pb.VERDICT_REFUSED
        if is_refused != (part_counts[i] == 0):
            raise misfit("a command has no part and no refusal, or both", i)
        operation = command_plan.merge.operation
        if not is_refused and not can_merge(operation):
            raise PlanError(
                "UNIMPLEMENTED",
                f"Merge operation {int(operation)} is not known to this "
                "client; nothing was sent.",
            )
    return stages


def _endpoint_of(node: Node) -> Endpoint | None:
    if not node.host or not 1 <= node.port <= 65535:
        return None
    return Endpoint(node.host, node.port)


def _resolve_part(
    commands: Sequence[Command],
    plan: pb.PlanBatchResponse,
    endpoint: Endpoint | None,
    node_plan: pb.NodePlan,
    planned: pb.PlannedCommand,
) -> PlannedPart:
    command_index = planned.command_index
    if not 0 <= command_index < len(commands):
        raise misfit("there is no such command", command_index)
    if endpoint is None:
        raise misfit("a node has no endpoint", command_index)
    args = commands[command_index]
    sources = list(planned.arg_indexes)
    if sources:
        try:
            args = _pick(args, plan, sources)
        except IndexError:
            raise misfit("there is no such argument", command_index) from None
    if not args:
        raise misfit("a part is empty", command_index)
    return PlannedPart(
        endpoint,
        node_plan.requires_readonly,
        command_index,
        planned.part_index,
        planned.slot if planned.HasField("slot") else None,
        args,
        sources,
        list(planned.reply_positions),
    )


def _pick(
    command: Command, plan: pb.PlanBatchResponse, sources: Sequence[int]
) -> Command:
    """The arguments that a plan names. Raises `IndexError`."""
    if min(sources) >= 0:
        return [command[index] for index in sources]
    return [
        command[index] if index >= 0 else plan.literals[-1 - index]
        for index in sources
    ]
