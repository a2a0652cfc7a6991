# SPDX-License-Identifier: Apache-2.0
"""A connection to a Redis node in a few lines: what a caller's driver does.

Replies are bytes, int, None, lists of those, a `Status` or an `Error`; nothing
is decoded, so equal replies are equal byte for byte.
"""

import dataclasses
import socket
import ssl
from collections.abc import Sequence

Reply = object


@dataclasses.dataclass(frozen=True)
class Status:
    text: bytes


@dataclasses.dataclass(frozen=True)
class Error:
    text: bytes


class Connection:
    def __init__(
        self,
        host: str,
        port: int,
        timeout_seconds: float = 30,
        tls: ssl.SSLContext | None = None,
    ):
        self._socket = socket.create_connection((host, port), timeout_seconds)
        if tls is not None:
            self._socket = tls.wrap_socket(self._socket, server_hostname=host)
        self._reader = self._socket.makefile('rb')

    def send(self, *args: bytes | str | int) -> None:
        parts = [a if isinstance(a, bytes) else str(a).encode() for a in args]
        header = b'*%d\r\n' % len(parts)
        self._socket.sendall(
            header + b''.join(b'$%d\r\n%s\r\n' % (len(p), p) for p in parts)
        )

    def read(self) -> Reply:
        line = self._reader.readline()
        if not line.endswith(b'\r\n'):
            raise ConnectionError('the node closed the connection')
        kind, text = line[:1], line[1:-2]
        if kind == b'+':
            return Status(text)
        if kind == b'-':
            return Error(text)
        if kind == b':':
            return int(text)
        size = int(text)
        if size < 0:
            return None
        if kind == b'*':
            return [self.read() for _ in range(size)]
        return self._reader.read(size + 2)[:-2]

    def call(self, *args: bytes | str | int) -> Reply:
        self.send(*args)
        return self.read()

    def call_many(self, commands: Sequence[Sequence[bytes]]) -> list[Reply]:
        """Pipelines the commands, a thousand at a time."""
        replies = []
        for start in range(0, len(commands), 1000):
            chunk = commands[start : start + 1000]
            for command in chunk:
                self.send(*command)
            replies += [self.read() for _ in chunk]
        return replies

    def close(self) -> None:
        self._reader.close()
        self._socket.close()
