# SPDX-License-Identifier: Apache-2.0
import asyncio
from collections.abc import Callable

# How long the judge waits for what must come. Only a failure takes so long.
PATIENCE_SECONDS = 10


class Journal:
    """What went wrong in a case, and who waits for what to happen in it. For
    one event loop."""

    def __init__(self):
        self.faults: list[str] = []
        self._changed = asyncio.Condition()

    def fault(self, text: str) -> None:
        self.faults.append(text)

    async def tell(self) -> None:
        """Says that something happened."""
        async with self._changed:
            self._changed.notify_all()

    async def wait_for(
        self, holds: Callable[[], bool], seconds: float = PATIENCE_SECONDS
    ) -> bool:
        """Whether it came to hold in time."""
        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(holds), seconds)
            except asyncio.TimeoutError:
                return False
        return True
