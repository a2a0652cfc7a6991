# SPDX-License-Identifier: Apache-2.0
"""Takes the deliveries of a plan to their nodes, and again where a node or a
lost connection calls for it."""

from __future__ import annotations

import collections
import dataclasses
import random
import time
from collections.abc import Iterable, Sequence
from typing import Callable, NamedTuple

from slotplanner._core import backoff, resp
from slotplanner._core.deliveries import Deliveries, Delivery, Kind, Step
from slotplanner._core.effects import (
    Exchange,
    Exchanged,
    Forget,
    Moment,
    NodeConnection,
    Return,
    Round,
    Sleep,
    Steps,
)
from slotplanner._core.planned_parts import PlannedPart
from slotplanner._core.redirection import (
    Endpoint,
    means_not_primary,
    means_try_later,
    parse_redirection,
    tells_of_topology,
)
from slotplanner.results import Cause, ErrorReply, Outcome, PartResult, Reply
from slotplanner.v1 import slot_planner_service_pb2 as pb

# How often a delivery is redirected or loses its connection at most, and how
# many of these times it goes out again at once. One redirection is common, a
# second one happens when a slot moves twice or a failover follows a migration.
# Nodes that still disagree need a moment to hear of each other; after some more
# tries they send the delivery in circles.
MAX_DETOURS = 5
MAX_DETOURS_AT_ONCE = 2

_ASKING = resp.pack([b"ASKING"])


@dataclasses.dataclass
class PlanRunResult:
    """What the parts of a plan came to."""

    parts: list[list[PartResult]]
    """By command index and part index."""
    plan_outdated: bool = False
    """Whether a node said that the plan no longer fits the cluster."""
    redirection: bytes = b""
    """What to report: the first MOVED, or the first other redirection that
    stood to the end. Empty when there was none."""


@dataclasses.dataclass(frozen=True)
class PlanRunOptions:
    """How `run_plan` follows what nodes answer."""

    backoff: backoff.Backoff = backoff.EXECUTING
    map_address: Callable[[Endpoint], Endpoint] = lambda endpoint: endpoint
    """Where to find the nodes that MOVED and ASK name."""
    clock: Callable[[], Moment] = time.monotonic
    random: Callable[[], float] = random.random
    """In [0, 1)."""


def run_plan(
    plan: pb.PlanBatchResponse,
    deliveries: Deliveries,
    options: PlanRunOptions,
    deadline: Moment,
) -> Steps[PlanRunResult]:
    """Runs stage after stage, until each part has an outcome or `deadline` has
    passed.

    A stage runs in rounds: all that can go out goes out, to all nodes at once
    and to each in one pipeline, in the order of the plan; when all replies are
    there, what is to go out again does, in the next round.

    What a node answers is followed as the cluster specification says, each time
    for the command that met it:
    - MOVED and ASK to the node that they name, a bounded number of times (rules
      F2, F3). A read that a replica sends away goes to the primary.
    - TRYAGAIN, CLUSTERDOWN, LOADING and MASTERDOWN by asking again, with
      backoff (rule F4).
    - A connection that breaks leaves the outcome of what it carried unknown;
      only commands that the plan calls safe to retry are sent again (rule E4).

    A transaction goes over one connection in one piece, and goes out again as a
    whole, from its first WATCH or MULTI. It starts only when its WATCH commands
    have succeeded. If the connection breaks before EXEC was sent, nothing was
    executed; after that, the outcome of the whole transaction is unknown. A
    connection on which a WATCH is still in force is not used again.

    Commands of one slot that are sent again keep their order among themselves
    (rule D1). What cannot be kept is their order towards later commands of the
    slot that were in the same pipeline and have been executed meanwhile. Nor
    does a WAIT follow a write that was redirected: it speaks for the node that
    the plan names.
    """
    run = _PlanRun(plan, deliveries, options, deadline)
    for steps in deliveries.stages:
        yield from run.run_stage(steps)
    yield Return(run.reusable_connections())
    return run.result


class _Detour(NamedTuple):
    """Where and when a delivery is to be sent again."""

    endpoint: Endpoint
    readonly: bool
    asking: bool
    due: Moment


@dataclasses.dataclass(eq=False)
class _Trip:
    """A delivery on its way."""

    delivery: Delivery
    endpoint: Endpoint
    readonly: bool
    asking: bool = False
    """Each of its steps needs an ASKING before it."""
    detours: int = 0
    delays: int = 0
    """How often it was told to try later."""
    pipeline: _Pipeline | None = None
    """Where it waits or is in flight; None while it does neither."""

    # Of a transaction: its WATCH commands in flight, what became of them, and
    # the replies since MULTI.
    open_watches: int = 0
    detour: _Detour | None = None
    replies: list[Reply] = dataclasses.field(default_factory=list)

    @property
    def is_transaction(self) -> bool:
        return self.delivery.kind is Kind.TRANSACTION

    def is_in_body(self, part: int) -> bool:
        """Whether a part is one of MULTI to EXEC."""
        return self.is_transaction and part >= self.delivery.watch_count


class _Sending(NamedTuple):
    """Parts [first, end) of a delivery, to be sent."""

    trip: _Trip
    first: int
    end: int


class _Request(NamedTuple):
    """A part in flight."""

    trip: _Trip | None
    """None for an ASKING: the reply to what is behind it tells."""
    part: int
    end: int
    """Where it ends in the payload of the round."""


@dataclasses.dataclass(eq=False)
class _Pipeline:
    """A connection and what goes over it. It is kept for the whole run, because
    WATCH and WAIT speak of what was sent on the same connection before."""

    endpoint: Endpoint
    readonly: bool
    connection: NodeConnection | None = None
    queue: collections.deque[_Sending] = dataclasses.field(
        default_factory=collections.deque
    )
    requests: collections.deque[_Request] = dataclasses.field(
        default_factory=collections.deque
    )
    payload: list[bytes] = dataclasses.field(default_factory=list)
    payload_bytes: int = 0
    watcher: _Trip | None = None
    """Whose WATCH is in force."""
    retry_time: Moment = float("-inf")
    is_retired: bool = False
    """Another one takes what comes from now on."""

    def add(self, request: bytes, trip: _Trip | None, part: int) -> None:
        self.payload.append(request)
        self.payload_bytes += len(request)
        self.requests.append(_Request(trip, part, self.payload_bytes))

    def take_exchange(self) -> Exchange:
        """What `add` was called with since the last time."""
        payload = b"".join(self.payload)
        self.payload.clear()
        self.payload_bytes = 0
        return Exchange(
            self.endpoint,
            self.readonly,
            self.connection,
            payload,
            len(self.requests),
        )


class _Pending(NamedTuple):
    """A delivery that is to be sent again."""

    trip: _Trip
    due: Moment


class _PlanRun:
    """One run of a plan.

    Each answer is noted when it comes, also if the delivery goes out again: so
    whatever ends the run, the last that is known is the result.
    """

    def __init__(
        self,
        plan: pb.PlanBatchResponse,
        deliveries: Deliveries,
        options: PlanRunOptions,
        deadline: Moment,
    ) -> None:
        self._plan = plan
        self._options = options
        self._now = options.clock
        self._deadline = deadline
        self._give_up_time = min(
            deadline, self._now() + options.backoff.give_up_after
        )
        self.result = PlanRunResult(
            [
                [PartResult() for _ in range(command_plan.part_count)]
                for command_plan in plan.command_plans
            ]
        )
        for delivery in deliveries.deliveries:
            for part in delivery.parts:
                result = self._result_of(part)
                result.arg_indexes = part.arg_indexes
                result.reply_positions = list(part.reply_positions)
        # Parallel to the deliveries.
        self._trips = [
            _Trip(
                delivery,
                delivery.parts[0].endpoint,
                delivery.parts[0].requires_readonly,
            )
            for delivery in deliveries.deliveries
        ]
        self._pipelines: list[_Pipeline] = []
        # Those that are not retired, by endpoint and mode.
        self._pipeline_to: dict[tuple[Endpoint, bool], _Pipeline] = {}
        # In the order in which they came to wait.
        self._pending: list[_Pending] = []
        # By slot: what was sent again and is not settled, in plan order.
        self._sent_again: dict[int, list[_Trip]] = {}
        self._to_forget: list[Endpoint] = []

    def run_stage(self, steps: Iterable[Step]) -> Steps[None]:
        for step in steps:
            self._enqueue(self._trips[step.delivery], step.first, step.end)
        while True:
            self._send_pending()
            busy = []
            for pipeline in list(self._pipelines):
                self._send_queued(pipeline)
                if pipeline.requests:
                    busy.append(pipeline)
            if busy:
                exchanges = [pipeline.take_exchange() for pipeline in busy]
                answers = yield Round(exchanges, self._deadline)
                self._take_answers(busy, answers)
                for endpoint in self._to_forget:
                    yield Forget(endpoint)
                self._to_forget.clear()
            elif self._pending:
                seconds = self._wake_time() - self._now()
                if seconds > 0:
                    yield Sleep(seconds)
            else:
                return

    def reusable_connections(self) -> list[NodeConnection]:
        return [
            pipeline.connection
            for pipeline in self._pipelines
            # One in which a WATCH is in force would make others' EXEC fail.
            if pipeline.connection is not None
            and not pipeline.is_retired
            and pipeline.watcher is None
        ]

    # Sending.

    def _enqueue(self, trip: _Trip, first: int, end: int) -> None:
        pipeline = self._pipeline(trip.endpoint, trip.readonly)
        trip.pipeline = pipeline
        pipeline.queue.append(_Sending(trip, first, end))

    def _pipeline(self, endpoint: Endpoint, readonly: bool) -> _Pipeline:
        pipeline = self._pipeline_to.get((endpoint, readonly))
        if pipeline is None:
            pipeline = _Pipeline(endpoint, readonly)
            self._pipelines.append(pipeline)
            self._pipeline_to[endpoint, readonly] = pipeline
        return pipeline

    def _send_queued(self, pipeline: _Pipeline) -> None:
        while pipeline.queue:
            sending = pipeline.queue[0]
            if sending.trip.is_in_body(sending.first):
                if sending.trip.open_watches > 0:
                    return
                if not self._may_start(pipeline, sending.trip):
                    pipeline.queue.popleft()
                    continue
            if self._now() >= self._deadline:
                self._drop_queue(
                    pipeline,
                    Cause("DEADLINE_EXCEEDED", "The deadline has passed."),
                )
                return
            pipeline.queue.popleft()
            self._send(pipeline, sending)

    def _may_start(self, pipeline: _Pipeline, trip: _Trip) -> bool:
        """Whether the WATCH commands of a transaction, all answered, are in
        force on this connection. If not, sees to the transaction."""
        watch_count = trip.delivery.watch_count
        if watch_count == 0:
            return True
        is_watching = pipeline.watcher is trip
        if trip.detour is None and not is_watching:
            trip.detour = self._same_place(trip)
        if trip.detour is not None:
            self._send_again(trip, trip.detour)
            return False
        if is_watching and all(
            self._result_of(part).outcome is Outcome.APPLIED
            for part in trip.delivery.parts[:watch_count]
        ):
            return True
        self._note_silence(
            trip,
            range(watch_count, len(trip.delivery.parts)),
            Outcome.NOT_SENT,
            Cause("FAILED_PRECONDITION", "The WATCH before it failed."),
        )
        self._settle(trip)
        return False

    def _drop_queue(self, pipeline: _Pipeline, cause: Cause) -> None:
        for trip, first, end in pipeline.queue:
            self._note_silence(trip, range(first, end), Outcome.NOT_SENT, cause)
            self._settle(trip)
        pipeline.queue.clear()

    def _send(self, pipeline: _Pipeline, sending: _Sending) -> None:
        trip, first, end = sending
        if trip.asking:
            pipeline.add(_ASKING, None, 0)
        for i in range(first, end):
            pipeline.add(resp.pack(trip.delivery.parts[i].args), trip, i)
        kind = trip.delivery.kind
        if kind is Kind.WATCH:
            pipeline.watcher = trip
        elif kind is Kind.UNWATCH:
            pipeline.watcher = None
        elif kind is Kind.TRANSACTION:
            if trip.is_in_body(first):
                pipeline.watcher = None
                trip.replies = []
            else:
                pipeline.watcher = trip
                trip.open_watches += 1

    # Sending again.

    def _send_again(self, trip: _Trip, detour: _Detour) -> None:
        self._pending.append(_Pending(trip, detour.due))
        if trip.delivery.slot is not None:
            lane = self._sent_again.setdefault(trip.delivery.slot, [])
            if trip not in lane:
                lane.append(trip)
        trip.endpoint = detour.endpoint
        trip.readonly = detour.readonly
        trip.asking = detour.asking
        trip.pipeline = None
        trip.detour = None

    def _send_pending(self) -> None:
        now = self._now()
        waiting = []
        for pending in self._pending:
            trip = pending.trip
            if pending.due > now or not self._is_next_of_its_slot(trip):
                waiting.append(pending)
                continue
            watch_count = trip.delivery.watch_count
            for i in range(watch_count):
                self._enqueue(trip, i, i + 1)
            self._enqueue(trip, watch_count, len(trip.delivery.parts))
        self._pending = waiting

    def _is_next_of_its_slot(self, trip: _Trip) -> bool:
        """Whether all that must be executed before is settled, or goes out on
        the connection that this will take (rule D1)."""
        if trip.delivery.slot is None:
            return True
        pipeline = self._pipeline(trip.endpoint, trip.readonly)
        for earlier in self._sent_again[trip.delivery.slot]:
            if earlier is trip:
                break
            if earlier.pipeline is not pipeline:
                return False
        return True

    def _wake_time(self) -> Moment:
        """When the next of those that wait may go out."""
        return min(
            [self._deadline]
            + [
                pending.due
                for pending in self._pending
                if self._is_next_of_its_slot(pending.trip)
            ]
        )

    def _settle(self, trip: _Trip) -> None:
        """What `trip` came to is final."""
        trip.pipeline = None
        lane = self._sent_again.get(_slot_or_none(trip), [])
        if trip in lane:
            lane.remove(trip)

    def _same_place(self, trip: _Trip) -> _Detour | None:
        """The way back to where it was sent before, if it may be sent again."""
        now = self._now()
        if trip.detours >= MAX_DETOURS or now >= self._deadline:
            return None
        trip.detours += 1
        return _Detour(trip.endpoint, trip.readonly, trip.asking, now)

    def _detour_after(
        self, pipeline: _Pipeline, trip: _Trip, line: bytes
    ) -> _Detour | None:
        """What an error that `trip` met calls for; None if it stands."""
        endpoint, readonly, asking = trip.endpoint, trip.readonly, trip.asking
        due = self._now()
        redirection = parse_redirection(line, trip.endpoint)
        if means_try_later(line):
            due = self._retry_time(pipeline, trip.delays)
            trip.delays += 1
        elif redirection is not None:
            endpoint = self._options.map_address(redirection.target)
            # Both kinds name the primary that owns the slot, or will own it.
            readonly = False
            asking = redirection.is_ask
            if not asking:
                self._note_moved(pipeline, endpoint, line)
            if trip.detours >= MAX_DETOURS:
                return None
            trip.detours += 1
            if trip.detours > MAX_DETOURS_AT_ONCE:
                due = self._retry_time(
                    pipeline, trip.detours - MAX_DETOURS_AT_ONCE - 1
                )
        else:
            if means_not_primary(line):
                self.result.plan_outdated = True
            return None
        if due >= self._give_up_time:
            # A command that stays behind a WAIT is not planned again: then only
            # a report makes the planner look at the cluster.
            self._note_redirection(line)
            return None
        return _Detour(endpoint, readonly, asking, due)

    def _note_moved(
        self, pipeline: _Pipeline, target: Endpoint, line: bytes
    ) -> None:
        self.result.plan_outdated = True
        self._note_redirection(line)
        if target == pipeline.endpoint:
            # The name leads to another node by now: reconnect (rule F3).
            self._retire(pipeline)
            self._to_forget.append(target)

    def _note_redirection(self, line: bytes) -> None:
        if not self.result.redirection and tells_of_topology(line):
            self.result.redirection = line

    def _retry_time(self, pipeline: _Pipeline, retry: int) -> Moment:
        """When to ask a node again. All that it turns away in the meantime
        waits for the same moment, so that it is asked once and in order."""
        now = self._now()
        if pipeline.retry_time <= now:
            pipeline.retry_time = now + self._options.backoff.delay(
                retry, self._options.random()
            )
        return pipeline.retry_time

    # Replies.

    def _take_answers(
        self, pipelines: Sequence[_Pipeline], answers: Sequence[Exchanged]
    ) -> None:
        is_over = self._now() >= self._deadline and any(
            answer.failure is not None for answer in answers
        )
        if is_over:
            self._pending.clear()
            self._sent_again.clear()
        for pipeline, answer in zip(pipelines, answers):
            pipeline.connection = answer.connection
            for reply in answer.replies:
                self._take_reply(pipeline, pipeline.requests.popleft(), reply)
            if answer.failure is None:
                continue
            if answer.was_ready:
                self._abandon(pipeline, answer.failure, answer.sent_bytes)
            else:
                self._drop_unready(pipeline, answer.failure)

    def _take_reply(
        self, pipeline: _Pipeline, request: _Request, reply: Reply
    ) -> None:
        trip = request.trip
        if trip is None:
            return
        if trip.is_in_body(request.part):
            trip.replies.append(reply)
            if request.part + 1 == len(trip.delivery.parts):
                self._take_transaction(pipeline, trip)
            return
        detour = None
        if isinstance(reply, ErrorReply) and trip.detour is None:
            detour = self._detour_after(pipeline, trip, reply.line)
        self._note_reply(trip, request.part, reply)
        if trip.is_transaction:
            # A WATCH. Whether the transaction starts is decided at MULTI.
            trip.open_watches -= 1
            if detour is not None:
                trip.detour = detour
        elif detour is not None:
            self._send_again(trip, detour)
        else:
            self._settle(trip)

    def _take_transaction(self, pipeline: _Pipeline, trip: _Trip) -> None:
        """A redirection in a transaction comes when a command is queued, or at
        EXEC; either way nothing was executed, and the whole is sent again."""
        replies, trip.replies = trip.replies, []
        may_have_effects = isinstance(replies[0], ErrorReply) or isinstance(
            replies[-1], list
        )
        detour = None
        for reply in replies:
            if may_have_effects or detour is not None:
                break
            if isinstance(reply, ErrorReply):
                detour = self._detour_after(pipeline, trip, reply.line)
        for i, reply in enumerate(replies, trip.delivery.watch_count):
            self._note_reply(trip, i, reply)
        if detour is not None:
            self._send_again(trip, detour)
        else:
            self._settle(trip)

    # Connections that end.

    def _abandon(
        self, pipeline: _Pipeline, cause: Cause, sent_bytes: int
    ) -> None:
        """Notes what a lost connection leaves unanswered."""
        self._retire(pipeline)
        requests = list(pipeline.requests)
        pipeline.requests.clear()
        for trip, part, end in requests:
            if trip is None:
                continue
            in_body = trip.is_in_body(part)
            # Before its EXEC is sent, a transaction is nothing.
            if in_body and part + 1 < len(trip.delivery.parts):
                continue
            # A node executes no request that it has only the beginning of.
            was_sent = end <= sent_bytes
            self._note_silence(
                trip,
                range(trip.delivery.watch_count if in_body else part, part + 1),
                Outcome.UNKNOWN if was_sent else Outcome.NOT_SENT,
                cause,
            )
            if trip.is_transaction and not in_body:
                trip.open_watches -= 1  # What was watched is noticed at MULTI.
                continue
            is_safe = not was_sent if in_body else self._is_safe(trip, part)
            detour = self._same_place(trip) if is_safe else None
            if detour is not None:
                self._send_again(trip, detour)
            else:
                self._settle(trip)

    def _drop_unready(self, pipeline: _Pipeline, cause: Cause) -> None:
        """Gives up on a connection that never was ready: nothing has left over
        it, and another one would fare no better for now."""
        requests = list(pipeline.requests)
        pipeline.requests.clear()
        for trip, part, _ in requests:
            if trip is None:
                continue
            self._note_silence(
                trip, range(part, part + 1), Outcome.NOT_SENT, cause
            )
            if trip.is_transaction and not trip.is_in_body(part):
                trip.open_watches -= 1
            self._settle(trip)
        self._drop_queue(pipeline, cause)
        pipeline.watcher = None

    def _retire(self, pipeline: _Pipeline) -> None:
        """Lets another connection take what comes from now on."""
        if pipeline.is_retired:
            return
        pipeline.is_retired = True
        del self._pipeline_to[pipeline.endpoint, pipeline.readonly]
        queue = list(pipeline.queue)
        pipeline.queue.clear()
        for trip, first, end in queue:
            self._enqueue(trip, first, end)

    # Results.

    def _result_of(self, part: PlannedPart) -> PartResult:
        return self.result.parts[part.command_index][part.part_index]

    def _is_safe(self, trip: _Trip, part: int) -> bool:
        """Rule E4."""
        command_index = trip.delivery.parts[part].command_index
        safety = self._plan.command_plans[command_index].retry_safety
        return safety == pb.RETRY_SAFETY_SAFE

    def _note_reply(self, trip: _Trip, part: int, reply: Reply) -> None:
        result = self._result_of(trip.delivery.parts[part])
        is_error = isinstance(reply, ErrorReply)
        result.outcome = Outcome.FAILED if is_error else Outcome.APPLIED
        result.node = str(trip.endpoint)
        result.reply = reply
        result.cause = None

    def _note_silence(
        self, trip: _Trip, parts: range, outcome: Outcome, cause: Cause
    ) -> None:
        """Notes why there is no reply."""
        for i in parts:
            result = self._result_of(trip.delivery.parts[i])
            result.outcome = outcome
            result.node = str(trip.endpoint)
            result.reply = None
            result.cause = cause


def _slot_or_none(trip: _Trip) -> int:
    # No slot is negative, so that this finds no lane.
    slot = trip.delivery.slot
    return -1 if slot is None else slot
