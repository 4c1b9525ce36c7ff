"""Requests that begin too slowly, or never end to begin: uvicorn bounds neither time nor size of heads.

A line on which no head comes would be held for ever, and each is an open file; a head without end would be
kept in memory as far as it came.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["BoundedHeads"]


class BoundedHeads(HttpToolsProtocol):
    """Serve HTTP as uvicorn does, and close lines whose next head is late or too long.

    Between requests uvicorn's own timeout holds.

    Attributes:
        LONGEST_S: from the opening of a line, or from a later head's first bytes, to the head's end.
        MOST_BYTES: of a head, about: what came with its last bytes is not told apart.
    """

    LONGEST_S = 30.0
    MOST_BYTES = 65_536

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head, self._head_bytes = True, 0
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._late = self.loop.call_later(self.LONGEST_S, self._refuse, 408, "Request Timeout")

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, unless the head that it belongs to is too long."""
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if not self._in_head or self._head_bytes == 0 or self.transport.is_closing():
            return
        if self._head_bytes > self.MOST_BYTES:
            self._refuse(431, "Request Header Fields Too Large")
        elif self._late is None:
            self._late = self.loop.call_later(self.LONGEST_S, self._refuse, 408, "Request Timeout")

    def on_headers_complete(self) -> None:
        """Note that a head is whole."""
        self._in_head = False
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that another head may come."""
        self._in_head, self._head_bytes = True, 0
        super().on_message_complete()

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _refuse(self, status: int, reason: str) -> None:
        """Close the line; say why where a request had begun."""
        self._stop_waiting()
        if self._head_bytes and (self.cycle is None or self.cycle.response_complete):
            head = f"HTTP/1.1 {status} {reason}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            self.transport.write(head.encode())
        self.transport.close()
