# SPDX-License-Identifier: Apache-2.0
"""Runs the differential test: random batches, by their plans on a cluster of
six nodes, and as they are on a standalone server, with the same replies.

SLOTPLANNER_DIFFERENTIAL_COMMANDS=1000000 makes it long; SLOTPLANNER_TEST_SEED
replays a run."""

import os
import subprocess
import unittest

import random_seed
import redis_fixture
import server_fixture

SEED = random_seed.random_seed()
COMMANDS = int(os.environ.get('SLOTPLANNER_DIFFERENTIAL_COMMANDS', '20000'))


class PlansGiveTheRepliesOfASingleServerTest(unittest.TestCase):
    def setUp(self):
        self.cluster = redis_fixture.RedisCluster()
        self.addCleanup(self.cluster.stop)
        self.standalone = redis_fixture.StandaloneRedis()
        self.addCleanup(self.standalone.stop)
        self.server = server_fixture.Server(self.cluster.spec)
        self.addCleanup(self.server.stop)
        self.server.wait_for_topology()

    def assert_no_differences(self, commands: int, *flags: str):
        run = subprocess.run(
            [
                os.environ['SLOTPLANNER_DIFFERENTIAL'],
                f'--server={self.server.address}',
                f'--standalone={redis_fixture.HOST}:{self.standalone.port}',
                f'--commands={commands}',
                f'--seed={SEED}',
                *flags,
            ],
            check=False,
        )
        self.assertEqual(run.returncode, 0, f'seed {SEED}')

    def test_from_primaries(self):
        self.assert_no_differences(COMMANDS)

    def test_from_replicas(self):  # Rule D2.
        self.assert_no_differences(COMMANDS // 4, '--read_from_replicas')


if __name__ == '__main__':
    unittest.main()
