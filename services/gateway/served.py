"""What is told of each request once it is over: a line in the log, and a span where traces are sent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import structlog
from starlette.types import Message, Scope

from shared import tracing

__all__ = ["UNCOUNTED", "Served"]

API = "/v1/"
LONGEST_PATH = 200
UNCOUNTED = ("/metrics", "/healthz", "/readyz")
"""What supervisors ask for, again and again."""
log = structlog.get_logger(__name__)


class Served:
    """A request as it is served. A stream's length is its line's `seconds`.

    Args:
        scope: of the request. Of its address the path alone is told, since what follows may be anything.
        request_id: its id.
    """

    def __init__(self, scope: Scope, request_id: str) -> None:
        self._scope, self._request_id, self._began_s = scope, request_id, time.monotonic()
        self._status: int | None = None
        self._sent_bytes = 0

    def see(self, message: Message) -> None:
        """Look at what is sent."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
        elif message["type"] == "http.response.body":
            self._sent_bytes += len(message.get("body", b""))

    @contextmanager
    def watched(self, traceparent: str | None) -> Iterator[None]:
        """Trace and log what is done inside; requests of supervisors are logged where all is, and not traced.

        Args:
            traceparent: of whoever asks, if they trace.
        """
        try:
            if self._scope["path"] in UNCOUNTED:
                yield
                return
            method = self._scope["method"]
            with tracing.span(
                method, {"http.request.method": method}, parent=traceparent, serves=True
            ) as span:
                trace_id = tracing.trace_id_of(tracing.current_traceparent())
                if trace_id is not None:
                    structlog.contextvars.bind_contextvars(trace_id=trace_id)
                yield
                self._tell_span(span, method)
        finally:
            self._log()

    def _tell_span(self, span: tracing.Span, method: str) -> None:
        """Name a span by its route: it is known by now, and has no ids in it."""
        route = getattr(self._scope.get("route"), "path", None)
        if route is not None and self._scope["path"].startswith(API) and not route.startswith(API):
            route = f"{API.rstrip('/')}{route}"  # A route does not know where its router was put.
        if route is not None:
            span.rename(f"{method} {route}")
        known = {"http.route": route, "http.response.status_code": self._status}
        span.note({**known, "segue.request_id": self._request_id})
        if self._status is not None and self._status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            span.fail(f"HTTP {self._status}")

    def _log(self) -> None:
        write = log.debug if self._scope["path"] in UNCOUNTED else log.info
        write(
            "request served",
            action="request_served",
            method=self._scope["method"],
            path=self._scope["path"][:LONGEST_PATH],
            status=self._status,
            seconds=round(time.monotonic() - self._began_s, 4),
            sent_bytes=self._sent_bytes,
            client=(self._scope.get("client") or [None])[0],
        )
