"""How much the gateway has on its hands at once, whoever asks: beyond it, it refuses at once.

A request that waits costs memory and a connection, and all others time. So there are so many places for
uploads, for streams that go on for hours, and for everything else, and who finds none is told when to come
again. Of requests that change something a few are worked at at a time: they take longest, and reading must
not wait for them.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import structlog
from anyio import CapacityLimiter
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.access.refusals import GatewayBusy
from services.gateway.bodies import is_upload
from services.gateway.problems import describe, headers_of, respond
from shared.settings import Settings

__all__ = ["Places", "Turnstile"]

CHANGES_AT_ONCE = 8
READING = frozenset({"GET", "HEAD", "OPTIONS"})
_ENDLESS = re.compile(r"/v1/(jobs/[^/]+/events|radio/[^/]+\.mp3)")
log = structlog.get_logger(__name__)


@dataclass
class Places:
    """Places for one kind of request.

    Attributes:
        what: names the kind, for people.
        setting: what sets how many there are.
        most: how many; 0: any number.
    """

    what: str
    setting: str
    most: int
    taken: int = 0

    @contextmanager
    def take(self) -> Iterator[None]:
        """Hold a place.

        Raises:
            GatewayBusy: there is none.
        """
        if self.most and self.taken >= self.most:
            raise GatewayBusy(what=self.what, limit=self.most, setting=self.setting)
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1


class Turnstile:
    """The ASGI middleware that lets requests in while there are places. Supervisors' probes need none.

    Args:
        app: answers the requests.
        settings: how many places there are.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self.uploads = Places("uploads", "SEGUE_MOST_UPLOADS", settings.most_uploads)
        self.streams = Places("streams", "SEGUE_MOST_STREAMS", settings.most_streams)
        self.requests = Places("requests", "SEGUE_MOST_REQUESTS", settings.most_requests)
        self._changing = CapacityLimiter(CHANGES_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        places = self._places_for(scope)
        try:
            with places.take():
                async with self._in_line(scope, places):
                    await self._app(scope, receive, send)
        except GatewayBusy as busy:
            log.warning("request refused", action="request_refused", cause=busy.slug, places=busy.what)
            await respond(Request(scope), describe(busy), headers_of(busy))(scope, receive, send)

    def _places_for(self, scope: Scope) -> Places:
        if is_upload(scope):
            return self.uploads
        return self.streams if _ENDLESS.fullmatch(scope["path"]) else self.requests

    @asynccontextmanager
    async def _in_line(self, scope: Scope, places: Places) -> AsyncIterator[None]:
        """Wait until it is the turn of a request that changes something; uploads have a line of their own."""
        if scope["method"] in READING or places is self.uploads:
            yield
            return
        async with self._changing:
            yield
