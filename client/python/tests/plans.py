# SPDX-License-Identifier: Apache-2.0
"""Plans written by hand, and what runs generators without a network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from google.protobuf import json_format

from slotplanner._core import effects
from slotplanner._core.effects import Exchange, Exchanged, Round, Sleep, Steps
from slotplanner._core.planned_parts import PlannedPart
from slotplanner._core.redirection import Endpoint
from slotplanner._core.resp import ReplyParser, pack
from slotplanner.results import Cause
from slotplanner.v1 import slot_planner_service_pb2 as pb

T = TypeVar("T")


def plan_of(**fields: Any) -> pb.PlanBatchResponse:
    """From the JSON form."""
    return json_format.ParseDict(fields, pb.PlanBatchResponse())


def node_plan(
    port: int, *commands: dict[str, Any], readonly: bool = False
) -> dict[str, Any]:
    """What node 127.0.0.1:`port` is to be sent."""
    return {
        "node": {"host": "127.0.0.1", "port": port},
        "commands": list(commands),
        "requiresReadonly": readonly,
    }


def single(safety: str = "SAFE") -> dict[str, Any]:
    """The plan of a command that goes to one node."""
    return {
        "verdict": "VERDICT_SINGLE_SLOT",
        "partCount": 1,
        "merge": {"operation": "MERGE_OPERATION_SINGLE"},
        "retrySafety": f"RETRY_SAFETY_{safety}",
    }


def split(operation: str, count: int, safety: str = "SAFE") -> dict[str, Any]:
    """The plan of a command that falls into parts."""
    return {
        "verdict": "VERDICT_SPLIT",
        "partCount": count,
        "merge": {"operation": f"MERGE_OPERATION_{operation}"},
        "retrySafety": f"RETRY_SAFETY_{safety}",
    }


def part_of(port: int, *args: bytes, **fields: Any) -> PlannedPart:
    """A part as `resolve_plan` gives it."""
    values: dict[str, Any] = {
        "endpoint": Endpoint("127.0.0.1", port),
        "requires_readonly": False,
        "command_index": 0,
        "part_index": 0,
        "slot": None,
        "args": list(args),
        "sources": [],
        "reply_positions": [],
    }
    return PlannedPart(**{**values, **fields})


class Connection:
    """What stands for a connection."""


class Clock:
    """Time that passes only when it is slept."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def requests_in(payload: bytes) -> list[list[bytes]]:
    """The requests of an exchange."""
    replies: Any = ReplyParser().feed(payload)
    return list(replies)


class Cut(NamedTuple):
    """The connection breaks, and what is behind this request has not left."""

    cause: Cause


# What a node does with its requests: bytes to reply with; or a failure, after
# which nothing else comes, or a `Cut`.
Node = Callable[[list[bytes]], Any]


class Network:
    """Nodes that answer at once, and what they have received."""

    def __init__(self, clock: Clock, nodes: dict[int, Node]) -> None:
        self._clock = clock
        self._nodes = nodes
        self.received: list[tuple[int, list[bytes]]] = []
        self.connections: list[tuple[int, Connection]] = []
        self.readonly: list[bool] = []
        self.returned: list[Any] = []
        self.forgotten: list[Endpoint] = []
        self.planner: Callable[[Any], effects.Answer[Any]] | None = None
        self.slept = 0.0

    def run(self, steps: Steps[T]) -> T:
        """Answers all effects until the generator ends."""
        answer: Any = None
        while True:
            try:
                effect = steps.send(answer)
            except StopIteration as stop:
                result: T = stop.value
                return result
            answer = None
            if isinstance(effect, Round):
                answer = [self._exchange(each) for each in effect.exchanges]
            elif isinstance(effect, Sleep):
                self.slept += effect.seconds
                self._clock.now += effect.seconds
            elif isinstance(effect, effects.Return):
                self.returned += effect.connections
            elif isinstance(effect, effects.Forget):
                self.forgotten.append(effect.endpoint)
            else:
                assert self.planner is not None
                answer = self.planner(effect)

    def _exchange(self, exchange: Exchange) -> Exchanged:
        port = exchange.endpoint.port
        node = self._nodes.get(port)
        if node is None:
            return Exchanged(
                None,
                [],
                Cause("UNAVAILABLE", "refused"),
                was_ready=False,
            )
        connection = exchange.connection or Connection()
        self.connections.append((port, connection))
        self.readonly.append(exchange.readonly)
        replies: Any = []
        parser = ReplyParser()
        sent_bytes = 0
        for request in requests_in(exchange.payload):
            sent_bytes += len(pack(request))
            self.received.append((port, request))
            reply = node(request)
            if isinstance(reply, Cut):
                return Exchanged(
                    None, replies, reply.cause, sent_bytes=sent_bytes
                )
            if isinstance(reply, Cause):
                return Exchanged(
                    None, replies, reply, sent_bytes=len(exchange.payload)
                )
            replies += parser.feed(reply)
        assert len(replies) == exchange.reply_count
        return Exchanged(connection, replies)


def script(*replies: Any) -> Node:
    """A node that answers one after the other, whatever it is sent."""
    left: list[Any] = list(replies)
    return lambda request: left.pop(0)


def names(received: Sequence[tuple[int, list[bytes]]]) -> list[str]:
    """As in `7001 GET a`."""
    return [
        f"{port} {b' '.join(request).decode()}" for port, request in received
    ]
