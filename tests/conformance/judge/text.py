# SPDX-License-Identifier: Apache-2.0
"""Bytes as JSON carries them, and the form that the case files have."""

import json

_WIDTH = 100


def to_bytes(characters: str) -> bytes:
    """One byte for each character U+0000..U+00FF."""
    return characters.encode('latin-1')


def from_bytes(data: bytes) -> str:
    return data.decode('latin-1')


def format_json(value, indent: int = 0) -> str:
    """JSON in which everything that fits on a line is on one."""
    flat = json.dumps(value)
    if not isinstance(value, dict | list) or indent + len(flat) <= _WIDTH:
        return flat
    pad = ' ' * (indent + 2)
    if isinstance(value, dict):
        opening, closing = '{', '}'
        lines = [
            f'{json.dumps(key)}: {format_json(member, indent + 2)}'
            for key, member in value.items()
        ]
    else:
        opening, closing = '[', ']'
        lines = _fill(value, indent + 2)
    body = ',\n'.join(pad + line for line in lines)
    return f'{opening}\n{body}\n{" " * indent}{closing}'


def _fill(values: list, indent: int) -> list[str]:
    """Lines of elements: as many on a line as fit, if all are short."""
    if any(len(json.dumps(value)) > _WIDTH / 4 for value in values):
        return [format_json(value, indent) for value in values]
    lines = ['']
    for value in values:
        text = json.dumps(value)
        if lines[-1] and indent + len(lines[-1]) + len(text) + 2 > _WIDTH:
            lines.append(text)
        else:
            lines[-1] += (', ' if lines[-1] else '') + text
    return lines
