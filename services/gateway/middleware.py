"""What holds for every request: a line in the logs, an end, security headers, no changes by other websites.

Browsers send a page's requests to any address, loopback too. Answers cannot be read by other sites, since
no CORS header allows it; changes are refused by their Origin.
"""

from __future__ import annotations

import re
import uuid
from http import HTTPStatus
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway import policies
from services.gateway.access.streams import ending_when_locked_out
from services.gateway.bodies import UPLOADS, Body
from services.gateway.problems import CrossSite, describe, respond
from services.gateway.served import Served
from services.gateway.upload_refusals import TUS_VERSION

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-site",
}
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestFrame:
    """The ASGI middleware around every request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name the request, refuse it if another site makes it, and add headers to the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = scope["request_id"] = _request_id(headers)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)

        send = ending_when_locked_out(scope, send)
        body = scope["body"] = Body(scope, receive)
        served = Served(scope, request_id)

        async def send_with_headers(message: Message) -> None:
            served.see(message)
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                if body.unfinished and message["status"] != HTTPStatus.REQUEST_TIMEOUT:
                    await body.drain(was_let_in="caller" in scope.get("state", {}))
                if body.unfinished:
                    answer["Connection"] = "close"
                answer.update({**SECURITY_HEADERS, "X-Request-ID": request_id})
                answer.setdefault("Content-Security-Policy", policies.NOTHING)
                if scope["path"].startswith("/v1/"):
                    # What a browser keeps for one caller is not for who uses it next.
                    answer.add_vary_header("Authorization, Cookie")
                    answer.setdefault("Cache-Control", "no-store")
                if scope["path"].startswith(UPLOADS.rstrip("/")):
                    answer["Tus-Resumable"] = TUS_VERSION
            await send(message)

        with served.watched(headers.get("traceparent")):
            if scope["method"] not in SAFE_METHODS and is_cross_site(headers):
                refusal = respond(Request(scope), describe(CrossSite(headers["origin"])))
                await refusal(scope, body.receive, send_with_headers)
            else:
                await self._app(scope, body.receive, send_with_headers)


def is_cross_site(headers: Headers) -> bool:
    """Tell whether a page of another host makes the request; programs send no Origin."""
    origin = headers.get("origin")
    try:
        return origin is not None and urlsplit(origin).netloc != headers.get("host")
    except ValueError:
        return True  # It is no address, so not this one.


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex[:16]
