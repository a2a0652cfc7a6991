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
        self._buffer = bytearray()
        self._position = 0
        # The arrays that are not complete, from the outermost one: how many
        # elements each still lacks, and those it has.
        self._open: list[tuple[int, list[Reply]]] = []
        self._bulk_length: int | None = None

    @property
    def is_between_replies(self) -> bool:
        """Whether all bytes that came belong to replies that were given."""
        return (
            self._position == len(self._buffer)
            and not self._open
            and self._bulk_length is None
        )

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that `data` completes. Raises `ProtocolError`."""
        self._buffer += data
        replies: list[Reply] = []
        while self._read_value(replies):
            pass
        if self._position == len(self._buffer):
            self._buffer.clear()
        else:
            del self._buffer[: self._position]
        self._position = 0
        return replies

    def _read_value(self, replies: list[Reply]) -> bool:
        """Reads one value, or the head of one. False when bytes are missing."""
        if self._bulk_length is not None:
            end = self._position + self._bulk_length
            if len(self._buffer) < end + 2:
                return False
            if self._buffer[end : end + 2] != b"\r\n":
                raise ProtocolError("a bulk string has another length")
            value = bytes(self._buffer[self._position : end])
            self._position = end + 2
            self._bulk_length = None
            self._add(value, replies)
            return True
        end = self._buffer.find(b"\r\n", self._position)
        if end < 0:
            if len(self._buffer) - self._position > MAX_LINE_BYTES:
                raise ProtocolError("a line is too long")
            return False
        kind = self._buffer[self._position]
        line = bytes(self._buffer[self._position + 1 : end])
        self._position = end + 2
        if kind == 0x2B:  # +
            self._add(line, replies)
        elif kind == 0x2D:  # -
            self._add(ErrorReply(line), replies)
        elif kind == 0x3A:  # :
            self._add(_integer(line), replies)
        elif kind == 0x24:  # $
            length = _length(line, MAX_BULK_BYTES)
            if length < 0:
                self._add(None, replies)
            else:
                self._bulk_length = length
        elif kind == 0x2A:  # *
            length = _length(line, MAX_ELEMENTS)
            if length < 0:
                self._add(None, replies)
            elif length == 0:
                self._add([], replies)
            elif len(self._open) == MAX_DEPTH:
                raise ProtocolError("arrays are nested too deeply")
            else:
                self._open.append((length, []))
        else:
            raise ProtocolError("a reply has an unknown type")
        return True

    def _add(self, value: Reply, replies: list[Reply]) -> None:
        while self._open:
            length, elements = self._open[-1]
            elements.append(value)
            if len(elements) < length:
                return
            value = elements
            self._open.pop()
        replies.append(value)


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
