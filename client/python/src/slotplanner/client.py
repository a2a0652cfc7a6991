# SPDX-License-Identifier: Apache-2.0
"""The client that blocks."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from slotplanner._core.batch_run import NothingSent
from slotplanner._core.effects import Forget, Return, Round, Sleep, Steps
from slotplanner._io.nodes import Nodes, SocketConnection
from slotplanner._io.options import (
    Arg,
    CallOptions,
    ClientArguments,
    ClientOptions,
    encode_commands,
    mset_args,
    planner_error,
)
from slotplanner._io.planner_calls import PlannerCalls
from slotplanner.results import CommandResult, Reply

if TYPE_CHECKING:
    # Not needed to run.
    from typing_extensions import Unpack


class SlotPlanner:
    """Runs commands on a Redis or Valkey Cluster as a slotplanner server plans
    them: commands whose keys are anywhere, in as few round trips as there can
    be.

    Takes what `ClientOptions` has as keyword arguments; connects at the first
    call, not before. The planner gets names, keys and options of commands,
    never values.

    Each call takes `timeout` (in seconds), `read_preference`, `split_policy`,
    `client_zone` and `cluster`, which go before those of the client. Keys and
    values are bytes, or str, which stands for its UTF-8 bytes; replies are
    bytes. Thread-safe; calls block. Not to be used on both sides of a fork.
    """

    def __init__(
        self,
        target: str = ClientOptions.target,
        **options: Unpack[ClientArguments],
    ) -> None:
        self._options = ClientOptions(target=target, **options)
        self._planner = PlannerCalls(self._options.planner_address())
        self._nodes = Nodes(self._options.node_options())
        self._runner = self._options.batch_runner()

    def __enter__(self) -> SlotPlanner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes all connections; those in use when their calls end."""
        self._nodes.close()
        self._planner.close()

    def execute(self, *args: Arg, **options: Unpack[CallOptions]) -> Reply:
        """The reply to one command: its name, then its arguments.

        Raises `CommandRefused` when there is no plan for it, `NodeError` for an
        error as a single server would give, `PartsFailed` when some of its
        parts were not applied, `UnmergeableReplies`, and `PlannerError` when
        the planner made no plan.
        """
        return self.execute_batch([args], **options)[0].get()

    def execute_batch(
        self,
        commands: Iterable[Iterable[Arg]],
        **options: Unpack[CallOptions],
    ) -> list[CommandResult]:
        """What each of `commands` came to, in their order.

        Commands whose keys share a slot take effect in their order; MULTI to
        EXEC in one batch is a transaction. What goes wrong with a command is in
        its result. Raises `PlannerError` when nothing was sent at all.
        """
        encoded = encode_commands(commands)
        batch_options = self._options.batch_options(options)
        deadline = self._options.deadline(options)
        try:
            return self._run(self._runner.run(encoded, batch_options, deadline))
        except NothingSent as error:
            raise planner_error(error) from None

    def mget(
        self, *keys: Arg, **options: Unpack[CallOptions]
    ) -> list[bytes | None]:
        """The values of `keys`, in their order; None for a key that has
        none."""
        reply: Any = self.execute("MGET", *keys, **options)
        values: list[bytes | None] = reply
        return values

    def mset(
        self, values: Mapping[Any, Arg], **options: Unpack[CallOptions]
    ) -> None:
        """Sets each key to its value; not at once if they are in several
        slots."""
        self.execute(*mset_args(values), **options)

    def delete(self, *keys: Arg, **options: Unpack[CallOptions]) -> int:
        """Deletes keys; how many there were."""
        return self._count("DEL", keys, options)

    def unlink(self, *keys: Arg, **options: Unpack[CallOptions]) -> int:
        """Deletes keys, freeing their memory later; how many there were."""
        return self._count("UNLINK", keys, options)

    def exists(self, *keys: Arg, **options: Unpack[CallOptions]) -> int:
        """How many of `keys` exist; one that is named twice counts twice."""
        return self._count("EXISTS", keys, options)

    def touch(self, *keys: Arg, **options: Unpack[CallOptions]) -> int:
        """Notes that keys were used; how many there were."""
        return self._count("TOUCH", keys, options)

    def _count(
        self, name: str, keys: tuple[Arg, ...], options: CallOptions
    ) -> int:
        reply: Any = self.execute(name, *keys, **options)
        return int(reply)

    def _run(self, steps: Steps[list[CommandResult]]) -> list[CommandResult]:
        """Does what the generator asks for, until it is done."""
        leases: set[SocketConnection] = set()
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
                    answer = self._nodes.exchange(
                        effect.exchanges, effect.deadline, leases
                    )
                elif isinstance(effect, Return):
                    for connection in effect.connections:
                        assert isinstance(connection, SocketConnection)
                        leases.discard(connection)
                        self._nodes.return_idle(connection)
                elif isinstance(effect, Forget):
                    self._nodes.forget(effect.endpoint)
                elif isinstance(effect, Sleep):
                    time.sleep(effect.seconds)
                else:
                    answer = self._planner.call(effect)
        finally:
            # In each a WATCH is in force, or a reply is owed that was given up.
            for connection in leases:
                connection.close()
