# SPDX-License-Identifier: Apache-2.0
"""Which arguments of a command the planner reads: only those travel to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from slotplanner._core.planned_parts import Command
from slotplanner.v1 import topology_service_pb2 as pb

_COUNT = re.compile(rb"0|[1-9][0-9]{0,8}")


class KeyPositions:
    """Where the arguments are that the planner reads. Immutable."""

    def __init__(self, response: pb.GetKeyPositionsResponse) -> None:
        self._by_name = {
            positions.command.encode(): positions
            for positions in response.commands
        }

    def lists(self, command: Command) -> bool:
        """Whether the command, and its subcommand if it has one, is listed. An
        empty command is: there is nothing to know about it."""
        if not command:
            return True
        container, positions = self._find(command)
        return container is not None and (
            positions is not None or len(command) == 1
        )

    def without_values(self, command: Command) -> list[bytes]:
        """What of `command` is sent to the planner: as many arguments, those
        that it does not read empty. Of what is not listed, only the name and
        the subcommand."""
        masked = [b""] * len(command)
        for index in self._read_indexes(command):
            masked[index] = command[index]
        return masked

    def _find(
        self, command: Command
    ) -> tuple[pb.KeyPositions | None, pb.KeyPositions | None]:
        """The entry of the command, and the one that says what is read: that of
        the subcommand, if there are such."""
        name = command[0].lower()
        if b"|" in name:
            return None, None
        entry = self._by_name.get(name)
        if entry is None or not entry.is_container:
            return entry, entry
        if len(command) == 1:
            return entry, None
        return entry, self._by_name.get(name + b"|" + command[1].lower())

    def _read_indexes(self, command: Command) -> Iterator[int]:
        if not command:
            return
        yield 0
        entry, positions = self._find(command)
        if entry is not None and entry.is_container and len(command) > 1:
            yield 1
        if positions is None:
            return
        if positions.reads_all:
            yield from _not_hidden(command, positions.hidden)
        for key_range in positions.ranges:
            yield from _range_indexes(command, key_range)


def _not_hidden(
    command: Command, hidden: Iterable[pb.HiddenArguments]
) -> Iterator[int]:
    """Every index but those behind the words of `hidden`."""
    hidden_until = 0
    is_over = False
    for i in range(1, len(command)):
        if i < hidden_until:
            continue
        yield i
        if is_over:
            continue
        word = command[i].lower()
        for item in hidden:
            if i >= item.first and word == item.word.encode().lower():
                is_over = item.count == 0
                hidden_until = i + 1 + item.count
                break


def _range_indexes(command: Command, key_range: pb.KeyRange) -> Iterator[int]:
    size = len(command)
    first = max(key_range.first, 1)
    step = max(key_range.step, 1)
    end = first  # Behind the keys and what belongs to them.
    if key_range.count_index > 0:
        if key_range.count_index >= size:
            return
        yield key_range.count_index
        count = _parse_count(command[key_range.count_index])
        if count is None:
            return
        end = first + count * step
        if count > 0 and end > size:
            return
    else:
        last = key_range.last + (size if key_range.last < 0 else 0)
        if last >= first:
            end = first + ((last - first) // step + 1) * step
    yield from range(first, min(end, size), step)
    if key_range.reads_behind:
        yield from range(end, size)


def _parse_count(text: bytes) -> int | None:
    return int(text) if _COUNT.fullmatch(text) else None
