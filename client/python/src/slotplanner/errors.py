# SPDX-License-Identifier: Apache-2.0
"""What this package raises."""

from __future__ import annotations

from collections.abc import Sequence

from slotplanner.results import (
    CommandResult,
    ErrorReply,
    Outcome,
    PartResult,
)
from slotplanner.v1 import slot_planner_service_pb2 as pb


class SlotPlannerError(Exception):
    """What all errors of this package are."""


class PlannerError(SlotPlannerError):
    """The planner answered a call with an error, and nothing was sent."""

    def __init__(self, code: str, message: str, reason: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        """Name of the gRPC status code, such as `NOT_FOUND`."""
        self.message = message
        self.reason = reason
        """An `ErrorReason` without its prefix, or empty."""


class PlannerUnavailable(PlannerError):
    """The planner could not be reached, or made no plan in time."""


class CommandRefused(SlotPlannerError):
    """The planner has no plan for this command: nothing of it was sent."""

    def __init__(self, refusal: pb.Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal

    @property
    def reason(self) -> str:
        """As in `CROSS_SLOT`: a `RefusalReason` without its prefix."""
        return _name(
            pb.RefusalReason.DESCRIPTOR,
            self.refusal.reason,
            "REFUSAL_REASON_",
        )

    @property
    def message(self) -> str:
        """The cause and the way out, in a sentence or two."""
        return self.refusal.message

    @property
    def remedies(self) -> list[tuple[str, str]]:
        """Ways out, the best first: the kind, as in `HASH_TAG`, and what to
        do."""
        return [
            (
                _name(pb.RemedyKind.DESCRIPTOR, remedy.kind, "REMEDY_KIND_"),
                remedy.description,
            )
            for remedy in self.refusal.remedies
        ]

    @property
    def keys(self) -> list[tuple[int, int]]:
        """The keys in the way: index of the argument, and its slot."""
        return [(key.arg_index, key.slot) for key in self.refusal.keys]


class NodeError(SlotPlannerError):
    """A node answered with an error, as a single server would have."""

    def __init__(self, reply: ErrorReply) -> None:
        super().__init__(str(reply))
        self.reply = reply

    @property
    def code(self) -> str:
        """The first word, such as `WRONGTYPE`."""
        return self.reply.code


class PartsFailed(SlotPlannerError):
    """Not all parts of a command were applied, and they do not agree why."""

    def __init__(self, reply: ErrorReply, parts: Sequence[PartResult]) -> None:
        super().__init__(str(reply))
        self.parts = list(parts)
        """What became of each part, by part index."""

    @property
    def may_have_been_applied(self) -> bool:
        """Whether a node has executed some of it, or may have."""
        return any(
            part.outcome in (Outcome.APPLIED, Outcome.UNKNOWN)
            for part in self.parts
        )


class UnmergeableReplies(SlotPlannerError):
    """The replies of the parts do not make one reply; all were applied."""

    def __init__(self, reply: ErrorReply, parts: Sequence[PartResult]) -> None:
        super().__init__(str(reply))
        self.parts = list(parts)


def error_of(result: CommandResult) -> SlotPlannerError | None:
    """The error that `result` is, if it is one."""
    if result.refusal is not None:
        return CommandRefused(result.refusal)
    reply = result.reply
    if not isinstance(reply, ErrorReply):
        return None
    parts = result.parts
    if parts[0].outcome is Outcome.FAILED and parts[0].reply == reply:
        return NodeError(reply)
    if all(part.outcome is Outcome.APPLIED for part in parts):
        return UnmergeableReplies(reply, parts)
    return PartsFailed(reply, parts)


def _name(descriptor: object, number: int, prefix: str) -> str:
    # An enum that a newer server sends may have no name here.
    value = descriptor.values_by_number.get(number)  # type: ignore[attr-defined]
    return str(number) if value is None else value.name[len(prefix) :]
