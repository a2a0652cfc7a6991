# SPDX-License-Identifier: Apache-2.0
"""Runs the differential test: random batches, by their plans on a cluster of
six nodes, and as they are on a standalone server, with the same replies.

SLOTPLANNER_DIFFERENTIAL_COMMANDS=1000000 makes it long; SLOTPLANNER_TEST_SEED
replays a run."""

import os
import subprocess
import unittest

import differential_servers
import random_seed

SEED = random_seed.random_seed()
COMMANDS = int(os.environ.get('SLOTPLANNER_DIFFERENTIAL_COMMANDS', '20000'))


class PlansGiveTheRepliesOfASingleServerTest(unittest.TestCase):
    def setUp(self):
        self.servers = differential_servers.DifferentialServers()
        self.addCleanup(self.servers.stop)

    def assert_no_differences(self, commands: int, *flags: str):
        command = self.servers.command(
            f'--commands={commands}', f'--seed={SEED}', *flags
        )
        run = subprocess.run(command, check=False)
        self.assertEqual(run.returncode, 0, f'seed {SEED}')

    def test_from_primaries(self):
        self.assert_no_differences(COMMANDS)

    def test_from_replicas(self):  # Rule D2.
        self.assert_no_differences(COMMANDS // 4, '--read_from_replicas')


if __name__ == '__main__':
    unittest.main()
