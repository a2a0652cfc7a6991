# SPDX-License-Identifier: Apache-2.0
"""How an answer differs from what a case expects. Pure functions."""

import re
from collections.abc import Iterator

_MISSING = object()
# Where the operating system or a driver may have chosen the words.
_WORDED = ('error', 'message')


def differences(expected, actual, path: str) -> list[str]:
    """One line for each difference; none when they are equal. In an expected
    error text a `*` stands for any text; {"any_of": [...]} stands for any of
    its elements."""
    return list(_differences(expected, actual, path))


def _differences(expected, actual, path: str) -> Iterator[str]:
    if isinstance(expected, dict) and expected.keys() == {'any_of'}:
        tries = [differences(e, actual, path) for e in expected['any_of']]
        if all(tries):
            yield from min(tries, key=len)
    elif isinstance(expected, dict) and isinstance(actual, dict):
        for name in sorted(expected.keys() | actual.keys()):
            yield from _members(expected, actual, name, f'{path}.{name}')
    elif isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            yield f'{path}: {len(expected)} expected, {len(actual)} there'
        for i, (left, right) in enumerate(zip(expected, actual)):
            yield from _differences(left, right, f'{path}[{i}]')
    # A bool is a number for Python, not for JSON.
    elif type(expected) is not type(actual) or expected != actual:
        if not _same_number(expected, actual):
            yield f'{path}: expected {_short(expected)}, got {_short(actual)}'


def _same_number(expected, actual) -> bool:
    return {type(expected), type(actual)} == {int, float} and expected == actual


def _members(expected: dict, actual: dict, name: str, path: str):
    left, right = expected.get(name, _MISSING), actual.get(name, _MISSING)
    if left is _MISSING:
        yield f'{path}: not expected, got {_short(right)}'
    elif right is _MISSING:
        yield f'{path}: missing, expected {_short(left)}'
    elif name in _WORDED and isinstance(left, str) and isinstance(right, str):
        if not _fits(left, right):
            yield f'{path}: expected {_short(left)}, got {_short(right)}'
    else:
        yield from _differences(left, right, path)


def _fits(pattern: str, text: str) -> bool:
    regex = '.*'.join(re.escape(piece) for piece in pattern.split('*'))
    return re.fullmatch(regex, text, re.DOTALL) is not None


def _short(value) -> str:
    text = repr(value)
    return text if len(text) <= 400 else text[:400] + '...'
