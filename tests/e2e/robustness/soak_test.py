# SPDX-License-Identifier: Apache-2.0
"""A part of the load that a server can bear, on a real cluster whose primaries
change, for as long as one likes: no call fails, and nothing grows.

SLOTPLANNER_SOAK_SECONDS=600 is the long form, at half of that load, for a
machine that does nothing else.
"""

import dataclasses
import os
import threading
import time
import unittest

import grpc

import process_figures
import server_fixture
from call_load import SMALL_MIX, CallLoad, assert_none_failed
from live_cluster import LiveCluster
from slotplanner.v1 import topology_service_pb2 as api

SECONDS = int(os.environ.get('SLOTPLANNER_SOAK_SECONDS') or 20)
# Others who use the machine may take as much of it again.
SHARE_OF_PEAK = 0.5 if 'SLOTPLANNER_SOAK_SECONDS' in os.environ else 0.2
FAILOVER_SECONDS = min(20, SECONDS / 4)

# What may have grown until here: buffers, pools, malloc's arenas.
SETTLING_SECONDS = min(120, SECONDS / 2)
WINDOW_SECONDS = min(60, SECONDS / 4)

# Between settling and the end. What calls need comes and goes with the moment;
# malloc keeps it for up to a minute (server/heap.h). So each figure is the least
# that was seen within a minute, or within what a short form has.
MAX_HEAP_GROWTH_MIB = 2
MAX_RESIDENT_GROWTH_MIB = 8


@dataclasses.dataclass(frozen=True)
class Figures:
    heap_mib: float
    resident_mib: float
    descriptors: int
    threads: int

    @staticmethod
    def of(server: server_fixture.Server) -> 'Figures':
        pid = server.pid
        return Figures(
            server.metric('slotplanner_heap_used_bytes') / (1 << 20),
            process_figures.resident_mib(pid),
            process_figures.descriptor_count(pid),
            process_figures.thread_count(pid),
        )

    @staticmethod
    def least_of(several: list['Figures']) -> 'Figures':
        return Figures(*map(min, zip(*map(dataclasses.astuple, several))))


class TopologyCount:
    """Counts the topologies of one WatchTopology call."""

    def __init__(self, server: server_fixture.Server):
        self.count = 0
        self._call = server.topology.WatchTopology(api.WatchTopologyRequest())
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            for _ in self._call:
                self.count += 1
        except grpc.RpcError:
            pass  # Cancelled.

    def stop(self) -> int:
        self._call.cancel()
        self._thread.join()
        return self.count


class SoakTest(unittest.TestCase):
    def setUp(self):
        self.cluster = LiveCluster()
        self.addCleanup(self.cluster.stop)
        self.server = server_fixture.Server(f'redis://{self.cluster.seeds}')
        self.addCleanup(self.server.stop)
        self.server.wait_for_topology()

    def load(self, *flags: str) -> CallLoad:
        load = CallLoad(
            self.server.address,
            f'--calls={SMALL_MIX}',
            '--connections=4',
            *flags,
        )
        self.addCleanup(load.stop)
        return load

    def peak(self) -> float:
        summary = self.load('--in_flight=16', '--duration=3s').wait()
        return summary['ok'] / summary['seconds']

    def fail_over(self, number: int) -> None:
        """Makes the replica of one of the shards its primary."""
        replicas = [
            node
            for node in self.cluster.running_nodes
            if node.must('ROLE')[0] == b'slave'
        ]
        replicas[number % len(replicas)].must('CLUSTER', 'FAILOVER')

    def test_nothing_fails_and_nothing_grows(self):
        rate = self.peak() * SHARE_OF_PEAK
        topologies = TopologyCount(self.server)
        self.addCleanup(topologies.stop)
        # Longer than the test: it is stopped.
        load = self.load(f'--rate={rate:.0f}', '--duration=24h')
        begin = time.monotonic()
        settled = []
        late = []
        failovers = 0
        while (passed := time.monotonic() - begin) < SECONDS:
            load.run_on(1)
            figures = Figures.of(self.server)
            if -WINDOW_SECONDS <= passed - SETTLING_SECONDS <= 0:
                settled.append(figures)
            if passed >= SECONDS - WINDOW_SECONDS:
                late.append(figures)
            if passed > failovers * FAILOVER_SECONDS + 1:
                self.fail_over(failovers)
                failovers += 1
        settled, end = Figures.least_of(settled), Figures.least_of(late)
        summary = load.stop()
        seen = topologies.stop()
        print(
            f'{rate:.0f} calls a second for {SECONDS} s, {failovers} '
            f'failovers, {seen} topologies watched\n'
            f'settled: {settled}\nend: {end}\n{summary}',
            flush=True,
        )
        assert_none_failed(self, summary, 'soak')
        self.assertGreaterEqual(seen, failovers)
        self.assertLess(end.heap_mib - settled.heap_mib, MAX_HEAP_GROWTH_MIB)
        self.assertLess(
            end.resident_mib - settled.resident_mib, MAX_RESIDENT_GROWTH_MIB
        )
        # A connection to a node may be about to be made or closed.
        self.assertLessEqual(end.descriptors, settled.descriptors + 4)
        # gRPC keeps some beyond those that work.
        self.assertLessEqual(end.threads, settled.threads + 4)


if __name__ == '__main__':
    unittest.main()
