# SPDX-License-Identifier: Apache-2.0
"""What a cluster says of itself, what a server plans, and when.

Times are seconds since the epoch, as in the lines of the load program."""

import bisect
import contextlib
import dataclasses
import itertools
import threading
import time
from collections.abc import Callable, Mapping, Sequence

import grpc

import live_cluster
import resp
from slotplanner.v1 import slot_planner_service_pb2 as api
from slotplanner.v1 import slot_planner_service_pb2_grpc

_TIMEOUT_SECONDS = 60


@dataclasses.dataclass(frozen=True)
class Owner:
    """The primary that serves a slot."""

    node_id: str
    port: int


Owners = Mapping[int, Owner]  # By slot.


class _Watch:
    """Looks again and again on a thread of its own, and keeps what it saw."""

    def __init__(self, period_seconds: float):
        self._period_seconds = period_seconds
        self._seen = []  # (time, what) in order; guarded by _changed.
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        next_look = time.monotonic()
        while not self._stopping.is_set():
            when, what = self._look()
            with self._changed:
                self._seen.append((when, what))
                self._changed.notify_all()
            next_look = max(next_look + self._period_seconds, time.monotonic())
            self._stopping.wait(next_look - time.monotonic())

    def _look(self) -> tuple[float, object]:
        raise NotImplementedError

    def seen(self, since: float, until: float) -> list[tuple[float, object]]:
        with self._changed:
            return [s for s in self._seen if since <= s[0] <= until]

    def _wait_for_first(
        self, since: float, is_wanted: Callable[[object], bool], what: str
    ) -> float:
        """When, from `since` on, the wanted was first seen."""
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        with self._changed:
            number = bisect.bisect_left(self._seen, since, key=lambda s: s[0])
            while True:
                while number < len(self._seen):
                    when, seen = self._seen[number]
                    if is_wanted(seen):
                        return when
                    number += 1
                if not self._changed.wait(deadline - time.monotonic()):
                    raise AssertionError(
                        f'not within {_TIMEOUT_SECONDS} s: {what}; '
                        f'last seen: {self._seen[-1:]}'
                    )


class ClockWatch(_Watch):
    """Looks at the clock every 50 ms. Programs of which the machine runs none
    for a while, or whose clock is set, find that their deadlines are over and
    their peers silent, whatever the cluster does."""

    _LONGEST_STEP_SECONDS = 1

    def __init__(self):
        super().__init__(0.05)

    def _look(self) -> tuple[float, None]:
        return time.time(), None

    def leaps(self) -> list[tuple[float, float]]:
        """From when to when no look was possible, or the clock ran back."""
        times = [when for when, _ in self.seen(float('-inf'), float('inf'))]
        return [
            (min(last, when), max(last, when))
            for last, when in itertools.pairwise(times)
            if not 0 <= when - last <= self._LONGEST_STEP_SECONDS
        ]


@dataclasses.dataclass(frozen=True)
class View:
    """The cluster in the eyes of one node."""

    serves: bool  # cluster_state:ok
    shards: tuple[live_cluster.Shard, ...]

    def owner_of(self, slot: int) -> Owner | None:
        number = bisect.bisect_right(self.shards, slot, key=lambda s: s.first)
        shard = self.shards[number - 1] if number else None
        if shard is None or shard.last < slot:
            return None
        return Owner(shard.primary_id, shard.port)


class ClusterWatch(_Watch):
    """Asks every node for its view every 50 ms. A look counts from its
    beginning, so that an agreement is never dated too late."""

    def __init__(self, cluster: live_cluster.LiveCluster):
        super().__init__(0.05)
        self._cluster = cluster
        self._connections = {}  # By node and its port.

    def stop(self) -> None:
        super().stop()
        for connection in self._connections.values():
            connection.close()

    def _look(self) -> tuple[float, dict[live_cluster.Node, View]]:
        when = time.time()
        asked = []
        for node in list(self._cluster.nodes):
            with self._dropping_on_error(node):
                connection = self._connection_to(node)
                connection.send('CLUSTER', 'INFO')
                connection.send('CLUSTER', 'SLOTS')
                asked.append((node, connection))
        views = {}
        for node, connection in asked:
            with self._dropping_on_error(node):
                info, slots = connection.read(), connection.read()
                if not isinstance(slots, resp.Error):
                    views[node] = View(
                        b'cluster_state:ok' in info,
                        live_cluster.parse_cluster_slots(slots),
                    )
        return when, views

    def _connection_to(self, node: live_cluster.Node) -> resp.Connection:
        key = node, node.port
        if key not in self._connections:
            self._connections[key] = node.connect(timeout_seconds=0.5)
        return self._connections[key]

    @contextlib.contextmanager
    def _dropping_on_error(self, node: live_cluster.Node):
        """A node that does not answer has no view; later it is asked anew."""
        try:
            yield
        except (OSError, ValueError):
            connection = self._connections.pop((node, node.port), None)
            if connection is not None:
                connection.close()

    def wait_for_agreement(
        self,
        since: float,
        owners: Owners,
        nodes: Sequence[live_cluster.Node],
    ) -> float:
        """When all of `nodes` had those owners in their views."""

        def agree(views: Mapping[live_cluster.Node, View]) -> bool:
            return all(
                node in views
                and all(
                    views[node].owner_of(slot) == owner
                    for slot, owner in owners.items()
                )
                for node in nodes
            )

        return self._wait_for_first(since, agree, 'the nodes agree')

    def refusals(self, since: float) -> list[tuple[float, float]]:
        """From when to when the cluster itself refused: no majority of its
        nodes said that it serves. A look too long at either end."""
        windows = []
        is_refusing = False
        last = since
        for when, views in self.seen(since, time.time()):
            serving = sum(view.serves for view in views.values())
            refused = 2 * serving <= len(self._cluster.nodes)
            if refused and not is_refusing:
                windows.append((last, when))
            elif refused or is_refusing:
                windows[-1] = (windows[-1][0], when)
            is_refusing = refused
            last = when
        return windows


class PlanWatch(_Watch):
    """Asks a server every 20 ms for a plan that reads one key of each of
    `slots`, as a caller does who knows of nothing wrong. Sees the owners that
    the plan names, or None when there is no plan. A look counts from its end,
    when the plan is there."""

    def __init__(self, address: str, slots: Sequence[int]):
        super().__init__(0.02)
        self._channel = grpc.insecure_channel(address)
        self._planner = slot_planner_service_pb2_grpc.SlotPlannerServiceStub(
            self._channel
        )
        self._slots = slots
        self._request = api.PlanBatchRequest(
            commands=[
                api.Command(args=[b'GET', live_cluster.key_of(slot)])
                for slot in slots
            ]
        )

    def stop(self) -> None:
        super().stop()
        self._channel.close()

    def _look(self) -> tuple[float, dict[int, Owner] | None]:
        try:
            plan = self._planner.PlanBatch(self._request, timeout=5)
        except grpc.RpcError:
            return time.time(), None
        when = time.time()
        owners = {}
        for stage in plan.stages:
            for node_plan in stage.node_plans:
                owner = Owner(node_plan.node.node_id, node_plan.node.port)
                for command in node_plan.commands:
                    owners[self._slots[command.command_index]] = owner
        return when, owners

    def wait_for_plan(self, since: float, owners: Owners) -> float:
        """When a plan named all of those owners."""
        return self._wait_for_first(
            since,
            lambda plan: plan is not None and owners.items() <= plan.items(),
            'a plan on the new topology',
        )

    def steps_back(
        self, since: float, until: float, owners: Owners
    ) -> list[str]:
        """What plans did that named one of `owners` once, and then another."""
        steps = []
        is_new = set()
        for when, plan in self.seen(since, until):
            for slot, owner in owners.items() if plan else ():
                if plan.get(slot) == owner:
                    is_new.add(slot)
                elif slot in is_new:
                    is_new.remove(slot)
                    steps.append(
                        f'{when - since:.3f} s after the event: slot {slot} '
                        f'went back to {plan.get(slot)}'
                    )
        return steps
