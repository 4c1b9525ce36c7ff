"""An application behind the gateway's turnstile, whose requests wait at a desk until they are let go."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.responses import Response, StreamingResponse

from services.gateway.access.doorkeeper import Caller
from services.gateway.access.refusals import KeyNeeded
from services.gateway.access.turnstile import LARGE_BYTES, Turnstile
from services.gateway.middleware import RequestFrame
from services.gateway.problems import add_problem_handlers
from shared.settings import Settings
from tests.support.lines import IN_SOCKETS_BYTES

LIMITS = {"most_requests": 3, "most_uploads": 2, "most_streams": 1, "s3_secret_key": "unused"}


class Desk:
    """Where requests wait until they are let go."""

    def __init__(self) -> None:
        self.go_on, self.waiting, self.most, self._lock = threading.Event(), 0, 0, threading.Lock()
        self.uploads = self.told = 0

    def serve(self) -> None:
        with self._lock:
            self.waiting += 1
            self.most = max(self.most, self.waiting)
        assert self.go_on.wait(timeout=60)
        with self._lock:
            self.waiting -= 1


async def admit(request: Request) -> None:
    """Let everyone in but who says that they are nobody; the tenant is who they say."""
    tenant = request.headers.get("tenant", "annas")
    if tenant == "nobody":
        raise KeyNeeded
    request.state.place.claim(tenant)
    request.state.caller = Caller(tenant)


def app_at(desk: Desk, **limits: object) -> FastAPI:
    app, v1 = FastAPI(), APIRouter(prefix="/v1", dependencies=[Depends(admit)])

    @v1.get("/things")
    @v1.post("/things")
    @v1.get("/keys")
    @v1.delete("/keys")
    def things() -> None:
        desk.serve()

    @v1.post("/wishes")
    def wish(wish: dict[str, int]) -> dict[str, int]:
        return wish

    @v1.post("/told")
    def told() -> Response:
        desk.told += 1
        return Response(bytes(LARGE_BYTES))

    @app.get("/page")
    def page() -> None:
        desk.serve()

    @v1.get("/long")
    @app.get("/long")
    def long() -> Response:
        return Response(bytes(IN_SOCKETS_BYTES))

    @v1.post("/songs")
    async def upload(request: Request) -> int:
        size_bytes = 0
        desk.uploads += 1
        async for block in request.stream():
            size_bytes += len(block)
        return size_bytes

    @v1.get("/jobs/{job}/events")
    def events() -> StreamingResponse:
        def endless() -> Iterator[bytes]:
            while not desk.go_on.wait(0.05):
                yield b"."

        return StreamingResponse(endless())

    @app.get("/healthz")
    def health() -> None:
        return None

    app.include_router(v1)
    add_problem_handlers(app)
    app.add_middleware(Turnstile, settings=Settings.model_validate(LIMITS | limits))
    app.add_middleware(RequestFrame)
    return app
