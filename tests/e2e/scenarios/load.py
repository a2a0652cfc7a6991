# SPDX-License-Identifier: Apache-2.0
"""The load program: it plans and executes batches whose replies it knows."""

import os

from load_process import LoadProcess


class Load(LoadProcess):
    """Runs from construction until `stop`."""

    def __init__(self, server_address: str, seed: int, *flags: str):
        super().__init__(
            [
                os.environ['SLOTPLANNER_PLAN_LOAD'],
                f'--server={server_address}',
                f'--seed={seed % 2**31}',  # As many as it takes.
                '--threads=2',
                '--seconds=600',
                *flags,
            ]
        )

    def command_count(self) -> int:
        """How many commands had run at the last progress."""
        return self.of_type('progress')[-1]['commands']
