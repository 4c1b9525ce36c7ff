"""What the gateway takes on at once, as it is served."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.responses import StreamingResponse

from services.gateway.access.turnstile import CHANGES_AT_ONCE, Turnstile
from services.gateway.middleware import RequestFrame
from shared.settings import Settings
from tests.support.gateway import serving
from tests.support.servers import until

LIMITS = {"most_requests": 3, "most_uploads": 2, "most_streams": 1, "s3_secret_key": "unused"}


class Desk:
    """Where requests wait until they are let go."""

    def __init__(self) -> None:
        self.go_on, self.waiting, self.most, self._lock = threading.Event(), 0, 0, threading.Lock()
        self.uploads = 0

    def serve(self) -> None:
        with self._lock:
            self.waiting += 1
            self.most = max(self.most, self.waiting)
        assert self.go_on.wait(timeout=60)
        with self._lock:
            self.waiting -= 1


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.go_on.set()


def app_at(desk: Desk, **limits: object) -> FastAPI:
    app = FastAPI()

    @app.get("/v1/things")
    @app.post("/v1/things")
    def things() -> None:
        desk.serve()

    @app.post("/v1/songs")
    async def upload(request: Request) -> int:
        size_bytes = 0
        desk.uploads += 1
        async for block in request.stream():
            size_bytes += len(block)
        return size_bytes

    @app.get("/v1/jobs/{job}/events")
    def events() -> StreamingResponse:
        def endless() -> Iterator[bytes]:
            while not desk.go_on.wait(0.05):
                yield b"."

        return StreamingResponse(endless())

    @app.get("/healthz")
    def health() -> None:
        return None

    app.add_middleware(Turnstile, settings=Settings.model_validate(LIMITS | limits))
    app.add_middleware(RequestFrame)
    return app


@pytest.fixture
def api(desk: Desk) -> Iterator[httpx.Client]:
    with serving(app_at(desk)) as client:
        yield client
        desk.go_on.set()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(32) as pool:
        yield pool


def test_beyond_its_places_a_request_is_told_at_once_when_to_come_again(api, desk, pool):
    held = [pool.submit(api.get, "/v1/things") for _ in range(3)]
    until(lambda: desk.waiting == 3)
    refused = api.get("/v1/things")
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"] == "urn:segue:problem:busy"
    assert "SEGUE_MOST_REQUESTS" in refused.json()["detail"]
    assert refused.headers["x-content-type-options"] == "nosniff"
    assert api.get("/healthz").status_code == 200, "a supervisor must not take it for dead"
    assert api.post("/v1/songs", content=b"abc").json() == 3, "uploads have places of their own"
    desk.go_on.set()
    assert [one.result().status_code for one in held] == [200] * 3
    assert api.get("/v1/things").status_code == 200


def test_a_stream_holds_its_place_until_its_client_leaves(api):
    path = "/v1/jobs/1/events"
    with api.stream("GET", path) as answer:
        assert answer.status_code == 200
        assert api.get(path).status_code == 503

    def follows() -> bool:
        with api.stream("GET", path) as answer:
            return answer.status_code == 200

    assert until(follows, timeout_s=30)


def test_an_upload_that_is_refused_is_read_to_its_end(api, desk, pool):
    def slowly() -> Iterator[bytes]:
        yield b"a"
        sent.wait(timeout=60)
        yield b"b"

    sent = threading.Event()
    held = [pool.submit(api.post, "/v1/songs", content=slowly()) for _ in range(2)]
    until(lambda: desk.uploads == 2)
    refused = api.post("/v1/songs", content=bytes(8 << 20))
    assert refused.status_code == 503
    assert refused.headers["retry-after"]
    sent.set()
    assert [one.result().json() for one in held] == [2, 2]


def test_changes_wait_in_line_and_readers_pass_them(desk, pool):
    with serving(app_at(desk, most_requests=0)) as api:
        held = [pool.submit(api.post, "/v1/things") for _ in range(2 * CHANGES_AT_ONCE)]
        until(lambda: desk.waiting == CHANGES_AT_ONCE)
        reading = pool.submit(api.get, "/v1/things")
        until(lambda: desk.waiting == CHANGES_AT_ONCE + 1)
        desk.go_on.set()
        assert reading.result().status_code == 200
        assert {one.result().status_code for one in held} == {200}
        assert desk.most <= CHANGES_AT_ONCE + 1
