# SPDX-License-Identifier: Apache-2.0
"""The load program of this folder: a client that behaves well."""

import json
import os

from load_process import LoadProcess

# One call of each kind that costs a server little.
SMALL_MIX = 'keyslot,group_keys/100,plan_gets/100,plan_mget/100'

# As docs/operations.md advises: every replica is used, and none that says it
# stops.
BALANCED = json.dumps(
    {
        'loadBalancingConfig': [{'round_robin': {}}],
        'healthCheckConfig': {
            'serviceName': 'slotplanner.v1.SlotPlannerService'
        },
    }
)


class CallLoad(LoadProcess):
    """Runs from construction until `stop`, or for as long as --duration says."""

    def __init__(
        self, target: str, *flags: str, prefix: tuple[str, ...] = ()
    ):
        super().__init__(
            [
                *prefix,
                os.environ['SLOTPLANNER_CALL_LOAD'],
                f'--server={target}',
                *flags,
            ]
        )


def assert_none_failed(test, summary: dict, what: str) -> None:
    """And there were some."""
    test.assertEqual(summary['failures'], {}, f'{what}: {summary}')
    test.assertGreater(summary['ok'], 0, what)
