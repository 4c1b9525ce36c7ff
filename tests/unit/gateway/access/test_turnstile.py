"""What the gateway takes on at once, as it is served."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from services.gateway.access.quotas import LEAST_AT_ONCE
from services.gateway.access.turnstile import CHANGES_AT_ONCE
from tests.support.desk import Desk, app_at
from tests.support.gateway import serving
from tests.support.lines import begun, lines_to
from tests.support.servers import until


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.go_on.set()


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
