# SPDX-License-Identifier: Apache-2.0
"""Commands on a Redis or Valkey Cluster, their keys wherever they may be.

A slotplanner server says what to send to which node; this package sends it,
follows redirections, and makes one reply of the replies.
"""

from slotplanner._io.options import (
    AddressMap,
    Arg,
    CallOptions,
    ClientArguments,
    ClientOptions,
    ReadPreference,
    SplitPolicy,
)
from slotplanner.aio import AsyncSlotPlanner
from slotplanner.client import SlotPlanner
from slotplanner.errors import (
    CommandRefused,
    NodeError,
    PartsFailed,
    PlannerError,
    PlannerUnavailable,
    SlotPlannerError,
    UnmergeableReplies,
)
from slotplanner.results import (
    Cause,
    CommandResult,
    ErrorReply,
    Outcome,
    PartResult,
    Reply,
)
from slotplanner.slots import HASH_SLOT_COUNT, hash_tag, key_slot

__all__ = [
    "HASH_SLOT_COUNT",
    "AddressMap",
    "Arg",
    "AsyncSlotPlanner",
    "CallOptions",
    "Cause",
    "ClientArguments",
    "ClientOptions",
    "CommandRefused",
    "CommandResult",
    "ErrorReply",
    "NodeError",
    "Outcome",
    "PartResult",
    "PartsFailed",
    "PlannerError",
    "PlannerUnavailable",
    "ReadPreference",
    "Reply",
    "SlotPlanner",
    "SlotPlannerError",
    "SplitPolicy",
    "UnmergeableReplies",
    "hash_tag",
    "key_slot",
]
