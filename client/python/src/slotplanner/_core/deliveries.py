# SPDX-License-Identifier: Apache-2.0
"""The parts of a plan, grouped into what cannot be sent by halves."""

from __future__ import annotations

import collections
import dataclasses
import enum
from collections.abc import Sequence
from typing import NamedTuple

from slotplanner._core.planned_parts import PlannedPart, misfit
from slotplanner._core.redirection import Endpoint


class Kind(enum.Enum):
    """What a delivery is."""

    COMMAND = enum.auto()  # One part.
    WATCH = enum.auto()  # One part, a WATCH that no transaction follows.
    UNWATCH = enum.auto()  # One part, an UNWATCH.
    # The WATCH commands, if any; then MULTI to EXEC or DISCARD.
    TRANSACTION = enum.auto()


class Delivery(NamedTuple):
    """Parts that go over one connection, and are sent again together or not at
    all: one part, or a transaction with the WATCH commands before it (rule
    D3)."""

    kind: Kind
    parts: list[PlannedPart]
    """In the order of the plan; never empty."""
    watch_count: int = 0
    """How many of them, from the first, are the WATCH commands of a
    transaction."""

    @property
    def slot(self) -> int | None:
        """The slot of its keys, if it has any."""
        for part in self.parts:
            if part.slot is not None:
                return part.slot
        return None


class Step(NamedTuple):
    """Parts [first, end) of a delivery: what the plan sends of it in one place.
    The WATCH commands of a transaction are steps of their own, because other
    commands may stand between them and MULTI."""

    delivery: int
    first: int
    end: int


@dataclasses.dataclass(frozen=True)
class Deliveries:
    """What a plan sends."""

    deliveries: list[Delivery]
    stages: list[list[Step]]
    """The steps of each stage, in the order in which they must be sent."""


# The commands that are about transactions.
_WORDS = (b"WATCH", b"UNWATCH", b"MULTI", b"EXEC", b"DISCARD")


class _Watch(NamedTuple):
    """A WATCH whose transaction has not come yet, and the place kept for its
    step."""

    part: PlannedPart
    stage: int
    step: int


def group_into_deliveries(
    stages: Sequence[Sequence[PlannedPart]],
) -> Deliveries:
    """Groups the parts of a plan, which `resolve_plan` gave.

    Raises `PlanError`, INVALID_ARGUMENT, when a transaction is not one
    contiguous piece of one pipeline, so that no connection is ever left inside
    of one.
    """
    return _Grouping().group(stages)


class _Grouping:
    """Reads the parts in their order."""

    def __init__(self) -> None:
        self._deliveries: list[Delivery] = []
        self._stages: list[list[Step]] = []
        self._watches: dict[Endpoint, list[_Watch]] = collections.defaultdict(
            list
        )

    def group(self, stages: Sequence[Sequence[PlannedPart]]) -> Deliveries:
        for parts in stages:
            self._stages.append([])
            i = 0
            while i < len(parts):
                if not parts[i].is_named(*_WORDS):
                    self._add_alone(parts[i])
                    i += 1
                    continue
                end = _end_of_step(parts, i)
                if end == i:
                    raise misfit(
                        "a transaction is not in one piece",
                        parts[i].command_index,
                    )
                self._add(parts[i:end])
                i = end
        for watches in self._watches.values():
            self._keep_alone(watches)
        return Deliveries(self._deliveries, self._stages)

    def _add_alone(self, part: PlannedPart) -> None:
        self._stages[-1].append(Step(len(self._deliveries), 0, 1))
        self._deliveries.append(Delivery(Kind.COMMAND, [part]))

    def _add(self, parts: Sequence[PlannedPart]) -> None:
        watches = self._watches[parts[0].endpoint]
        steps = self._stages[-1]
        index = len(self._deliveries)
        if parts[0].is_named(b"WATCH"):
            watches.append(_Watch(parts[0], len(self._stages) - 1, len(steps)))
            steps.append(Step(-1, 0, 0))
            return
        kind = Kind.UNWATCH
        watched: list[PlannedPart] = []
        if len(parts) == 1:
            self._keep_alone(watches)
            index = len(self._deliveries)
            watches.clear()
        else:
            kind = Kind.TRANSACTION
            for i, watch in enumerate(watches):
                watched.append(watch.part)
                self._stages[watch.stage][watch.step] = Step(index, i, i + 1)
            watches.clear()
        delivery = Delivery(kind, [*watched, *parts], len(watched))
        steps.append(Step(index, len(watched), len(delivery.parts)))
        self._deliveries.append(delivery)

    def _keep_alone(self, watches: Sequence[_Watch]) -> None:
        for watch in watches:
            step = Step(len(self._deliveries), 0, 1)
            self._stages[watch.stage][watch.step] = step
            self._deliveries.append(Delivery(Kind.WATCH, [watch.part]))


def _end_of_step(parts: Sequence[PlannedPart], begin: int) -> int:
    """Where what begins at `begin` ends: behind the part itself, or behind the
    EXEC of a MULTI. `begin` itself when there is no such EXEC."""
    if parts[begin].is_named(b"EXEC", b"DISCARD"):
        return begin
    if not parts[begin].is_named(b"MULTI"):
        return begin + 1
    for i in range(begin + 1, len(parts)):
        if parts[i].endpoint != parts[begin].endpoint:
            break
        if parts[i].is_named(b"EXEC", b"DISCARD"):
            return i + 1
    return begin
