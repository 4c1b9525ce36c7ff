"""Requests whose heads hardly come, or never end: their lines are closed, and nobody else's."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from services.gateway.heads import BoundedHeads
from tests.support.lines import rest

pytestmark = pytest.mark.integration


@contextmanager
def line_to(api: httpx.Client) -> Iterator[socket.socket]:
    with socket.create_connection((api.base_url.host, api.base_url.port), timeout=30) as line:
        yield line


def whole(path: str = "/healthz") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedHeads, "LONGEST_S", 0.5)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("sent", "told"), [(b"", b""), (b"GET /healthz HTTP/1.1\r\nX: ", b"HTTP/1.1 408 ")])
def test_a_head_that_does_not_come_is_not_waited_for(api, sent, told):
    with line_to(api) as line:
        line.sendall(sent)
        assert rest(line)[: len(told) or 1] == told
    assert api.get("/healthz").status_code == 200


@pytest.mark.usefixtures("impatient")
def test_a_second_head_that_does_not_come_is_not_waited_for(api):
    with line_to(api) as line:
        line.sendall(whole())
        assert line.recv(65_536).startswith(b"HTTP/1.1 200 ")
        line.sendall(b"GET /healthz")
        assert b"HTTP/1.1 408 " in rest(line)


def test_a_head_without_end_is_refused(api):
    with line_to(api) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
        went = 0
        try:
            while went < 64 << 20:
                line.sendall(b"x" * 65_536)
                went += 65_536
        except OSError:
            pass
        assert went < 64 << 20
    assert api.get("/healthz").status_code == 200


def test_a_head_that_is_just_short_enough_is_served(api):
    filling = {f"x-{number}": "y" * 1000 for number in range(BoundedHeads.MOST_BYTES // 1000 - 5)}
    assert api.get("/healthz", headers=filling).status_code == 200


@pytest.mark.usefixtures("impatient")
def test_requests_may_follow_each_other_slowly_and_last_longer_than_a_head_may(api):
    with line_to(api) as line:
        line.sendall(b"POST /v1/mixes HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{")
        line.settimeout(1.2)
        with pytest.raises(TimeoutError):
            line.recv(65_536)
        line.settimeout(30)
        line.sendall(b"}" + whole())
        told = line.recv(65_536)
        assert told.startswith(b"HTTP/1.1 422 ")
