"""Clients that do not send what they announced, or do not read what they asked for, keep nobody waiting."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from services.gateway import bodies
from services.gateway.access.turnstile import CHANGES_AT_ONCE, LARGE_BYTES
from services.gateway.lines import BoundedLines
from tests.support.desk import Desk, app_at
from tests.support.gateway import serving
from tests.support.lines import IN_SOCKETS_BYTES, begun, lines_to, rest
from tests.support.servers import until


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.go_on.set()


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
