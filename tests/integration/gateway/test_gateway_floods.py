"""Bodies that never end, and bodies that hardly come: they are stopped, and keep nobody else waiting."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from services.gateway import bodies, uploads
from services.gateway.access.quotas import LEAST_AT_ONCE
from services.gateway.access.turnstile import CHANGES_AT_ONCE
from services.gateway.bodies import DRAINED_BYTES, MOST_BODY_BYTES, SMALL_BYTES
from services.gateway.turns import AT_ONCE
from services.gateway.uploads import HEAD_BYTES
from tests.integration.gateway.conftest import LIMIT_BYTES, slug_of, upload
from tests.support.keys import locked_gateway
from tests.support.lines import IN_SOCKETS_BYTES, begun, lines_to, rest
from tests.support.servers import until

pytestmark = pytest.mark.integration
BLOCK_BYTES = 1 << 16


@contextmanager
def flowing(api: httpx.Client, path: str, *, sent: int = 0) -> Iterator[socket.socket]:
    """Begin a request whose body has no length, and send some of it."""
    with socket.create_connection((api.base_url.host, api.base_url.port), timeout=60) as line:
        head = f"POST {path} HTTP/1.1\r\nHost: {api.base_url.host}\r\nContent-Type: application/json\r\n"
        line.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        if sent:
            send_block(line, sent)
        yield line


def send_block(line: socket.socket, size: int) -> None:
    line.sendall(f"{size:x}\r\n".encode() + b"x" * size + b"\r\n")


def flood(line: socket.socket, most_bytes: int) -> int:
    """Send without end; return how much went until the other side had enough of it."""
    went = 0
    while went < most_bytes:
        try:
            send_block(line, BLOCK_BYTES)
        except OSError:
            break
        went += BLOCK_BYTES
    return went


@pytest.mark.parametrize(
    ("path", "limit_bytes"),
    [("/v1/songs", LIMIT_BYTES), ("/v1/mixes", MOST_BODY_BYTES), ("/v1/nowhere", 0)],
)
def test_a_body_without_end_is_stopped_soon_after_its_limit(api, maker, path, limit_bytes):
    enough = limit_bytes + DRAINED_BYTES + IN_SOCKETS_BYTES
    with flowing(api, path) as line:
        assert flood(line, 2 * enough) < enough
    assert maker.stored() == []


def test_a_body_that_is_too_large_is_refused_in_words(api):
    body = b'{"songs": ["' + b"0" * MOST_BODY_BYTES + b'"]}'
    answer = api.post("/v1/mixes", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert slug_of(answer)
    assert "4.2 MB" in answer.json()["detail"]


def test_slow_uploads_keep_neither_requests_nor_other_uploads_waiting(api, monkeypatch):
    with ExitStack() as lines:
        slow = [
            lines.enter_context(flowing(api, "/v1/songs", sent=HEAD_BYTES // 2)) for _ in range(8 * AT_ONCE)
        ]
        started_s = time.monotonic()
        assert api.get("/v1/songs").status_code == 200
        assert upload(api, b"a whole song")
        assert time.monotonic() - started_s < uploads.PATIENCE_S
        for line in slow:
            send_block(line, 1)


def test_a_slow_upload_is_told_so_and_its_line_is_closed(api, maker, monkeypatch):
    monkeypatch.setattr(uploads, "PATIENCE_S", 0.2)
    answer = b""
    with flowing(api, "/v1/songs", sent=1) as line:
        line.setblocking(False)

        def dripped() -> bool:
            nonlocal answer
            try:
                send_block(line, 1)
                received = line.recv(BLOCK_BYTES)
            except BlockingIOError:
                return False
            except ConnectionError:
                return True
            answer += received
            return not received

        until(dripped)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"upload-slow" in answer
    assert b"connection: close" in answer.lower()
    assert maker.stored() == []


def test_bodies_that_do_not_come_keep_nobody_from_changing_anything_nor_the_operator_from_revoking(settings):
    with locked_gateway(settings) as door, lines_to(door.nobody) as lines:
        key = door.make("anna")
        anna = door.client(key["key"])
        for header in (f"Authorization: Bearer {key['key']}", "X-No-Key: at all"):
            for _ in range(CHANGES_AT_ONCE):
                begun(lines(), "POST", "/v1/mixes", header)
        assert anna.post("/v1/mixes", json={}).status_code == 422
        assert door.operator.delete(f"/v1/keys/{key['id']}").status_code == 204


def test_strangers_whose_bodies_do_not_come_hold_no_place(settings):
    with locked_gateway(settings, most_requests=4) as door, lines_to(door.nobody) as lines:
        anna = door.client(door.make("anna")["key"])
        for _ in range(8):
            begun(lines(), "GET", "/v1/songs")
        assert anna.get("/v1/songs").status_code == 200


def test_a_body_that_does_not_come_in_time_is_refused_and_its_line_closed(api, monkeypatch):
    monkeypatch.setattr(bodies, "LONGEST_S", 0.5)
    with lines_to(api) as lines:
        line = lines()
        begun(line, "POST", "/v1/mixes")
        line.sendall(b"{")
        told = rest(line)
    assert told.startswith(b"HTTP/1.1 408 ")
    assert b":request-slow" in told


def test_bodies_that_are_held_fill_so_much_and_small_ones_find_room(api, monkeypatch):
    monkeypatch.setattr(bodies, "HELD_BYTES", 8 * SMALL_BYTES)
    large = {"songs": ["0" * 64] * (3 * SMALL_BYTES // 68)}
    with lines_to(api) as lines:
        for _ in range(4):
            line = lines()
            begun(line, "POST", "/v1/mixes", length=3 * SMALL_BYTES + 1)
            line.sendall(bytes(3 * SMALL_BYTES))
        refused = until(
            lambda: found if (found := api.post("/v1/mixes", json=large)).status_code == 503 else None
        )
        assert slug_of(refused) == "busy"
        assert int(refused.headers["retry-after"]) > 0
        assert api.post("/v1/mixes", json={}).status_code == 422
    until(lambda: api.post("/v1/mixes", json=large).status_code == 422)


def test_uploads_of_one_tenant_leave_places_to_others(settings):
    with locked_gateway(settings, most_uploads=4 * LEAST_AT_ONCE) as door:
        key, other = door.make("anna")["key"], door.client(door.make("bob")["key"])
        anna = door.client(key)
        with lines_to(door.nobody) as lines:
            for _ in range(2 * LEAST_AT_ONCE):
                begun(lines(), "POST", "/v1/songs", f"Authorization: Bearer {key}")
            refused = until(
                lambda: found if (found := anna.post("/v1/songs", content=b"a song")).is_error else None
            )
            assert (refused.status_code, slug_of(refused)) == (429, "too-many-at-once")
            assert upload(other, b"a song")
        until(lambda: anna.post("/v1/songs", content=b"a song").is_success)
