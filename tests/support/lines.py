"""Lines to a gateway, on which requests are sent as no client does: in halves, without end, unread."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol

import httpx

IN_SOCKETS_BYTES = 16 << 20
"""More than what is under way between two sockets of a machine."""


class Opener(Protocol):
    """Opens a line."""

    def __call__(self, *, holds_bytes: int | None = None) -> socket.socket:
        """Open one, on which about so many bytes that come wait to be read; None: as many as is usual."""


@contextmanager
def lines_to(api: httpx.Client) -> Iterator[Opener]:
    """Yield what opens a line to the gateway of a client; all are closed at the end."""
    with ExitStack() as lines:

        def opened(*, holds_bytes: int | None = None) -> socket.socket:
            line = lines.enter_context(socket.socket())
            if holds_bytes is not None:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, holds_bytes)
            line.settimeout(60)
            line.connect((api.base_url.host, api.base_url.port))
            return line

        yield opened


def begun(line: socket.socket, method: str, path: str, *headers: str, length: int = 10) -> None:
    """Send the head of a request that announces a body, and nothing of the body."""
    head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", *headers]
    line.sendall("\r\n".join([*head, f"Content-Length: {length}", "", ""]).encode())


def rest(line: socket.socket) -> bytes:
    """Return what comes until the other side closes the line."""
    told = b""
    try:
        while part := line.recv(65_536):
            told += part
    except ConnectionResetError:
        pass  # It closed while more was on its way to it.
    return told
