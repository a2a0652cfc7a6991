# SPDX-License-Identifier: Apache-2.0
"""What a client sends of a command to the planner: never a value."""

import re

# As the planner reads it.
_COUNT = re.compile('0|[1-9][0-9]{0,8}')


class Masking:
    """`positions`: a GetKeyPositionsResponse in protobuf's JSON form."""

    def __init__(self, positions: dict):
        self._commands = {
            entry['command']: entry for entry in positions['commands']
        }

    def mask(self, args: list[str]) -> list[str]:
        """The command with an empty argument for each that is not read."""
        read = {0} | self._read(args)
        return [arg if i in read else '' for i, arg in enumerate(args)]

    def _read(self, args: list[str]) -> set[int]:
        name = _lower(args[0])
        entry = self._commands.get(name)
        if entry is None or '|' in name:
            return set()
        if not entry.get('isContainer'):
            return _positions(entry, args)
        if len(args) < 2:
            return set()
        entry = self._commands.get(f'{name}|{_lower(args[1])}')
        return {1} | (_positions(entry, args) if entry else set())


def _lower(name: str) -> str:
    """Only of ASCII letters."""
    return name.encode('latin-1').lower().decode('latin-1')


def _positions(entry: dict, args: list[str]) -> set[int]:
    if entry.get('readsAll'):
        return set(range(len(args))) - _hidden(entry, args)
    read = set()
    for key_range in entry.get('ranges', []):
        read |= _in_range(key_range, args)
    return read


def _hidden(entry: dict, args: list[str]) -> set[int]:
    hidden = set()
    for i in range(1, len(args)):
        if i in hidden:
            continue
        for rule in entry.get('hidden', []):
            if _lower(args[i]) != _lower(rule['word']):
                continue
            if i < rule.get('first', 0):
                continue
            count = rule.get('count', 0)
            if count == 0:
                return hidden
            hidden |= set(range(i + 1, i + 1 + count))
    return hidden


def _in_range(key_range: dict, args: list[str]) -> set[int]:
    first = key_range['first']
    step = key_range.get('step', 1)
    read = set()
    if count_index := key_range.get('countIndex', 0):
        if count_index >= len(args):
            return read
        read.add(count_index)
        if not _COUNT.fullmatch(args[count_index]):
            return read
        behind = first + int(args[count_index]) * step
        if behind > max(first, len(args)):
            return read
    else:
        last = key_range.get('last', 0)
        last = last if last >= 0 else len(args) + last
        steps = (last - first) // step + 1 if last >= first else 0
        behind = first + steps * step
    read |= {i for i in range(first, behind, step) if i < len(args)}
    if key_range.get('readsBehind'):
        read |= set(range(behind, len(args)))
    return read
