"""What the gateway takes on at once, as it is served."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.responses import Response, StreamingResponse

from services.gateway import bodies
from services.gateway.access.doorkeeper import Caller
from services.gateway.access.quotas import LEAST_AT_ONCE
from services.gateway.access.refusals import KeyNeeded
from services.gateway.access.turnstile import CHANGES_AT_ONCE, LARGE_BYTES, Turnstile
from services.gateway.lines import BoundedLines
from services.gateway.middleware import RequestFrame
from services.gateway.problems import add_problem_handlers
from shared.settings import Settings
from tests.support.gateway import serving
from tests.support.lines import IN_SOCKETS_BYTES, begun, lines_to, rest
from tests.support.servers import until

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


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.go_on.set()


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


def test_the_operators_requests_for_keys_pass_the_line_and_have_places_of_their_own(api, desk, pool):
    held = [pool.submit(api.get, "/v1/things") for _ in range(3)]
    until(lambda: desk.waiting == 3)
    keys = [pool.submit(api.delete, "/v1/keys") for _ in range(3)]
    until(lambda: desk.waiting == 6)
    assert api.get("/v1/keys").status_code == 503
    desk.go_on.set()
    assert {one.result().status_code for one in (*held, *keys)} == {200}


def test_keys_wait_for_none_of_the_changes(desk, pool):
    with serving(app_at(desk, most_requests=0)) as api:
        held = [pool.submit(api.post, "/v1/things") for _ in range(CHANGES_AT_ONCE)]
        until(lambda: desk.waiting == CHANGES_AT_ONCE)
        revoking = pool.submit(api.delete, "/v1/keys")
        until(lambda: desk.waiting == CHANGES_AT_ONCE + 1)
        desk.go_on.set()
        assert {one.result().status_code for one in (*held, revoking)} == {200}


def test_pages_have_places_of_their_own(api, desk, pool):
    held = [pool.submit(api.get, "/page") for _ in range(3)]
    until(lambda: desk.waiting == 3)
    assert api.get("/page").status_code == 503
    read = pool.submit(api.get, "/v1/things")
    until(lambda: desk.waiting == 4)
    desk.go_on.set()
    assert {one.result().status_code for one in (*held, read)} == {200}


def test_requests_whose_bodies_do_not_come_hold_neither_a_place_nor_a_turn(desk):
    desk.go_on.set()
    with serving(app_at(desk)) as api, lines_to(api) as lines:
        for method, path in (("POST", "/v1/wishes"), ("GET", "/v1/things")):
            for _ in range(2 * CHANGES_AT_ONCE):
                begun(lines(), method, path)
        assert api.get("/v1/things").status_code == 200
        assert api.post("/v1/wishes", json={"a": 3}).json() == {"a": 3}


def test_who_is_not_let_in_holds_no_place_while_their_bodies_do_not_come(desk, monkeypatch):
    monkeypatch.setattr(bodies, "STRANGERS_DRAINED_S", 60.0)
    with serving(app_at(desk)) as api, lines_to(api) as lines:
        for _ in range(2):
            begun(lines(), "POST", "/v1/songs", "Tenant: nobody")
        assert until(lambda: api.post("/v1/songs", content=b"abc").status_code == 200)


def test_what_is_left_of_a_strangers_body_is_hardly_waited_for(desk, monkeypatch):
    monkeypatch.setattr(bodies, "STRANGERS_DRAINED_S", 0.1)
    with serving(app_at(desk)) as api, lines_to(api) as lines:
        line = lines()
        begun(line, "POST", "/v1/songs", "Tenant: nobody")
        told = line.recv(65_536)
    assert told.startswith(b"HTTP/1.1 401 ")
    assert b"connection: close" in told.lower()


def test_one_tenant_holds_a_share_of_the_places_and_others_the_rest(desk, pool):
    most = 4 * LEAST_AT_ONCE
    with serving(app_at(desk, most_requests=most)) as api:
        held = [pool.submit(api.get, "/v1/things") for _ in range(LEAST_AT_ONCE)]
        until(lambda: desk.waiting == LEAST_AT_ONCE)
        refused = api.get("/v1/things")
        assert (refused.status_code, refused.json()["type"]) == (429, "urn:segue:problem:too-many-at-once")
        assert int(refused.headers["retry-after"]) > 0
        assert "SEGUE_QUOTA_REQUESTS_AT_ONCE" in refused.json()["detail"]
        others = [pool.submit(api.get, "/v1/things", headers={"Tenant": "bobs"})]
        others += [
            pool.submit(api.get, "/v1/things", headers={"Tenant": "local"}) for _ in range(LEAST_AT_ONCE + 1)
        ]
        until(lambda: desk.waiting == LEAST_AT_ONCE + len(others))
        desk.go_on.set()
        assert {one.result().status_code for one in (*held, *others)} == {200}
        assert api.get("/v1/things").status_code == 200, "what has ended counts no more"


def test_one_tenant_holds_a_share_of_the_uploads(desk):
    with serving(app_at(desk, most_uploads=16)) as api, lines_to(api) as lines:
        for _ in range(LEAST_AT_ONCE):
            begun(lines(), "POST", "/v1/songs")
        until(lambda: desk.uploads == LEAST_AT_ONCE)
        assert api.post("/v1/songs", content=b"abc").status_code == 429
        assert api.post("/v1/songs", content=b"abc", headers={"Tenant": "bobs"}).status_code == 200


@pytest.mark.parametrize(("path", "other"), [("/v1/long", "/v1/things"), ("/long", "/page")])
def test_who_does_not_read_loses_the_line_and_the_place(desk, monkeypatch, path, other):
    monkeypatch.setattr(BoundedLines, "IDLE_S", 2.0)
    desk.go_on.set()
    with serving(app_at(desk, most_requests=1)) as api, lines_to(api) as lines:
        line = lines()
        begun(line, "GET", path, length=0)
        until(lambda: api.get(other).status_code == 503)
        until(lambda: api.get(other).status_code == 200)
        assert len(rest(line)) < IN_SOCKETS_BYTES


def test_who_reads_slowly_gets_all_of_it(desk, monkeypatch):
    monkeypatch.setattr(BoundedLines, "IDLE_S", 1.0)
    step_bytes, slow_bytes = 64 << 10, 3 << 20
    with serving(app_at(desk)) as api, lines_to(api) as lines:
        line = lines(holds_bytes=step_bytes)
        begun(line, "GET", "/long", length=0)
        came = 0
        while came < IN_SOCKETS_BYTES:
            told = line.recv(step_bytes)
            assert told, "it was cut off"
            came += len(told)
            if came < slow_bytes:
                time.sleep(0.1)


def test_who_does_not_read_answers_to_changes_holds_up_no_others(desk):
    def stands_still() -> bool:
        before = desk.told
        time.sleep(0.5)
        return desk.told == before >= CHANGES_AT_ONCE

    with serving(app_at(desk, most_requests=0)) as api, lines_to(api) as lines:
        for line in [lines(holds_bytes=LARGE_BYTES) for _ in range(CHANGES_AT_ONCE)]:
            for _ in range(IN_SOCKETS_BYTES // 2 // LARGE_BYTES):
                begun(line, "POST", "/v1/told", length=0)
        until(stands_still)
        assert api.post("/v1/told").status_code == 200
