# SPDX-License-Identifier: Apache-2.0
"""A real Redis server on loopback, and sockets that behave badly."""

from __future__ import annotations

import contextlib
import pathlib
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator

from slotplanner._core.redirection import Endpoint


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def redis_server(*flags: str, tls: bool = False) -> Iterator[Endpoint]:
    """A server with these flags, ready for connections."""
    port = free_port()
    ports = ["--port", "0", "--tls-port", str(port)]
    if not tls:
        ports = ["--port", str(port)]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            ["redis-server", *ports, "--bind", "127.0.0.1"]
            + ["--save", "", "--dir", folder, *flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if "Ready to accept connections" in line:
                    break
            else:
                raise RuntimeError("redis-server has ended.")
            yield Endpoint("127.0.0.1", port)
        finally:
            process.kill()
            process.communicate()


@contextlib.contextmanager
def silent_server() -> Iterator[Endpoint]:
    """A port that takes connections, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Endpoint("127.0.0.1", int(server.getsockname()[1]))


@contextlib.contextmanager
def full_server() -> Iterator[Endpoint]:
    """A port whose queue is full: to connect to it takes for ever."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(8):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(server.getsockname())
        yield Endpoint("127.0.0.1", int(server.getsockname()[1]))


@contextlib.contextmanager
def telling_server(text: bytes) -> Iterator[Endpoint]:
    """A port that says `text` to whoever has sent it something."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1)
                connection.sendall(text)
                connection.recv(1 << 16)

        thread = threading.Thread(target=answer)
        thread.start()
        yield Endpoint("127.0.0.1", int(server.getsockname()[1]))
        thread.join()


def certificate(folder: pathlib.Path) -> tuple[str, str]:
    """A self-signed certificate for 127.0.0.1, and its key."""
    cert, key = str(folder / "cert.pem"), str(folder / "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes"]
        + ["-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=x"]
        + ["-addext", "subjectAltName=IP:127.0.0.1"],
        check=True,
        capture_output=True,
    )
    return cert, key
