# SPDX-License-Identifier: Apache-2.0
"""Plans a batch and runs the plans, again until all is done."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Sequence
from typing import Any, Callable

from slotplanner._core import backoff
from slotplanner._core.batch_progress import BatchProgress, conclude
from slotplanner._core.deliveries import group_into_deliveries
from slotplanner._core.effects import (
    Answer,
    Effect,
    GetKeyPositions,
    Moment,
    PlanBatch,
    PlannerFailure,
    ReportRedirection,
    Sleep,
    Steps,
)
from slotplanner._core.key_positions import KeyPositions
from slotplanner._core.plan_run import PlanRunOptions, run_plan
from slotplanner._core.planned_parts import Command, PlanError, resolve_plan
from slotplanner.results import CommandResult
from slotplanner.v1 import slot_planner_service_pb2 as pb
from slotplanner.v1 import topology_pb2, topology_service_pb2

# How long a batch that is done may stay to report a redirection.
REPORT_TIMEOUT = 0.1

# Between two tries to hear of commands that the list does not have.
MIN_FETCH_INTERVAL = 1.0

# What the planner takes of an error line.
_MAX_REPORT_BYTES = 512


class NothingSent(Exception):
    """The batch could not be planned, or its plan not be run."""

    def __init__(self, failure: PlannerFailure) -> None:
        super().__init__(failure.message)
        self.failure = failure


@dataclasses.dataclass(frozen=True)
class BatchOptions:
    """What a caller wants of the plan of a batch."""

    cluster: str = ""
    read_preference: int = 0
    client_zone: str = ""
    split_policy: int = 0


class KeyPositionsCache:
    """The key positions of each cluster, fetched at first use and kept.
    Thread-safe."""

    def __init__(self, clock: Callable[[], Moment]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        # Guarded by _lock.
        self._positions: dict[str, KeyPositions] = {}
        self._fetch_times: dict[str, Moment] = {}

    def get(self, cluster: str) -> KeyPositions | None:
        """What was fetched last, if anything was."""
        with self._lock:
            return self._positions.get(cluster)

    def put(self, cluster: str, positions: KeyPositions) -> None:
        """Takes what was fetched."""
        with self._lock:
            self._positions[cluster] = positions
            self._fetch_times[cluster] = self._clock()

    def note_failure(self, cluster: str) -> None:
        """Lets the next caller fetch them at once."""
        with self._lock:
            self._fetch_times.pop(cluster, None)

    def may_fetch_again(self, cluster: str) -> bool:
        """Whether the caller is to fetch them again; then others are not, for
        some time."""
        now = self._clock()
        with self._lock:
            last = self._fetch_times.get(cluster)
            if last is not None and now - last < MIN_FETCH_INTERVAL:
                return False
            self._fetch_times[cluster] = now
            return True


class BatchRunner:
    """Plans batches and runs the plans, again until all is done: so a batch
    survives failovers, slots that move and nodes that come and go, if they are
    over before its deadline.

    What a first plan did not get done is planned again, after a short backoff
    with jitter, as far as nothing is applied twice (see `what_to_plan_again`)
    and with the first plan as outdated, so that the planner looks at the
    cluster first (rule F3). A part of a split command is planned again without
    the parts that were applied. Refusals and errors of the commands themselves
    are final.

    Commands of one slot take effect in their order, as `run_plan` says of one
    plan, also over several plans: none is planned again behind which another of
    its slot has run that could tell the difference. Commands of different slots
    are in no order once some of them are planned again, even where one node has
    both.

    Thread-safe: each `run` is a generator of its own.
    """

    def __init__(
        self,
        run_options: PlanRunOptions,
        planning: backoff.Backoff = backoff.PLANNING,
    ) -> None:
        self._options = run_options
        self._planning = planning
        self._now = run_options.clock
        self._cache = KeyPositionsCache(run_options.clock)

    def run(
        self,
        commands: Sequence[Command],
        options: BatchOptions,
        deadline: Moment,
    ) -> Steps[list[CommandResult]]:
        """What is known of each command at `deadline`, in which nothing is
        dropped or made up (rules E2, E3).

        Raises `NothingSent`: with the planner's own failure, UNAVAILABLE only
        after trying until `deadline`; or when the plan does not belong to the
        commands (INVALID_ARGUMENT) or this client cannot merge the replies that
        it asks for (UNIMPLEMENTED).
        """
        progress = BatchProgress(commands)
        retry = 0
        while True:
            try:
                plan, redirection = yield from self._run_once(
                    progress, options, deadline
                )
            except NothingSent:
                if retry == 0:
                    raise
                return progress.finish()
            if progress.is_done or not (yield from self._wait(retry, deadline)):
                yield from self._report(options, plan, redirection, deadline)
                return progress.finish()
            retry += 1
            # A replica may be behind what the batch has written already (rule
            # D2), and one that failed may stay in the topology for a while.
            options = dataclasses.replace(
                options, read_preference=topology_pb2.READ_PREFERENCE_PRIMARY
            )

    def _run_once(
        self, progress: BatchProgress, options: BatchOptions, deadline: Moment
    ) -> Steps[tuple[pb.PlanBatchResponse, bytes]]:
        """Plans and runs what is to be run next. Returns the plan, and what to
        report of it."""
        masked = yield from self._mask(progress.commands, options, deadline)
        request = pb.PlanBatchRequest(
            cluster=options.cluster,
            commands=[pb.Command(args=args) for args in masked],
            read_preference=options.read_preference,  # type: ignore[arg-type]
            client_zone=options.client_zone,
            split_policy=options.split_policy,  # type: ignore[arg-type]
            outdated_topology_version=progress.outdated_version,
        )
        plan: pb.PlanBatchResponse = yield from self._call(
            PlanBatch(request, deadline), deadline
        )
        try:
            stages = resolve_plan(progress.commands, plan)
            deliveries = group_into_deliveries(stages)
        except PlanError as error:
            raise NothingSent(
                PlannerFailure(error.code, error.message)
            ) from error
        run = yield from run_plan(plan, deliveries, self._options, deadline)
        progress.take(plan, deliveries, conclude(plan, run.parts))
        return plan, run.redirection

    def _mask(
        self,
        commands: Sequence[Command],
        options: BatchOptions,
        deadline: Moment,
    ) -> Steps[list[list[bytes]]]:
        """The commands without what the planner does not read."""
        cluster = options.cluster
        call = GetKeyPositions(
            topology_service_pb2.GetKeyPositionsRequest(cluster=cluster),
            deadline,
        )
        positions = self._cache.get(cluster)
        if (
            positions is not None
            and not all(map(positions.lists, commands))
            and self._cache.may_fetch_again(cluster)
        ):
            positions = None
        if positions is None:
            try:
                positions = KeyPositions(
                    (yield from self._call(call, deadline))
                )
            except NothingSent:
                self._cache.note_failure(cluster)
                raise
            self._cache.put(cluster, positions)
        return [positions.without_values(command) for command in commands]

    def _call(self, call: Effect, deadline: Moment) -> Steps[Any]:
        """Calls the planner until it is available."""
        retry = 0
        while True:
            answer: Answer[Any] = yield call
            if answer.response is not None:
                return answer.response
            assert answer.failure is not None
            if answer.failure.code != "UNAVAILABLE" or not (
                yield from self._wait(retry, deadline)
            ):
                raise NothingSent(answer.failure)
            retry += 1

    def _report(
        self,
        options: BatchOptions,
        plan: pb.PlanBatchResponse,
        redirection: bytes,
        deadline: Moment,
    ) -> Steps[None]:
        """A plan that is made again says the same in
        `outdated_topology_version`; so this is for those that got done in spite
        of it. No error of it matters: the next plan that is outdated is
        reported, too."""
        if not redirection or len(redirection) > _MAX_REPORT_BYTES:
            return
        yield ReportRedirection(
            topology_service_pb2.ReportRedirectionRequest(
                cluster=options.cluster,
                error=redirection.decode("utf-8", "replace"),
                topology_version=plan.topology.version,
            ),
            min(deadline, self._now() + REPORT_TIMEOUT),
        )

    def _wait(self, retry: int, deadline: Moment) -> Steps[bool]:
        """Waits before the try with this number, from 0. False, at once, when
        `deadline` would be over by then."""
        delay = self._planning.delay(retry, self._options.random())
        if self._now() + delay >= deadline:
            return False
        yield Sleep(delay)
        return True
