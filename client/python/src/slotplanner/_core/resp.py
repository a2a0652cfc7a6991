# SPDX-License-Identifier: Apache-2.0
"""RESP2, byte for byte: requests out, replies in."""

from __future__ import annotations

from collections.abc import Sequence

from slotplanner.results import ErrorReply, Reply

# As nodes limit them ("proto-max-bulk-len" is 512 MB by default); an array of
# more elements, or a deeper one, is not what a node sends.
MAX_BULK_BYTES = 512 << 20
MAX_ELEMENTS = 1 << 30
MAX_DEPTH = 128
MAX_LINE_BYTES = 64 << 10


class ProtocolError(Exception):
    """The bytes are no RESP2. The message quotes none of them."""


def pack(args: Sequence[bytes]) -> bytes:
    """One request."""
    pieces = [b"*%d\r\n" % len(args)]
    for arg in args:
        pieces += (b"$%d\r\n" % len(arg), arg, b"\r\n")
    return b"".join(pieces)


class ReplyParser:
    """Takes bytes as they come and gives whole replies. Not thread-safe."""

    def __init__(self) -> None:
        self._buffer = bytearray()  # What is of no value yet.
        # The arrays that are not complete, from the outermost one: how many
        # elements each still lacks, and those it has.
        self._open: list[tuple[int, list[Reply]]] = []
        self._bulk_length: int | None = None

    @property
    def is_between_replies(self) -> bool:
        """Whether all bytes that came belong to replies that were given."""
        return not self._buffer and not self._open and self._bulk_length is None

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that `data` completes. Raises `ProtocolError`."""
        buffer = self._buffer
        buffer += data
        size = len(buffer)
        position = 0
        replies: list[Reply] = []
        while position < size:
            value: Reply
            if self._bulk_length is not None:
                end = position + self._bulk_length
                if size < end + 2:
                    break
                if not buffer.startswith(b"\r\n", end):
                    raise ProtocolError("a bulk string has another length")
                value = bytes(buffer[position:end])
                position = end + 2
                self._bulk_length = None
            else:
                end = buffer.find(b"\r\n", position)
                if end < 0:
                    if size - position > MAX_LINE_BYTES:
                        raise ProtocolError("a line is too long")
                    break
                kind = buffer[position]
                line = bytes(buffer[position + 1 : end])
                position = end + 2
                if kind == 0x24:  # $
                    length = _length(line, MAX_BULK_BYTES)
                    if length >= 0:
                        self._bulk_length = length
                        continue
                    value = None
                elif kind == 0x2A:  # *
                    length = _length(line, MAX_ELEMENTS)
                    if length > 0:
                        if len(self._open) == MAX_DEPTH:
                            raise ProtocolError("arrays are nested too deeply")
                        self._open.append((length, []))
                        continue
                    value = None if length < 0 else []
                elif kind == 0x2B:  # +
                    value = line
                elif kind == 0x3A:  # :
                    value = _integer(line)
                elif kind == 0x2D:  # -
                    value = ErrorReply(line)
                else:
                    raise ProtocolError("a reply has an unknown type")
            while self._open:
                length, elements = self._open[-1]
                elements.append(value)
                if len(elements) < length:
                    break
                value = elements
                self._open.pop()
            else:
                replies.append(value)
        del buffer[:position]
        return replies


def _integer(line: bytes) -> int:
    digits = line[1:] if line[:1] in (b"-", b"+") else line
    if not digits.isdigit() or len(digits) > 19:
        raise ProtocolError("an integer does not parse")
    value = int(line)
    if not -(1 << 63) <= value < 1 << 63:
        raise ProtocolError("an integer has more than 64 bits")
    return value


def _length(line: bytes, limit: int) -> int:
    length = _integer(line)
    if not -1 <= length <= limit:
        raise ProtocolError("a length is out of range")
    return length
