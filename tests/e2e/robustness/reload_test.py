# SPDX-License-Identifier: Apache-2.0
"""The settings file changes while calls go on: those for clusters that stay do
not notice."""

import json
import os
import pathlib
import signal
import tempfile
import unittest

import grpc

import server_fixture
from call_load import SMALL_MIX, CallLoad, assert_none_failed
from live_cluster import wait_until
from slotplanner.v1 import slot_planner_service_pb2 as api

STAYS = {'name': 'stays', 'source': 'static:3'}
SECOND = {'name': 'second', 'source': 'static:3'}
LARGER_SECOND = {'name': 'second', 'source': 'static:5'}


class ReloadTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name) / 'config.yaml'
        self.write({'clusters': [STAYS]})
        self.server = server_fixture.Server(flags=(f'--config={self.file}',))
        self.addCleanup(self.server.stop)
        self.server.wait_for_topology('stays')

    def write(self, config: dict | str) -> None:
        """Replaces the file at once."""
        text = config if isinstance(config, str) else json.dumps(config)
        new = self.file.with_suffix('.new')
        new.write_text(text)
        new.rename(self.file)

    def reloads(self, result: str) -> float:
        return self.server.metric(
            'slotplanner_config_reloads_total', result=result
        )

    def change(self, config: dict | str, result: str, by_signal: bool) -> None:
        """Returns when the server has said what it makes of the new file."""
        before = self.reloads(result)
        self.write(config)
        if by_signal:
            os.kill(self.server.pid, signal.SIGHUP)
        wait_until(
            lambda: self.reloads(result) > before, f'the file is {result}'
        )
        is_current = self.server.metric('slotplanner_config_current')
        self.assertEqual(is_current, float(result == 'applied'))

    def shards(self, cluster: str) -> float:
        return self.server.metric(
            'slotplanner_topology_shards', cluster=cluster
        )

    def code_of(self, call, request) -> grpc.StatusCode:
        try:
            call(request, timeout=10)
        except grpc.RpcError as error:
            return error.code()
        return grpc.StatusCode.OK

    def code_for(self, cluster: str) -> grpc.StatusCode:
        return self.code_of(
            self.server.planner.Keyslot, api.KeyslotRequest(cluster=cluster)
        )

    def code_of_keys(self, count: int) -> grpc.StatusCode:
        return self.code_of(
            self.server.planner.GroupKeys,
            api.GroupKeysRequest(keys=[b'key'] * count),
        )

    def test_changes_apply_and_calls_go_on(self):
        ok = grpc.StatusCode.OK
        loads = [
            CallLoad(
                self.server.address,
                f'--calls={SMALL_MIX}',
                '--rate=200',
                *flags,
            )
            for flags in ((), ('--cluster=stays', '--connections=2'))
        ]
        for load in loads:
            self.addCleanup(load.stop)
            load.run_on(1)

        for by_signal in (False, True):
            with self.subTest(by_signal=by_signal):
                self.assertEqual(
                    self.code_for('second'), grpc.StatusCode.NOT_FOUND
                )
                self.change(
                    {'clusters': [STAYS, SECOND]}, 'applied', by_signal
                )
                wait_until(lambda: self.shards('second') == 3, 'three shards')
                self.assertEqual(self.code_for('second'), ok)

                self.change(
                    {'clusters': [STAYS, LARGER_SECOND]}, 'applied', by_signal
                )
                wait_until(lambda: self.shards('second') == 5, 'five shards')

                for bad in (
                    'clusters: [',
                    {'clusters': [STAYS], 'no_such_setting': 1},
                    {'clusters': [STAYS, STAYS]},
                    {'clusters': [STAYS], 'limits': {'max_keys': -1}},
                ):
                    self.change(bad, 'refused', by_signal)
                    self.server.wait_for_event('config_refused')
                    self.assertEqual(self.code_for('second'), ok)

                self.change(
                    {
                        'clusters': [STAYS, LARGER_SECOND],
                        'limits': {
                            'max_keys': 100,
                            'memory_quota_bytes': 300 << 20,
                        },
                    },
                    'applied',
                    by_signal,
                )
                self.assertEqual(
                    self.server.metric('slotplanner_memory_quota_bytes'),
                    300 << 20,
                )
                self.assertEqual(self.code_of_keys(100), ok)
                self.assertEqual(
                    self.code_of_keys(101), grpc.StatusCode.INVALID_ARGUMENT
                )
                self.change({'clusters': [STAYS]}, 'applied', by_signal)
                self.assertEqual(self.code_of_keys(101), ok)
                self.assertEqual(
                    self.code_for('second'), grpc.StatusCode.NOT_FOUND
                )
        for load in loads:
            load.run_on(1)
            assert_none_failed(self, load.stop(), 'stays')


if __name__ == '__main__':
    unittest.main()
