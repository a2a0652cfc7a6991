# SPDX-License-Identifier: Apache-2.0
"""What commands come to."""

from __future__ import annotations

import dataclasses
import enum
from typing import Union

from slotplanner.v1 import slot_planner_service_pb2 as pb


@dataclasses.dataclass(frozen=True)
class ErrorReply:
    """An error line as a node sent it, without its leading dash.

    A value, not an exception: inside the array of an EXEC it is one reply among
    others. Immutable.
    """

    line: bytes

    @property
    def code(self) -> str:
        """The first word, such as `WRONGTYPE`."""
        return self.line.split(b" ", 1)[0].decode("utf-8", "replace")

    def __str__(self) -> str:
        return self.line.decode("utf-8", "replace")


# A status such as OK is bytes, like a bulk string. The elements of a list are
# replies again.
Reply = Union[None, int, bytes, ErrorReply, "list[Reply]"]


class Outcome(enum.Enum):
    """What became of a part of a command."""

    NOT_SENT = "not_sent"
    """No node can have executed it."""
    APPLIED = "applied"
    """A node replied, and not with an error."""
    FAILED = "failed"
    """A node replied with an error."""
    UNKNOWN = "unknown"
    """Sent, but no reply came: it may have been executed."""


@dataclasses.dataclass(frozen=True)
class Cause:
    """Why there is no reply. Holds no keys and no values. Immutable."""

    code: str
    """Name of a gRPC status code, such as `UNAVAILABLE`."""
    message: str


@dataclasses.dataclass
class PartResult:
    """What is known about one part of a command after it ran."""

    outcome: Outcome = Outcome.NOT_SENT
    node: str = ""
    """`host:port` of the last node that the part was meant for."""
    reply: Reply = None
    """The node's reply, with `APPLIED` and `FAILED`."""
    cause: Cause | None = None
    """Why there is no reply, with `NOT_SENT` and `UNKNOWN`."""
    arg_indexes: list[int] = dataclasses.field(default_factory=list)
    """Which arguments of the command the part has, the name being 0 and left
    out. Empty for a command that went out unchanged."""
    reply_positions: list[int] = dataclasses.field(default_factory=list)
    """Where its elements are in the merged reply (`MGET`)."""


@dataclasses.dataclass
class CommandResult:
    """What one command of a batch came to."""

    reply: Reply = None
    """The reply that a single server would have given, or an `ErrorReply`: the
    server's own; `PARTFAILED` with what became of the parts; `UNMERGEABLE`; or
    `REFUSED` for what was not sent."""
    parts: list[PartResult] = dataclasses.field(default_factory=list)
    """Every part, by part index. Empty for a refused command."""
    refusal: pb.Refusal | None = None
    """Why nothing was sent, for a command that the plan refuses."""

    def get(self) -> Reply:
        """The reply.

        Raises `CommandRefused`, `PartsFailed`, `NodeError` or
        `UnmergeableReplies` when `reply` is an error.
        """
        from slotplanner.errors import error_of

        error = error_of(self)
        if error is not None:
            raise error
        return self.reply
