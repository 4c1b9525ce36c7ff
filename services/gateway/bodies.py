"""The bodies of requests as they come: none is held that no request needs, and none is waited for for ever.

The body of an upload is stored as it comes. That of any other request is read whole before the request gets a
place and is looked at, so that whoever sends half of one keeps nobody waiting; it has to come in
`LONGEST_S` seconds, and all bodies that are held fill `HELD_BYTES` at most.

The server reads on after an answer, to serve the next request on the same line. Whoever sends without end
would never be stopped by that, so a request that is answered before it has come whole has its line closed.
Some of the rest is read before: a client that is cut off while it sends may never read the answer. Of those
who were not let in it is not much.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import anyio
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope

from services.gateway.access.refusals import RequestSlow, RequestTooLarge, TooMuchInHand

__all__ = ["MOST_BODY_BYTES", "UPLOADS", "Bodies", "Body", "HeldBody", "is_upload"]

MOST_BODY_BYTES = 4 << 20
"""Of any request but an upload, whose bytes are counted as they are stored: thousands of songs fit in."""
LONGEST_S = 30.0
"""For so long the body of a request is waited for that is no upload."""
HELD_BYTES = 64 << 20
"""Of the bodies of all requests together that are no uploads, but for what is small."""
SMALL_BYTES = 64 << 10
"""The server holds as much of each line anyway: what is no larger finds room whatever others send."""
UPLOADS = "/v1/uploads/"
DRAINED_BYTES, DRAINED_S = 64 << 20, 60.0
STRANGERS_DRAINED_S = 2.0
"""Of who was not let in: who sends without end would else keep a line for a minute."""


def is_upload(scope: Scope) -> bool:
    """Tell whether a request sends a song or a piece of one, whose bytes are counted as they are stored."""
    method, path = scope["method"], scope["path"]
    return (method == "POST" and path == "/v1/songs") or (method == "PATCH" and path.startswith(UPLOADS))


class Body:
    """The body of one request.

    Args:
        scope: of the request.
        receive: gives its messages.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        headers = Headers(scope=scope)
        self._receive, self._come_bytes = receive, 0
        self._awaits_word = "expect" in headers
        self.unfinished = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
        """Whether more of it is to come."""

    async def receive(self) -> Message:
        """Return the next message."""
        message = await self._receive()
        self.unfinished = message["type"] == "http.request" and message.get("more_body", False)
        self._come_bytes += len(message.get("body", b""))
        return message

    async def drain(self, *, was_let_in: bool) -> None:
        """Read on for a while, unless the client waits to be told to send."""
        if self._awaits_word and not self._come_bytes:
            return
        most_bytes = self._come_bytes + DRAINED_BYTES
        with anyio.move_on_after(DRAINED_S if was_let_in else STRANGERS_DRAINED_S):
            while self.unfinished and self._come_bytes < most_bytes:
                await self.receive()


class Bodies:
    """The bodies that are held, of all requests together. Of the event loop's thread alone."""

    def __init__(self) -> None:
        self.counted_bytes = 0

    @contextmanager
    def hold(self) -> Iterator[HeldBody]:
        """Make room for one body, which counts until the end."""
        held = HeldBody(self)
        try:
            yield held
        finally:
            self.counted_bytes -= held.counted_bytes


class HeldBody:
    """One body that is held whole. `counted_bytes`: as which it counts."""

    def __init__(self, bodies: Bodies) -> None:
        self._bodies, self.counted_bytes = bodies, 0
        self._data = bytearray()

    async def read(self, body: Body) -> Receive:
        """Wait until a body has come whole; return what gives it, in one message.

        Raises:
            RequestTooLarge, RequestSlow: it does not end, or comes too slowly.
            TooMuchInHand: there is no room for it.
            ClientDisconnect: the client has gone.
        """
        try:
            with anyio.fail_after(LONGEST_S):
                while body.unfinished:
                    self._take(await body.receive())
        except TimeoutError:
            raise RequestSlow(waited_s=LONGEST_S) from None
        given = False

        async def give() -> Message:
            nonlocal given
            if given:
                return await body.receive()
            given = True
            data = bytes(self._data)
            self._data.clear()
            return {"type": "http.request", "body": data, "more_body": False}

        return give

    def _take(self, message: Message) -> None:
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        self._data += message.get("body", b"")
        if len(self._data) > MOST_BODY_BYTES:
            raise RequestTooLarge(most_bytes=MOST_BODY_BYTES)
        more_bytes = max(0, len(self._data) - SMALL_BYTES) - self.counted_bytes
        if self._bodies.counted_bytes + more_bytes > HELD_BYTES:
            raise TooMuchInHand(most_bytes=HELD_BYTES)
        self._bodies.counted_bytes += more_bytes
        self.counted_bytes += more_bytes
