# SPDX-License-Identifier: Apache-2.0
"""What a program with strict types sees of the package."""

from __future__ import annotations

from slotplanner import (
    AsyncSlotPlanner,
    CommandResult,
    ReadPreference,
    SlotPlanner,
)


def blocking(planner: SlotPlanner) -> list[bytes | None]:
    results: list[CommandResult] = planner.execute_batch([["GET", b"a"]])
    count: int = planner.exists("a", timeout=1.0) + len(results)
    return planner.mget("a", b"b") if count else []


async def with_asyncio(planner: AsyncSlotPlanner) -> list[bytes | None]:
    await planner.mset({"a": 1, b"b": b"x"}, timeout=2)
    return await planner.mget("a", read_preference=ReadPreference.REPLICA)


def wrong(planner: SlotPlanner) -> None:
    planner.mget("a", time_out=1)  # type: ignore[call-arg]
    planner.mget(None)  # type: ignore[arg-type]
    SlotPlanner(time_out=1)  # type: ignore[call-arg]
