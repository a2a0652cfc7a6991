# SPDX-License-Identifier: Apache-2.0
"""Peers that break the protocol, flood, or do nothing: those who behave well do
not notice, and nothing of it stays.

SLOTPLANNER_HOSTILE_CONNECTIONS=100000 is the long form, of damaged input;
SLOTPLANNER_TEST_SEED replays what a run has sent.
"""

import collections
import json
import os
import subprocess
import time
import unittest

import process_figures
import random_seed
import server_fixture
from call_load import SMALL_MIX, CallLoad, assert_none_failed
from live_cluster import wait_until
from slotplanner.v1 import slot_planner_service_pb2 as api

SEED = random_seed.random_seed()
CONNECTIONS = int(os.environ.get('SLOTPLANNER_HOSTILE_CONNECTIONS') or 2000)
IS_SANITIZED = bool(os.environ.get('SLOTPLANNER_SANITIZE'))

# Each lasts 0.2 s at most. The server spends about a millisecond on one, so that
# 50 at a time keep a quarter of a processor busy: more of them are not damage
# but too much to do, which overload_test.py is about.
DAMAGED_AT_ONCE = 10 if IS_SANITIZED else 50

# Some of them send large messages.
MAX_RESIDENT_MIB_OF_DAMAGE = 1024

# Each flood that is ended takes 100 to 160 MiB, which the allocator keeps in
# part. One after the other took 491 MiB, and 1,210 MiB where other programs
# kept the processors busy.
MAX_RESIDENT_MIB_OF_FLOODS = 2048

# Each costs the server a tenth of a second of a processor and more: as much as
# 5,000 calls do. A thousand of them at a time would be a test of patience.
FLOODS_AT_ONCE = 100

# gRPC 1.51 keeps what CONTINUATION frames without end carry, without a bound
# (docs/security.md). Others are answered all the same, which is what counts
# here.
UNBOUNDED_FLOODS = {'continuation_flood'}
UNBOUNDED_CONNECTIONS = 20

# A sanitizer makes everything slow; there only what it finds counts.
POLITE_TIMEOUT_SECONDS = 120 if IS_SANITIZED else 45

# One client has this long to make the server busy with nothing else.
FLOOD_SECONDS = 1.5

# Floods that the server ends, long before their time is up.
ENDED_FLOODS = {
    'reset_flood',
    'whole_call_reset_flood',
    'wrong_path_flood',
}

# Lines of one event at once and then a second, and how many of different events
# a test may cause.
LOG_BURST, LOG_LINES_PER_SECOND, OTHER_LINES = 20, 1, 40


def floods() -> list[str]:
    return [
        kind
        for kind in kinds()
        if kind.endswith('_flood') or kind == 'too_many_streams'
    ]


def kinds() -> list[str]:
    listed = subprocess.run(
        [os.environ['SLOTPLANNER_HOSTILE'], '--list'],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return listed.stdout.split()


def be_hostile(server: server_fixture.Server, *flags: str) -> dict[str, dict]:
    """What became of the connections, by kind."""
    port = server.address.rpartition(':')[2]
    done = subprocess.run(
        [
            os.environ['SLOTPLANNER_HOSTILE'],
            f'--port={port}',
            f'--seed={SEED}',
            *flags,
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    *lines, total = (json.loads(line) for line in done.stdout.splitlines())
    counts = {line['kind']: line for line in lines}
    made = sum(line['connections'] for line in lines)
    print(
        f'{made} connections in {total["seconds"]:.1f} s, '
        f'{sum(line["bytes_sent"] for line in lines) >> 20} MiB sent, '
        f'{sum(line["closed_by_server"] for line in lines)} closed by the '
        'server',
        flush=True,
    )
    return counts


class HostileTest(unittest.TestCase):
    def setUp(self):
        self.server = server_fixture.Server('static:3').wait_for_topology()
        self.has_stopped = False
        self.addCleanup(self.stop_server)
        self.started = time.monotonic()
        self.polite = CallLoad(
            self.server.address,
            f'--calls={SMALL_MIX}',
            '--rate=200',
            '--connections=2',
            f'--timeout={POLITE_TIMEOUT_SECONDS}s',
        )
        self.addCleanup(self.stop_polite)
        self.polite.run_on(1)

    def stop_server(self) -> int:
        if not self.has_stopped:
            self.has_stopped = True
            return self.server.stop()
        return 0

    def stop_polite(self) -> dict:
        polite, self.polite = self.polite, None
        return polite.stop() if polite else {}

    def assert_resident(self, most_mib: int):
        peak = process_figures.peak_resident_mib(self.server.pid)
        print(f'server: peak {peak:.0f} MiB', flush=True)
        if not IS_SANITIZED:
            self.assertLess(peak, most_mib)

    def assert_as_before(self, descriptors: int):
        """Nothing of it stays, and little in the log; and the server answers,
        and ends as it should."""
        summary = self.stop_polite()
        print(
            f'polite: {summary["ok"]} calls, '
            f'p99 {summary["latency_ms"]["p99"]:.1f} ms, '
            f'max {summary["latency_ms"]["max"]:.1f} ms',
            flush=True,
        )
        assert_none_failed(self, summary, 'polite')
        # The polite client has two.
        wait_until(
            lambda: process_figures.descriptor_count(self.server.pid)
            <= descriptors,
            'the connections are closed',
            POLITE_TIMEOUT_SECONDS,
        )
        self.assertEqual(
            self.server.planner.Keyslot(api.KeyslotRequest(key=b'foo')).slot,
            12182,
        )
        self.assertEqual(self.stop_server(), 0)
        self.assert_log_is_short()

    def assert_log_is_short(self):
        seconds = time.monotonic() - self.started
        counts = collections.Counter(
            line['event'] for line in self.server.log_lines()
        )
        self.assertEqual(counts['not_json'], 0, self.server.log_text())
        for event, count in counts.items():
            self.assertLessEqual(
                count, LOG_BURST + LOG_LINES_PER_SECOND * (seconds + 1), event
            )
        self.assertLessEqual(len(counts), OTHER_LINES)

    def be_hostile_in_ways(self, ways: list[str], connections: int, *flags):
        counts = be_hostile(
            self.server,
            f'--kinds={",".join(ways)}',
            f'--connections={connections}',
            *flags,
        )
        self.assertEqual(sorted(counts), sorted(ways))
        for kind, count in counts.items():
            self.assertEqual(count['not_connected'], 0, kind)

    def test_damaged_input(self):
        descriptors = process_figures.descriptor_count(self.server.pid)
        self.be_hostile_in_ways(
            [kind for kind in kinds() if kind not in floods()],
            CONNECTIONS,
            f'--at_once={DAMAGED_AT_ONCE}',
        )
        self.assert_resident(MAX_RESIDENT_MIB_OF_DAMAGE)
        self.assert_as_before(descriptors)

    def test_floods_at_once(self):
        descriptors = process_figures.descriptor_count(self.server.pid)
        bounded = [kind for kind in floods() if kind not in UNBOUNDED_FLOODS]
        self.be_hostile_in_ways(bounded, FLOODS_AT_ONCE)
        self.assert_resident(MAX_RESIDENT_MIB_OF_FLOODS)
        be_hostile(
            self.server,
            f'--kinds={",".join(UNBOUNDED_FLOODS)}',
            f'--connections={UNBOUNDED_CONNECTIONS}',
        )
        self.assert_as_before(descriptors)

    @unittest.skipIf(IS_SANITIZED, 'a question of speed')
    def test_no_flood_of_one_connection_takes_the_others_down(self):
        descriptors = process_figures.descriptor_count(self.server.pid)
        for kind in sorted(floods(), key=UNBOUNDED_FLOODS.__contains__):
            if kind in UNBOUNDED_FLOODS:  # From here on.
                self.assert_resident(MAX_RESIDENT_MIB_OF_FLOODS)
            with self.subTest(kind=kind):
                before = self.polite.of_type('progress')[-1]
                counts = be_hostile(
                    self.server,
                    f'--kinds={kind}',
                    '--connections=1',
                    f'--lifetime={FLOOD_SECONDS}s',
                )
                self.polite.run_on(1)
                after = self.polite.of_type('progress')[-1]
                print(
                    f'{kind}: {after["ok"] - before["ok"]} polite calls in '
                    f'{after["seconds"] - before["seconds"]:.1f} s, '
                    f'{process_figures.resident_mib(self.server.pid):.0f} MiB',
                    flush=True,
                )
                if kind in ENDED_FLOODS:
                    self.assertEqual(counts[kind]['closed_by_server'], 1)
                self.assertEqual(after['failures'], {})
                self.assertGreater(after['ok'], before['ok'])
        self.assert_as_before(descriptors)


if __name__ == '__main__':
    unittest.main()
