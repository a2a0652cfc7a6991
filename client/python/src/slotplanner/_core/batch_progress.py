# SPDX-License-Identifier: Apache-2.0
"""A batch on its way: what has come of it, and what is to be planned again."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from slotplanner._core.deliveries import Deliveries
from slotplanner._core.planned_parts import Command
from slotplanner._core.reply_merge import reply_of
from slotplanner._core.what_to_plan_again import PlanAgain, what_to_plan_again
from slotplanner.results import (
    Cause,
    CommandResult,
    ErrorReply,
    Outcome,
    PartResult,
)
from slotplanner.v1 import slot_planner_service_pb2 as pb


@dataclasses.dataclass(frozen=True)
class _Origin:
    """What a command of the next plan stands for."""

    command_index: int
    """In the caller's batch."""
    part: int | None = None
    """The part of it, as a position among the parts of its result; None means
    the whole command."""
    arg_indexes: tuple[int, ...] = ()
    """Of a part: for each argument, its index in the caller's command, or a
    negative number for a literal."""


def conclude(
    plan: pb.PlanBatchResponse, parts: Sequence[list[PartResult]]
) -> list[CommandResult]:
    """What each command of a plan that has run came to."""
    results = []
    for command_plan, of_command in zip(plan.command_plans, parts):
        if command_plan.verdict == pb.VERDICT_REFUSED:
            line = f"REFUSED {command_plan.refusal.message}".encode()
            results.append(
                CommandResult(ErrorReply(line), [], command_plan.refusal)
            )
        else:
            operation = command_plan.merge.operation
            results.append(
                CommandResult(reply_of(operation, of_command), of_command)
            )
    return results


class BatchProgress:
    """A batch on its way.

    A part that is planned again is a command of its own, which may fall into
    parts once more: those of a slot that began to move carry one key each. They
    take the place of the part they were made from, with their indexes counted
    in the caller's command; so the command is merged once, from all of its
    parts, and an error names what a caller can find in the request (rules E1,
    E2). Not thread-safe.
    """

    def __init__(self, commands: Sequence[Command]) -> None:
        self.commands: list[Command] = list(commands)
        """What to plan and run next: the caller's commands; later, those and
        parts of those that have not run and may, in their order."""
        self.outdated_version = ""
        """The topology version of the plan that did not do."""
        self._origins = [_Origin(i) for i in range(len(commands))]
        self._results = [CommandResult() for _ in commands]
        # Of each of the caller's commands.
        self._operations = [0] * len(commands)
        # Those of which a part was planned again.
        self._in_pieces: set[int] = set()

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be run."""
        return not self.commands

    def take(
        self,
        plan: pb.PlanBatchResponse,
        deliveries: Deliveries,
        results: list[CommandResult],
    ) -> None:
        """Takes what a plan of `commands` came to. Then `commands` are the next
        ones."""
        again = what_to_plan_again(self.commands, plan, deliveries, results)
        origins = self._take_results(plan, results)
        planned = {
            (part.command_index, part.part_index): part
            for delivery in (deliveries.deliveries if again else ())
            for part in delivery.parts
        }
        next_commands: list[Command] = []
        next_origins: list[_Origin] = []
        for item in again:
            origin = origins[item.command_index]
            if item.part_index is None:
                next_commands.append(self.commands[item.command_index])
                next_origins.append(origin)
            else:
                part = planned[item.command_index, item.part_index]
                next_commands.append(part.args)
                sources = part.sources or range(len(part.args))
                next_origins.append(_origin_of_part(origin, item, sources))
        self.commands = next_commands
        self._origins = next_origins
        self.outdated_version = plan.topology.version

    def finish(self) -> list[CommandResult]:
        """What is known of the caller's batch. Requires: `take` was called."""
        for i in self._in_pieces:
            command = self._results[i]
            command.reply = reply_of(self._operations[i], command.parts)
        return self._results

    def _take_results(
        self, plan: pb.PlanBatchResponse, results: list[CommandResult]
    ) -> list[_Origin]:
        """Puts the results in their places. Returns the origins of `commands`
        as they are after that."""
        origins = []
        grown = 0  # How many parts its command has gained before a part.
        for i, origin in enumerate(self._origins):
            index = origin.command_index
            if i == 0 or self._origins[i - 1].command_index != index:
                grown = 0
            command_plan = plan.command_plans[i]
            if origin.part is None:
                self._operations[index] = command_plan.merge.operation
                self._results[index] = results[i]
            else:
                origin = dataclasses.replace(origin, part=origin.part + grown)
                is_split = command_plan.verdict == pb.VERDICT_SPLIT
                grown += self._replace_part(origin, is_split, results[i]) - 1
            origins.append(origin)
        return origins

    def _replace_part(
        self, origin: _Origin, is_split: bool, result: CommandResult
    ) -> int:
        """Puts what the parts of `result` came to in the place of a part.
        Returns how many there are."""
        assert origin.part is not None
        self._in_pieces.add(origin.command_index)
        parts = self._results[origin.command_index].parts
        replaced = parts[origin.part]
        if not is_split:
            parts[origin.part] = _as_one_part(replaced, result)
            return 1
        # The planner merges the parts of a part as it merges those of the
        # whole.
        for part in result.parts:
            composed = _compose(part.arg_indexes, origin.arg_indexes)
            part.arg_indexes = [index for index in composed if index >= 0]
            part.reply_positions = _compose(
                part.reply_positions, replaced.reply_positions
            )
        parts[origin.part : origin.part + 1] = result.parts
        return len(result.parts)


def _origin_of_part(
    origin: _Origin, item: PlanAgain, indexes: Sequence[int]
) -> _Origin:
    assert item.part_index is not None
    return _Origin(
        command_index=origin.command_index,
        part=(origin.part or 0) + item.part_index,
        arg_indexes=tuple(
            indexes
            if origin.part is None
            else _compose(indexes, origin.arg_indexes)
        ),
    )


def _compose(indexes: Sequence[int], outer: Sequence[int]) -> list[int]:
    """`indexes` into `outer`, as what `outer` has there. -1 where it has
    nothing, which no merge accepts."""
    return [
        outer[index] if 0 <= index < len(outer) else -1 for index in indexes
    ]


def _as_one_part(replaced: PartResult, result: CommandResult) -> PartResult:
    """What a part came to that was planned again and did not fall apart."""
    if result.refusal is not None:
        part = PartResult(
            outcome=Outcome.NOT_SENT,
            node=replaced.node,
            cause=Cause("FAILED_PRECONDITION", result.refusal.message),
        )
    else:
        part = result.parts[0]
    part.arg_indexes = replaced.arg_indexes
    part.reply_positions = replaced.reply_positions
    return part
