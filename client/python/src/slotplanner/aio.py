# SPDX-License-Identifier: Apache-2.0
"""The client for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from slotplanner._core.batch_run import NothingSent
from slotplanner._core.effects import Forget, Return, Round, Sleep, Steps
from slotplanner._io.aio_nodes import AsyncNodes, TransportConnection
from slotplanner._io.options import (
    Arg,
    CallOptions,
    ClientArguments,
    ClientOptions,
    encode_commands,
    mset_args,
    planner_error,
)
from slotplanner._io.planner_calls import AsyncPlannerCalls
from slotplanner.results import CommandResult, Reply

if TYPE_CHECKING:
    # Not needed to run.
    from typing_extensions import Unpack


class AsyncSlotPlanner:
    """`SlotPlanner` for asyncio: the same methods, to be awaited.

    Belongs to the event loop of the first call. A call that is cancelled closes
    the connections that it uses; what it has sent may be executed.
    """

    def __init__(
        self,
        target: str = ClientOptions.target,
        **options: Unpack[ClientArguments],
    ) -> None:
        self._options = ClientOptions(target=target, **options)
        self._planner: AsyncPlannerCalls | None = None
        self._nodes = AsyncNodes(self._options.node_options())
        self._runner = self._options.batch_runner()

    async def __aenter__(self) -> AsyncSlotPlanner:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes all connections; those in use when their calls end."""
        self._nodes.close()
        if self._planner is not None:
            await self._planner.close()

    async def execute(
        self, *args: Arg, **options: Unpack[CallOptions]
    ) -> Reply:
        """As `SlotPlanner.execute`."""
        return (await self.execute_batch([args], **options))[0].get()

    async def execute_batch(
        self,
        commands: Iterable[Iterable[Arg]],
        **options: Unpack[CallOptions],
    ) -> list[CommandResult]:
        """As `SlotPlanner.execute_batch`."""
        encoded = encode_commands(commands)
        batch_options = self._options.batch_options(options)
        deadline = self._options.deadline(options)
        try:
            return await self._run(
                self._runner.run(encoded, batch_options, deadline)
            )
        except NothingSent as error:
            raise planner_error(error) from None

    async def mget(
        self, *keys: Arg, **options: Unpack[CallOptions]
    ) -> list[bytes | None]:
        """As `SlotPlanner.mget`."""
        reply: Any = await self.execute("MGET", *keys, **options)
        values: list[bytes | None] = reply
        return values

    async def mset(
        self, values: Mapping[Any, Arg], **options: Unpack[CallOptions]
    ) -> None:
        """As `SlotPlanner.mset`."""
        await self.execute(*mset_args(values), **options)

    async def delete(self, *keys: Arg, **options: Unpack[CallOptions]) -> int:
        """As `SlotPlanner.delete`."""
        return await self._count("DEL", keys, options)

    async def unlink(self, *keys: Arg, **options: Unpack[CallOptions]) -> int:
        """As `SlotPlanner.unlink`."""
        return await self._count("UNLINK", keys, options)

    async def exists(self, *keys: Arg, **options: Unpack[CallOptions]) -> int:
        """As `SlotPlanner.exists`."""
        return await self._count("EXISTS", keys, options)

    async def touch(self, *keys: Arg, **options: Unpack[CallOptions]) -> int:
        """As `SlotPlanner.touch`."""
        return await self._count("TOUCH", keys, options)

    async def _count(
        self, name: str, keys: tuple[Arg, ...], options: CallOptions
    ) -> int:
        reply: Any = await self.execute(name, *keys, **options)
        return int(reply)

    async def _run(
        self, steps: Steps[list[CommandResult]]
    ) -> list[CommandResult]:
        """Does what the generator asks for, until it is done."""
        if self._planner is None:
            # Not earlier: a channel belongs to the loop that runs.
            self._planner = AsyncPlannerCalls(self._options.planner_address())
        leases: set[TransportConnection] = set()
        answer: Any = None
        try:
            while True:
                try:
                    effect = steps.send(answer)
                except StopIteration as stop:
                    results: list[CommandResult] = stop.value
                    return results
                answer = None
                if isinstance(effect, Round):
                    answer = await self._nodes.exchange(
                        effect.exchanges, effect.deadline, leases
                    )
                elif isinstance(effect, Return):
                    for connection in effect.connections:
                        assert isinstance(connection, TransportConnection)
                        leases.discard(connection)
                        self._nodes.return_idle(connection)
                elif isinstance(effect, Forget):
                    self._nodes.forget(effect.endpoint)
                elif isinstance(effect, Sleep):
                    await asyncio.sleep(effect.seconds)
                else:
                    answer = await self._planner.call(effect)
        finally:
            # In each a WATCH is in force, or a reply is owed that was given up.
            for connection in leases:
                connection.close()
