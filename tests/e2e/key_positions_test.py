# SPDX-License-Identifier: Apache-2.0
"""Runs key_positions.cc beside a standalone server and a cluster."""

import os
import subprocess
import unittest

import redis_fixture


class KeyPositionsTest(unittest.TestCase):
    def test_agree_with_live_servers(self):
        standalone = redis_fixture.StandaloneRedis()
        self.addCleanup(standalone.stop)
        cluster = redis_fixture.RedisCluster(replicas=0)
        self.addCleanup(cluster.stop)
        subprocess.run(
            [os.environ['SLOTPLANNER_KEY_POSITIONS']],
            env=os.environ
            | {
                'SLOTPLANNER_STANDALONE': f'127.0.0.1:{standalone.port}',
                'SLOTPLANNER_CLUSTER_NODE': cluster.endpoints[0],
            },
            check=True,
        )


if __name__ == '__main__':
    unittest.main()
