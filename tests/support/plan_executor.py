# SPDX-License-Identifier: Apache-2.0
"""Runs a plan: all that a client in any language has to write itself."""

from collections.abc import Callable, Sequence

import resp
from slotplanner.v1 import slot_planner_service_pb2 as api
from slotplanner.v1 import topology_pb2

Command = Sequence[bytes]


def execute(
    plan: api.PlanBatchResponse,
    commands: Sequence[Command],
    connection_to: Callable[[topology_pb2.Node], resp.Connection],
) -> list[resp.Reply]:
    """The reply of each command, as a single server would have given it; the
    `Refusal` of each that is not in the plan."""
    parts = [[None] * p.part_count for p in plan.command_plans]
    positions = {}
    for stage in plan.stages:
        for node_plan in stage.node_plans:  # Write to all before reading any.
            for planned in node_plan.commands:
                connection_to(node_plan.node).send(
                    *arguments(plan, planned, commands[planned.command_index])
                )
        for node_plan in stage.node_plans:
            for planned in node_plan.commands:
                place = planned.command_index, planned.part_index
                reply = connection_to(node_plan.node).read()
                parts[place[0]][place[1]] = reply
                positions[place] = planned.reply_positions
    return [
        merge(
            command_plan,
            parts[i],
            [positions[i, j] for j in range(len(parts[i]))],
        )
        for i, command_plan in enumerate(plan.command_plans)
    ]


def arguments(
    plan: api.PlanBatchResponse, planned: api.PlannedCommand, command: Command
) -> Command:
    if not planned.arg_indexes:
        return command
    return [
        command[i] if i >= 0 else plan.literals[-1 - i]
        for i in planned.arg_indexes
    ]


def merge(
    command_plan: api.CommandPlan,
    parts: Sequence[resp.Reply],
    positions: Sequence[Sequence[int]],
) -> resp.Reply:
    if command_plan.verdict == api.VERDICT_REFUSED:
        return command_plan.refusal
    for part in parts:  # Rule E2: an error is never dropped.
        if isinstance(part, resp.Error):
            return part
    operation = command_plan.merge.operation
    if operation in (
        api.MERGE_OPERATION_SINGLE,
        api.MERGE_OPERATION_ALL_SUCCEEDED,
    ):
        return parts[0]
    if operation == api.MERGE_OPERATION_SUM:
        return sum(parts)
    if operation == api.MERGE_OPERATION_GATHER:
        merged = [None] * sum(map(len, positions))
        for part, places in zip(parts, positions, strict=True):
            for element, place in zip(part, places, strict=True):
                merged[place] = element
        return merged
    name = api.MergeOperation.Name(operation)
    raise NotImplementedError(f'no plan of these tests needs {name}')
