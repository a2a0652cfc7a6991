# SPDX-License-Identifier: Apache-2.0
"""The seed of a random test, as random_seed.h has it for C++."""

import os
import random


def random_seed() -> int:
    """The value of SLOTPLANNER_TEST_SEED, which replays a run, or a fresh one.
    Printed either way."""
    seed = int(
        os.environ.get('SLOTPLANNER_TEST_SEED') or random.randrange(2**32)
    )
    print(f'SLOTPLANNER_TEST_SEED={seed}', flush=True)
    return seed
