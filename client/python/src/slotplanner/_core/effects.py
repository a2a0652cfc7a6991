# SPDX-License-Identifier: Apache-2.0
"""What the generators of this package ask whoever runs them to do.

Each effect is answered, by `send`, with what its docstring says. None of them
raises: what goes wrong is part of the answer.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Generator
from typing import Any, Generic, Protocol, TypeVar, Union

from slotplanner._core.redirection import Endpoint
from slotplanner.results import Cause, Reply
from slotplanner.v1 import slot_planner_service_pb2 as pb
from slotplanner.v1 import topology_service_pb2 as topology_pb

T = TypeVar("T")

# A moment, in seconds of time.monotonic().
Moment = float


@dataclasses.dataclass(frozen=True)
class PlannerFailure:
    """Why a call to the planner has no response."""

    code: str
    message: str
    reason: str = ""


@dataclasses.dataclass(frozen=True)
class Answer(Generic[T]):
    """What a call to the planner came to: the response or the failure."""

    response: T | None = None
    failure: PlannerFailure | None = None


@dataclasses.dataclass(frozen=True)
class PlanBatch:
    """A call. Answered with `Answer[pb.PlanBatchResponse]`."""

    request: pb.PlanBatchRequest
    deadline: Moment


@dataclasses.dataclass(frozen=True)
class GetKeyPositions:
    """A call. Answered with `Answer[topology_pb.GetKeyPositionsResponse]`."""

    request: topology_pb.GetKeyPositionsRequest
    deadline: Moment


@dataclasses.dataclass(frozen=True)
class ReportRedirection:
    """A call. Answered with `Answer[topology_pb.ReportRedirectionResponse]`."""

    request: topology_pb.ReportRedirectionRequest
    deadline: Moment


@dataclasses.dataclass(frozen=True)
class Sleep:
    """Answered with None when the time is over."""

    seconds: float


class NodeConnection(Protocol):
    """A connection to a node; what it is made of is its maker's business."""


@dataclasses.dataclass(frozen=True)
class Exchange:
    """Bytes for a node, and how many replies they will have."""

    endpoint: Endpoint
    readonly: bool
    """The connection must have sent READONLY."""
    connection: NodeConnection | None
    """None: an idle connection, or else a new one."""
    payload: bytes
    reply_count: int


@dataclasses.dataclass(frozen=True)
class Exchanged:
    """What an `Exchange` came to."""

    connection: NodeConnection | None
    """The connection, for the run that asked for it alone; None once it has
    failed."""
    replies: list[Reply]
    """Those that came, in their order."""
    failure: Cause | None = None
    """Why replies are missing."""
    was_ready: bool = True
    """False when there never was a connection: no byte has left."""
    sent_bytes: int = 0
    """With `failure`: no more than so much of the payload has left."""


@dataclasses.dataclass(frozen=True)
class Round:
    """Exchanges with several nodes at once, none of which waits for another.
    Answered with a list of `Exchanged`, parallel to `exchanges`, when all are
    over, at `deadline` at the latest."""

    exchanges: list[Exchange]
    deadline: Moment


@dataclasses.dataclass(frozen=True)
class Return:
    """Keep these connections for others. Answered with None. Connections that
    are never returned are closed when the generator ends."""

    connections: list[NodeConnection]


@dataclasses.dataclass(frozen=True)
class Forget:
    """Close the idle connections to a node, because its name may stand for
    another address by now. Answered with None."""

    endpoint: Endpoint


Effect = Union[
    PlanBatch,
    GetKeyPositions,
    ReportRedirection,
    Sleep,
    Round,
    Return,
    Forget,
]

# A generator whose answers are as the effects say.
Steps = Generator[Effect, Any, T]
