# SPDX-License-Identifier: Apache-2.0
"""A change of a cluster while plans are made and executed, and its figures."""

import dataclasses
import json
import os
import time
import unittest
from collections.abc import Mapping, Sequence

import live_cluster
import load
import random_seed
import server_fixture
import watches
from watches import Owner, Owners

SEED = random_seed.random_seed()

# How soon a plan follows the cluster's own agreement.
MAX_PLAN_DELAY_SECONDS = 1.0

# A failed command and the cluster's refusal are dated by different programs;
# ClusterWatch looks every 50 ms.
_SLACK_SECONDS = 0.1


@dataclasses.dataclass
class Result:
    """A row of the table. Seconds stand once for each change."""

    scenario: str
    wrong: int = 0
    commands: int = 0
    # Commands without a right reply, and those of them outside the time in
    # which the cluster itself refused.
    failed: int = 0
    unrefused: int = 0
    # Among `failed`, but not `unrefused`: a node had the command when the test
    # ended that node. Only reads are sent again then (rule E4).
    unknown: int = 0
    # Among `failed`, but not `unrefused`: the clock leapt over its deadline.
    leapt: int = 0
    refused_seconds: float = 0.0
    agreement_seconds: list[float] = dataclasses.field(default_factory=list)
    plan_seconds: list[float] = dataclasses.field(default_factory=list)


Failure = Mapping[str, object]  # A line of the load about a batch.


def _times_of(failure: Failure) -> tuple[float, float]:
    return failure['start_ms'] / 1000, failure['ms'] / 1000


def _is_within(when: float, windows: Sequence[tuple[float, float]]) -> bool:
    return any(
        begin - _SLACK_SECONDS <= when <= end + _SLACK_SECONDS
        for begin, end in windows
    )


def _overlaps(
    time_span: tuple[float, float], windows: Sequence[tuple[float, float]]
) -> bool:
    begin, end = time_span
    return any(
        begin <= window_end and window_begin <= end
        for window_begin, window_end in windows
    )


_results: list[Result] = []


def print_results() -> None:
    """The table of all scenarios; as JSON lines, too, at the end of the file
    that SLOTPLANNER_SCENARIO_RESULTS names."""
    titles = (
        *('scenario', 'wrong', 'commands', 'failed', 'unrefused', 'unknown'),
        *('leapt', 'refused s', 'event to agreement s', 'agreement to plan s'),
    )
    rows = [titles]
    for result in _results:
        rows.append(
            tuple(
                ' '.join(f'{v:.2f}' for v in value)
                if isinstance(value, list)
                else f'{value:.2f}'
                if isinstance(value, float)
                else str(value)
                for value in dataclasses.asdict(result).values()
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(titles))]
    for row in rows:
        print('  '.join(map(str.ljust, row, widths)).rstrip(), flush=True)
    path = os.environ.get('SLOTPLANNER_SCENARIO_RESULTS')
    if path:
        with open(path, 'a', encoding='utf-8') as file:
            for result in _results:
                file.write(json.dumps(dataclasses.asdict(result)) + '\n')


def slots_of(first: int, last: int) -> list[int]:
    """Sixteen slots from `first` to `last`, those two included."""
    return [first + (last - first) * i // 15 for i in range(16)]


def owned_by(node: live_cluster.Node, slots: Sequence[int]) -> Owners:
    owner = Owner(node.node_id, node.port)
    return {slot: owner for slot in slots}


@dataclasses.dataclass
class _Change:
    event: float
    end: float = float('inf')
    owners: Owners = dataclasses.field(default_factory=dict)


class Scenario:
    """From construction on, the load runs, and the cluster, the plans for
    `slots` and the load are watched.

    A test tells when it begins to change the cluster, and what it then expects;
    at the end the watches say whether all went well."""

    def __init__(
        self,
        test: unittest.TestCase,
        name: str,
        cluster: live_cluster.LiveCluster,
        slots: Sequence[int],
        server: server_fixture.Server,
        load_flags: Sequence[str] = (),
    ):
        self._test = test
        self._cluster = cluster
        self._result = Result(name)
        self._changes = []
        self._ends_of_nodes = []  # (from, to)
        self._start = time.time()
        self._cluster_watch = watches.ClusterWatch(cluster)
        self._plan_watch = watches.PlanWatch(server.address, slots)
        self.load = load.Load(server.address, SEED, *load_flags)
        test.addCleanup(self.load.stop)
        self._clock_watch = watches.ClockWatch()
        for watch in (
            self._cluster_watch,
            self._plan_watch,
            self._clock_watch,
        ):
            watch.start()
            test.addCleanup(watch.stop)
        self.load.run_on(1)

    def begin_event(self) -> None:
        """What comes next changes the cluster."""
        if self._changes:
            self._changes[-1].end = time.time()
        self._changes.append(_Change(time.time()))

    def end(self, node: live_cluster.Node, kill: bool) -> None:
        """Kills `node`, or shuts it down. What becomes of writes that it has
        and does not reply to nobody can tell."""
        begin = time.time()
        node.kill() if kill else node.shut_down()
        self._ends_of_nodes.append((begin, time.time()))

    def expect(
        self,
        owners: Owners,
        nodes: Sequence[live_cluster.Node] | None = None,
    ) -> None:
        """Waits until `nodes`, or else all that run, agree on `owners`, and for
        a plan on them."""
        change = self._changes[-1]
        change.owners = owners
        agreement = self._cluster_watch.wait_for_agreement(
            change.event, owners, nodes or self._cluster.running_nodes
        )
        plan = self._plan_watch.wait_for_plan(change.event, owners)
        self._result.agreement_seconds.append(agreement - change.event)
        self._result.plan_seconds.append(plan - agreement)

    def finish(self) -> None:
        """Lets the load run on for a while, and judges."""
        before = self.load.command_count()
        self.load.run_on()
        self._test.assertGreater(self.load.command_count(), before)
        summary = self.load.stop()
        result = self._result
        result.wrong = summary['wrong']
        result.commands = summary['commands']
        result.failed = summary['failed_commands']
        _results.append(result)
        refusals = self._cluster_watch.refusals(self._start)
        result.refused_seconds = sum(end - begin for begin, end in refusals)
        leaps = self._clock_watch.leaps()
        unrefused = []
        for failure in self.load.of_type('batch_failed'):
            for error in failure['errors']:
                if self._is_lost_with_node(failure, error):
                    result.unknown += 1
                elif _overlaps(_times_of(failure), leaps):
                    result.leapt += 1
                elif not _is_within(_times_of(failure)[1], refusals):
                    unrefused.append((error, failure))
        result.unrefused = len(unrefused)
        self._judge(unrefused, refusals)

    def _is_lost_with_node(self, failure: Failure, error: str) -> bool:
        """Whether the command was at a node when the test ended that."""
        return error.startswith('UNKNOWN:') and _overlaps(
            _times_of(failure), self._ends_of_nodes
        )

    def _judge(self, unrefused: list[tuple], refusals: list[tuple]) -> None:
        test, result = self._test, self._result
        wrong = self.load.of_type('wrong_reply')
        test.assertEqual(result.wrong, 0, f'{wrong[:3]}, seed {SEED}')
        test.assertEqual(
            result.unrefused,
            0,
            f'{unrefused[:3]}; the cluster refused {refusals}; '
            f'changes {[c.event for c in self._changes]}; seed {SEED}',
        )
        for seconds in result.plan_seconds:
            test.assertLessEqual(seconds, MAX_PLAN_DELAY_SECONDS)
        for change in self._changes:  # Rule G3: never back.
            test.assertEqual(
                self._plan_watch.steps_back(
                    change.event, change.end, change.owners
                ),
                [],
            )

