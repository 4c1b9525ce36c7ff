"""Bodies that never end, and bodies that hardly come: they are stopped, and keep nobody else waiting."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from services.gateway import uploads
from services.gateway.bodies import DRAINED_BYTES, MOST_BODY_BYTES
from services.gateway.uploads import AT_ONCE, HEAD_BYTES
from tests.integration.gateway.conftest import LIMIT_BYTES, slug_of, upload
from tests.support.servers import until

pytestmark = pytest.mark.integration
BLOCK_BYTES = 1 << 16
IN_SOCKETS_BYTES = 16 << 20
"""More than what is under way between two sockets of a machine."""


@contextmanager
def begun(api: httpx.Client, path: str, *, sent: int = 0) -> Iterator[socket.socket]:
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
    with begun(api, path) as line:
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
            lines.enter_context(begun(api, "/v1/songs", sent=HEAD_BYTES // 2)) for _ in range(8 * AT_ONCE)
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
    with begun(api, "/v1/songs", sent=1) as line:
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
