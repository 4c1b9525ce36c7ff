"""How much the gateway has on its hands at once, whoever asks: beyond it, it refuses at once.

A request that waits costs memory and a connection, and all others time. So there are so many places for
uploads, for streams that go on for hours, and for everything else, and who finds none is told when to come
again. A place is taken once the request's body is there, and given back as soon as the answer to one who was
not let in begins: what clients do not send or do not read, they wait for themselves.

Of requests that change something a few are worked at at a time: they take longest, and reading must not wait
for them. The operator's requests for keys wait in no line and have places of their own, so that a key can
always be revoked; so has what lies outside the API, which anybody may read.
"""

from __future__ import annotations

import re
from contextlib import ExitStack

import structlog
from anyio import Semaphore
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.access.places import Places
from services.gateway.access.quotas import share_of
from services.gateway.access.refusals import Refusal, TooManyAtOnce, TooManyStreams
from services.gateway.bodies import Bodies, Body, is_upload
from services.gateway.problems import CLIENT_CLOSED, describe, headers_of, respond
from services.gateway.served import API, UNCOUNTED
from shared.settings import Settings

__all__ = ["CHANGES_AT_ONCE", "Turnstile"]

CHANGES_AT_ONCE = 8
LARGE_BYTES = 64 << 10
"""What is sent at a time and is larger holds its place until the client has taken it; less is soon taken."""
READING = frozenset({"GET", "HEAD", "OPTIONS"})
_ENDLESS = re.compile(r"/v1/(jobs/[^/]+/events|radio/[^/]+\.mp3)")
_KEYS = re.compile(r"/v1/keys(/.*)?")
log = structlog.get_logger(__name__)


class Turnstile:
    """The ASGI middleware that lets requests in while there are places. Supervisors' probes need none.

    It works within `RequestFrame`, which leaves the request's body in its scope, and leaves the place that is
    held in the request's state, for `admit` to say whose it is.

    Args:
        app: answers the requests.
        settings: how many places there are, and how many of them one tenant may hold.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app, self._bodies = app, Bodies()
        self.uploads = Places(
            "uploads",
            "SEGUE_MOST_UPLOADS",
            settings.most_uploads,
            lambda tenant: share_of(settings, tenant).uploads_at_once,
            lambda limit: TooManyAtOnce(what="uploads", limit=limit, setting="SEGUE_QUOTA_UPLOADS_AT_ONCE"),
        )
        self.streams = Places(
            "streams",
            "SEGUE_MOST_STREAMS",
            settings.most_streams,
            lambda tenant: share_of(settings, tenant).streams,
            lambda limit: TooManyStreams(limit=limit),
        )
        most_requests = ("SEGUE_MOST_REQUESTS", settings.most_requests)
        self.requests = Places(
            "requests",
            *most_requests,
            lambda tenant: share_of(settings, tenant).requests_at_once,
            lambda limit: TooManyAtOnce(what="requests", limit=limit, setting="SEGUE_QUOTA_REQUESTS_AT_ONCE"),
        )
        self.keys = Places("requests for keys", *most_requests)
        self.pages = Places("requests for pages", *most_requests)
        self._changing = Semaphore(CHANGES_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http" or scope["path"] in UNCOUNTED:
            await self._app(scope, receive, send)
            return
        places = self._places_for(scope)
        try:
            places.need_one()
            await self._let_in(scope, receive, send, places)
        except Refusal as refusal:
            log.warning("request refused", action="request_refused", cause=refusal.slug, places=places.what)
            await respond(Request(scope), describe(refusal), headers_of(refusal))(scope, receive, send)
        except ClientDisconnect:
            await Response(status_code=CLIENT_CLOSED)(scope, receive, send)

    def _places_for(self, scope: Scope) -> Places:
        path = scope["path"]
        if not path.startswith(API):
            return self.pages
        if is_upload(scope):
            return self.uploads
        if _KEYS.fullmatch(path):
            return self.keys
        return self.streams if _ENDLESS.fullmatch(path) else self.requests

    async def _let_in(self, scope: Scope, receive: Receive, send: Send, places: Places) -> None:
        """Pass a request on once its body is there, there is a place, and it is its turn."""
        body: Body = scope["body"]
        with ExitStack() as held, ExitStack() as line:
            if not is_upload(scope) and body.unfinished:
                receive = await held.enter_context(self._bodies.hold()).read(body)
            state = scope.setdefault("state", {})
            state["place"] = held.enter_context(places.take())
            if places is self.requests and scope["method"] not in READING:
                await self._changing.acquire()
                line.callback(self._changing.release)

            async def send_and_leave(message: Message) -> None:
                if message["type"] == "http.response.start":
                    line.close()  # The work is done; who does not read the answer holds up no other.
                    was_refused = places is not self.pages and "caller" not in state
                    if was_refused or body.unfinished:
                        held.close()
                elif len(message.get("body", b"")) > LARGE_BYTES and not message.get("more_body"):
                    # The server waits for the client before it sends, not after it has sent the last.
                    await send({**message, "more_body": True})
                    message = {"type": "http.response.body", "body": b""}
                await send(message)

            await self._app(scope, receive, send_and_leave)
