# SPDX-License-Identifier: Apache-2.0
"""The fenced blocks of a page in Markdown."""

import dataclasses
import pathlib
import re
from collections.abc import Iterator

_HEADING = re.compile(r'#+ +(.*)')
_FENCE = re.compile(r'```(\w*)')


@dataclasses.dataclass(frozen=True)
class Block:
    heading: str  # The one above it.
    tag: str  # What is right behind the opening fence, such as `python`.
    text: str  # Its lines, each with its end.


def blocks_of(page: pathlib.Path) -> Iterator[Block]:
    """All blocks, in order. AssertionError when the last one does not end."""
    heading = ''
    lines = iter(page.read_text(encoding='utf-8').splitlines())
    for line in lines:
        if match := _HEADING.fullmatch(line):
            heading = match[1]
        elif match := _FENCE.fullmatch(line):
            body = []
            for inner in lines:
                if inner == '```':
                    break
                body.append(inner + '\n')
            else:
                raise AssertionError(f'{page}: a block has no end')
            yield Block(heading, match[1], ''.join(body))


def block_of(page: pathlib.Path, heading: str, tag: str) -> str:
    """The text of the only block below `heading` with that tag."""
    texts = [
        block.text
        for block in blocks_of(page)
        if (block.heading, block.tag) == (heading, tag)
    ]
    if len(texts) != 1:
        raise AssertionError(
            f'{page}: {len(texts)} blocks of {tag} are below "{heading}"'
        )
    return texts[0]
