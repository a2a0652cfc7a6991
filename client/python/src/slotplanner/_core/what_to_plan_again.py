# SPDX-License-Identifier: Apache-2.0
"""Which commands, or parts of them, did not run and may be planned again."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Sequence
from typing import NamedTuple

from slotplanner._core.deliveries import Deliveries, Delivery, Kind
from slotplanner._core.planned_parts import Command, PlannedPart
from slotplanner._core.redirection import Endpoint, is_about_the_plan
from slotplanner.results import (
    Cause,
    CommandResult,
    ErrorReply,
    Outcome,
    PartResult,
)
from slotplanner.v1 import slot_planner_service_pb2 as pb

# The slot, for our purposes, of commands that any node may answer.
_NO_SLOT = -1


class PlanAgain(NamedTuple):
    """A command of a batch, or one part of one."""

    command_index: int
    part_index: int | None
    """None means the whole command."""


def what_to_plan_again(
    commands: Sequence[Command],
    plan: pb.PlanBatchResponse,
    deliveries: Deliveries,
    results: Sequence[CommandResult],
) -> list[PlanAgain]:
    """What to plan again after a plan has run, in ascending order.

    `results` is what the run of `plan` and its `deliveries` came to.

    A part may be planned again when no node can have executed it: it was not
    sent, for want of a connection, or a node said that it belongs elsewhere
    (MOVED, ASK, READONLY) or comes too early (`means_try_later`). One whose
    outcome is unknown may be only if its command just reads (rule E4): of a
    write that leaves the same state when it is sent twice, the reply may
    differ, and newer writes of others would be lost.

    - A command in one part is planned again as a whole; of a split one, each
      part for itself.
    - A command that goes to many nodes is planned again as a whole, since its
      nodes may be others by then: if it just reads, or if no node has or may
      have executed it.
    - A transaction is planned again as a whole, from its first WATCH to its
      EXEC, if EXEC is known to have had no effect (rule D3).
    - What speaks of the connection that it was sent on is never planned again:
      WAIT, WAITAOF, UNWATCH, and a WATCH that no transaction follows.
    - What would run out of its order is not planned again (rules D1, D4): a
      write behind which the batch has read or written the same slot, a read
      behind which it has written that slot. Commands without keys for which any
      node does are together like one slot; a command for many nodes has all
      slots.
    - No write is planned again behind which a WAIT has spoken for its node: it
      did not speak of this one.
    """
    if all(
        part.outcome is Outcome.APPLIED
        for result in results
        for part in result.parts
    ):
        return []
    units = _Units(commands, plan, results).make(deliveries)
    # From the end, so that what comes later is known.
    units.sort(key=lambda unit: unit.place, reverse=True)
    later = _LaterEffects()
    again: list[PlanAgain] = []
    for unit in units:
        if unit.may_run_again and not later.forbid(unit):
            again += unit.items
        elif unit.was_executed:
            later.add(unit)
    return sorted(
        again, key=lambda item: (item.command_index, item.part_index or 0)
    )


class _Fate(enum.Enum):
    """What the outcome of a part means for what comes after."""

    DONE = enum.auto()  # A node has executed it, or may have.
    LOST = enum.auto()  # No node has, and another try would end likewise.
    AGAIN = enum.auto()  # It may be tried again.


def _may_pass(cause: Cause | None) -> bool:
    return cause is not None and cause.code in (
        "UNAVAILABLE",
        "DEADLINE_EXCEEDED",
    )


def _fate_of(part: PartResult, only_reads: bool) -> _Fate:
    if part.outcome is Outcome.FAILED:
        assert isinstance(part.reply, ErrorReply)
        is_open = is_about_the_plan(part.reply.line)
        return _Fate.AGAIN if is_open else _Fate.DONE
    if part.outcome is Outcome.NOT_SENT:
        return _Fate.AGAIN if _may_pass(part.cause) else _Fate.LOST
    if part.outcome is Outcome.UNKNOWN and only_reads and _may_pass(part.cause):
        return _Fate.AGAIN
    return _Fate.DONE


@dataclasses.dataclass
class _Unit:
    """What is planned again together or not at all."""

    place: tuple[int, int]
    """Command and part. Of a transaction, the command of its EXEC; part 0 for
    what is planned again as a whole."""
    items: list[PlanAgain]
    slot: int | None
    """None means all of them."""
    node: Endpoint | None
    """That it was planned for; None means many."""
    only_reads: bool = False
    may_run_again: bool = False
    was_executed: bool = False
    """Or may have been."""
    is_wait: bool = False
    """A WAIT or WAITAOF: it speaks of writes before it that its node got."""


@dataclasses.dataclass
class _Effects:
    has_read: bool = False
    has_written: bool = False

    def add(self, unit: _Unit) -> None:
        if unit.only_reads:
            self.has_read = True
        else:
            self.has_written = True

    def conflict(self, unit: _Unit) -> bool:
        return self.has_written or (self.has_read and not unit.only_reads)


class _LaterEffects:
    """What a batch has done to the slots from some point on to its end."""

    def __init__(self) -> None:
        self._anywhere = _Effects()
        self._everywhere = _Effects()  # By what has all slots.
        self._of_slot: dict[int, _Effects] = {}
        self._nodes_waited_for: set[Endpoint | None] = set()

    def add(self, unit: _Unit) -> None:
        if unit.is_wait:
            self._nodes_waited_for.add(unit.node)
            return
        self._anywhere.add(unit)
        if unit.slot is None:
            self._everywhere.add(unit)
        else:
            self._of_slot.setdefault(unit.slot, _Effects()).add(unit)

    def forbid(self, unit: _Unit) -> bool:
        """Whether the unit, run now, would run out of its order."""
        is_waited_for = (
            bool(self._nodes_waited_for)
            if unit.node is None
            else unit.node in self._nodes_waited_for
        )
        if is_waited_for and not unit.only_reads:
            return True
        if unit.slot is None:
            return self._anywhere.conflict(unit)
        of_slot = self._of_slot.get(unit.slot)
        return self._everywhere.conflict(unit) or (
            of_slot is not None and of_slot.conflict(unit)
        )


class _Units:
    """Makes the units of a plan that has run."""

    def __init__(
        self,
        commands: Sequence[Command],
        plan: pb.PlanBatchResponse,
        results: Sequence[CommandResult],
    ) -> None:
        self._commands = commands
        self._plan = plan
        self._results = results

    def make(self, deliveries: Deliveries) -> list[_Unit]:
        units = []
        for delivery in deliveries.deliveries:
            part = delivery.parts[0]
            if delivery.kind is Kind.TRANSACTION:
                units.append(self._of_transaction(delivery))
            elif delivery.kind is not Kind.COMMAND:
                continue
            elif not self._goes_to_many_nodes(
                part.command_index
            ) or self._is_wait(part.command_index):
                units.append(self._of_part(part))
            elif part.part_index == 0:
                units.append(self._of_many_nodes(part.command_index))
        return units

    def _result_of(self, part: PlannedPart) -> PartResult:
        return self._results[part.command_index].parts[part.part_index]

    def _only_reads(self, command_index: int) -> bool:
        safety = self._plan.command_plans[command_index].retry_safety
        return safety == pb.RETRY_SAFETY_SAFE

    def _goes_to_many_nodes(self, command_index: int) -> bool:
        """Whether its parts mean nothing without each other."""
        command_plan = self._plan.command_plans[command_index]
        return (
            command_plan.part_count > 1
            and command_plan.verdict != pb.VERDICT_SPLIT
        )

    def _is_wait(self, command_index: int) -> bool:
        name = self._commands[command_index][0].upper()
        return name in (b"WAIT", b"WAITAOF")

    def _of_part(self, part: PlannedPart) -> _Unit:
        index = part.command_index
        is_split = self._plan.command_plans[index].part_count > 1
        only_reads = self._only_reads(index)
        is_wait = self._is_wait(index)
        fate = _fate_of(self._result_of(part), only_reads)
        return _Unit(
            place=(index, part.part_index),
            items=[PlanAgain(index, part.part_index if is_split else None)],
            slot=_NO_SLOT if part.slot is None else part.slot,
            node=part.endpoint,
            only_reads=only_reads,
            may_run_again=fate is _Fate.AGAIN and not is_wait,
            was_executed=fate is _Fate.DONE,
            is_wait=is_wait,
        )

    def _of_many_nodes(self, command_index: int) -> _Unit:
        only_reads = self._only_reads(command_index)
        fates = [
            _fate_of(part, only_reads)
            for part in self._results[command_index].parts
        ]
        was_executed = _Fate.DONE in fates
        return _Unit(
            place=(command_index, 0),
            items=[PlanAgain(command_index, None)],
            slot=None,
            node=None,
            only_reads=only_reads,
            may_run_again=_Fate.AGAIN in fates
            and (only_reads or not was_executed),
            was_executed=was_executed,
        )

    def _of_transaction(self, delivery: Delivery) -> _Unit:
        last = delivery.parts[-1]
        outcome = self._result_of(last).outcome
        # Where MULTI fails, the node executes each command as it comes.
        multi = self._result_of(delivery.parts[delivery.watch_count])
        was_executed = (
            outcome in (Outcome.APPLIED, Outcome.UNKNOWN)
            or multi.outcome is Outcome.FAILED
        )
        has_again = any(
            _fate_of(self._result_of(part), only_reads=False) is _Fate.AGAIN
            for part in delivery.parts
        )
        return _Unit(
            place=(last.command_index, 0),
            items=[PlanAgain(p.command_index, None) for p in delivery.parts],
            slot=_NO_SLOT if delivery.slot is None else delivery.slot,
            node=last.endpoint,
            may_run_again=has_again and not was_executed,
            was_executed=was_executed,
        )
