"""The bodies of requests as they come: none is held that no request needs, and none is read for ever.

The server reads on after an answer, to serve the next request on the same line. Whoever sends without end
would never be stopped by that, so a request that is answered before it has come whole has its line closed.
Some of the rest is read before: a client that is cut off while it sends may never read the answer.
"""

from __future__ import annotations

from http import HTTPStatus

import anyio
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

MOST_BODY_BYTES = 4 << 20
"""Of any request but an upload, whose bytes are counted as they are stored: thousands of songs fit in."""
UPLOADS = "/v1/uploads/"
DRAINED_BYTES, DRAINED_S = 64 << 20, 60.0


def is_upload(scope: Scope) -> bool:
    """Tell whether a request sends a song or a piece of one, whose bytes are counted as they are stored."""
    method, path = scope["method"], scope["path"]
    return (method == "POST" and path == "/v1/songs") or (method == "PATCH" and path.startswith(UPLOADS))


class Body:
    """The body of one request.

    Args:
        scope: of the request.
        receive: gives its messages.
        most_bytes: how many it may have; None: the route counts them.
    """

    def __init__(self, scope: Scope, receive: Receive, *, most_bytes: int | None) -> None:
        headers = Headers(scope=scope)
        self._receive, self._most_bytes, self._come_bytes = receive, most_bytes, 0
        self._awaits_word = "expect" in headers
        self.unfinished = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
        """Whether more of it is to come."""

    async def receive(self) -> Message:
        """Return the next message.

        Raises:
            HTTPException: there is more than may be.
        """
        message = await self._next()
        if self._most_bytes is not None and self._come_bytes > self._most_bytes:
            raise HTTPException(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"the request has more than {self._most_bytes / 1e6:.1f} MB, and none but uploads may",
            )
        return message

    async def drain(self) -> None:
        """Read on for a while, unless the client waits to be told to send."""
        if self._awaits_word and not self._come_bytes:
            return
        most_bytes = self._come_bytes + DRAINED_BYTES
        with anyio.move_on_after(DRAINED_S):
            while self.unfinished and self._come_bytes < most_bytes:
                await self._next()

    async def _next(self) -> Message:
        message = await self._receive()
        self.unfinished = message["type"] == "http.request" and message.get("more_body", False)
        self._come_bytes += len(message.get("body", b""))
        return message
