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


class DifferentialTest(unittest.TestCase):
    def test_plans_give_the_replies_of_a_single_server(self):
        cluster = redis_fixture.RedisCluster()
        self.addCleanup(cluster.stop)
        standalone = redis_fixture.StandaloneRedis()
        self.addCleanup(standalone.stop)
        server = server_fixture.Server(cluster.spec)
        self.addCleanup(server.stop)
        server.wait_for_topology()
        commands = os.environ.get('SLOTPLANNER_DIFFERENTIAL_COMMANDS', '20000')
        run = subprocess.run(
            [
                os.environ['SLOTPLANNER_DIFFERENTIAL'],
                f'--server={server.address}',
                f'--standalone={redis_fixture.HOST}:{standalone.port}',
                f'--commands={commands}',
                f'--seed={random_seed.random_seed()}',
            ],
            check=False,
        )
        self.assertEqual(run.returncode, 0)


if __name__ == '__main__':
    unittest.main()
