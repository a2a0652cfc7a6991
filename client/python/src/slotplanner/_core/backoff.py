# SPDX-License-Identifier: Apache-2.0
"""How long to wait before trying again. All times are in seconds."""

from __future__ import annotations

import math
from typing import NamedTuple


class Backoff(NamedTuple):
    """Exponential, with full jitter."""

    first: float = 0.010
    """The longest first wait. A node that answers TRYAGAIN is waiting for
    single keys to arrive, each of which takes about a millisecond."""
    longest: float = 0.5
    """What no wait exceeds: a failover, which ends CLUSTERDOWN, takes
    seconds."""
    give_up_after: float = math.inf
    """How long after the beginning of a plan's run commands still go out again;
    after that, what a node answered last stands."""

    def delay(self, retry: int, random: float) -> float:
        """The wait before the retry with this number, from 0. `random`, in
        [0, 1), says where between nothing and the longest wait it lies."""
        # 2^30 times any first wait is past every limit.
        return float(
            random * min(self.first * 2.0 ** min(retry, 30), self.longest)
        )


# Within one plan: what takes longer wants a new plan.
EXECUTING = Backoff(give_up_after=0.25)

# Between two plans of a batch: to hear of a failover late by less than the
# seconds that it takes is worth a few calls more.
PLANNING = Backoff(longest=0.25)
