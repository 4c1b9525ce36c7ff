"""Uploads in pieces, by tus 1.0: nothing that has come is lost, and what is whole is a song."""

from __future__ import annotations

import hashlib
import socket
from base64 import b64encode
from collections.abc import Iterator

import httpx
import pytest

from cli.stack.ports import choose
from services.gateway import pieces, uploads
from shared.errors import QueueUnavailable
from tests.integration.gateway.conftest import LIMIT_BYTES, slug_of, upload
from tests.integration.gateway.test_gateway_process import answers, process
from tests.support.keys import locked_gateway
from tests.support.servers import until

pytestmark = pytest.mark.integration
PART_BYTES = 1000
SOUND = hashlib.sha256(b"sound").digest() * 100
"""Three parts and some more."""
PIECE = {"Content-Type": "application/offset+octet-stream", "Tus-Resumable": "1.0.0"}


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setattr(pieces, "PART_BYTES", PART_BYTES)
    monkeypatch.setattr(pieces, "READ_BYTES", 100)
    monkeypatch.setattr(uploads, "HEAD_BYTES", 100)


def begin(api: httpx.Client, size_bytes: int = len(SOUND), **metadata: str) -> str:
    """Begin an upload; return its address."""
    told = ",".join(f"{name} {b64encode(value.encode()).decode()}" for name, value in metadata.items())
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(size_bytes), "Upload-Metadata": told}
    answer = api.post("/v1/uploads", headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.headers["tus-resumable"] == "1.0.0"
    return answer.headers["location"]


def send(api: httpx.Client, path: str, data: bytes | Iterator[bytes], offset: int) -> httpx.Response:
    return api.patch(path, content=data, headers={**PIECE, "Upload-Offset": str(offset)})


def offset_of(api: httpx.Client, path: str) -> int:
    answer = api.head(path, headers={"Tus-Resumable": "1.0.0"})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    return int(answer.headers["upload-offset"])


def test_pieces_become_the_song_that_they_are_and_leave_nothing_behind(api, maker):
    path = begin(api, filename="a/Night Drive.wav", sha256=hashlib.sha256(SOUND).hexdigest())
    assert (offset_of(api, path), api.get(path).json()["song"]) == (0, None)
    for start, stop in ((0, 700), (700, 2900)):
        answer = send(api, path, SOUND[start:stop], start)
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(stop))
        assert offset_of(api, path) == stop
    assert api.get("/v1/songs").json()["items"] == []
    assert send(api, path, SOUND[2900:], 2900).headers["upload-offset"] == str(len(SOUND))
    told = api.get(path).json()
    assert (told["song"], told["is_new"]) == (hashlib.sha256(SOUND).hexdigest(), True)
    song = api.get(told["links"]["song"]).json()
    assert (song["name"], song["size_bytes"]) == ("Night Drive.wav", len(SOUND))
    assert maker.store.get(f"t/local/songs/{song['id']}/source") == SOUND
    assert api.get(f"/v1/jobs/{song['job']}").json()["goal"] == "song"
    assert [key.rsplit("/", 1)[1] for key in maker.stored("uploads/")] == ["begun.json", "done.json"]


def test_the_end_sent_again_changes_nothing_as_when_its_answer_was_lost(api, maker):
    path = begin(api)
    send(api, path, SOUND, 0)
    assert offset_of(api, path) == len(SOUND)
    assert send(api, path, b"", len(SOUND)).status_code == 204
    assert len(api.get("/v1/songs").json()["items"]) == 1


def test_a_song_that_is_there_already_is_told(api):
    song = upload(api, SOUND)
    path = begin(api)
    send(api, path, SOUND, 0)
    told = api.get(path).json()
    assert (told["song"], told["is_new"]) == (song, False)


def test_what_came_before_the_line_broke_is_kept(api):
    path = begin(api)
    with socket.create_connection((api.base_url.host, api.base_url.port)) as line:
        head = [f"PATCH {path} HTTP/1.1", "Host: localhost", "Upload-Offset: 0"]
        head += [f"{name}: {value}" for name, value in PIECE.items()]
        head += [f"Content-Length: {len(SOUND)}"]
        line.sendall("\r\n".join([*head, "", ""]).encode() + SOUND[:2500])
        until(lambda: offset_of(api, path) == 2 * PART_BYTES)
    # The rest was no part yet.
    offset = until(lambda: found if (found := offset_of(api, path)) > 2 * PART_BYTES else None)
    assert offset == 2500
    assert send(api, path, SOUND[offset:], offset).status_code == 204
    assert api.get(path).json()["song"] == hashlib.sha256(SOUND).hexdigest()


def test_a_piece_that_begins_elsewhere_is_refused(api):
    path = begin(api)
    send(api, path, SOUND[:500], 0)
    for offset in (0, 499, 501):
        answer = send(api, path, SOUND[offset:], offset)
        assert (answer.status_code, slug_of(answer)) == (409, "upload-offset")
    assert offset_of(api, path) == 500


def test_more_than_was_announced_is_refused_whether_it_says_so_or_not(api):
    path = begin(api, 600)
    answer = send(api, path, SOUND, 0)
    assert (answer.status_code, slug_of(answer)) == (413, "upload-too-long")
    answer = send(api, path, iter([SOUND[:500], SOUND[500:]]), 0)
    assert (answer.status_code, slug_of(answer)) == (413, "upload-too-long")
    assert api.get(path).json()["song"] is None


def test_another_file_than_the_one_announced_is_refused_and_deleted(api, maker):
    path = begin(api, sha256="0" * 64)
    send(api, path, SOUND[:2000], 0)
    answer = send(api, path, SOUND[2000:], 2000)
    assert (answer.status_code, slug_of(answer)) == (422, "upload-differs")
    assert api.head(path).status_code == 404
    assert maker.stored("uploads/") == []
    assert api.get("/v1/songs").json()["items"] == []


@pytest.mark.parametrize(
    ("changed", "status", "slug"),
    [
        ({"Content-Type": "audio/wav"}, 415, "not-a-piece"),
        ({"Tus-Resumable": "0.2.2"}, 412, "tus-version"),
    ],
)
def test_what_is_not_tus_is_refused(api, changed, status, slug):
    path = begin(api)
    answer = api.patch(path, content=SOUND, headers={**PIECE, "Upload-Offset": "0", **changed})
    assert (answer.status_code, slug_of(answer)) == (status, slug)
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert offset_of(api, path) == 0


def test_it_tells_what_it_speaks_and_how_much_it_takes(api):
    answer = api.options("/v1/uploads")
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-extension"] == "creation,termination"
    assert answer.headers["tus-max-size"] == str(LIMIT_BYTES)


def test_what_is_too_large_or_says_nonsense_is_refused_before_its_first_byte(api, maker):
    for headers, slug in (
        ({"Upload-Length": str(LIMIT_BYTES + 1)}, "song-too-large"),
        ({"Upload-Length": "0"}, "bad-request"),
        ({"Upload-Length": "9", "Upload-Metadata": "filename not-base64!"}, "bad-setting"),
        ({"Upload-Length": "9", "Upload-Metadata": f"sha256 {b64encode(b'00').decode()}"}, "bad-setting"),
    ):
        assert slug_of(api.post("/v1/uploads", headers=headers)) == slug
    assert maker.stored("uploads/") == []


def test_it_fills_the_tenants_room_and_no_more(settings):
    with locked_gateway(settings, quota_stored_bytes=2000) as door:
        anna = door.client(door.make("anna")["key"])
        refused = anna.post("/v1/uploads", headers={"Upload-Length": "2001"})
        assert (refused.status_code, slug_of(refused)) == (413, "storage-full")
        first, second = begin(anna, 1900), begin(anna, 1900)
        assert send(anna, first, SOUND[:1500], 0).status_code == 204
        refused = send(anna, second, SOUND[:1500], 0)
        assert (refused.status_code, slug_of(refused)) == (413, "storage-full")


def test_an_upload_that_is_given_up_is_gone(api, maker):
    path = begin(api)
    send(api, path, SOUND[:2000], 0)
    assert api.delete(path, headers={"Tus-Resumable": "1.0.0"}).status_code == 204
    assert [answer.status_code for answer in (api.head(path), api.get(path), api.delete(path))] == [404] * 3
    assert maker.stored("uploads/") == []


def test_until_the_song_is_there_the_end_is_not(api, maker, monkeypatch):
    path = begin(api)
    send(api, path, SOUND[:2000], 0)
    with monkeypatch.context() as away:

        def unavailable(*_: object) -> None:
            raise QueueUnavailable("away")

        away.setattr("services.gateway.library.begin_decoding", unavailable)
        assert send(api, path, SOUND[2000:], 2000).status_code == 503
    assert offset_of(api, path) == 3000
    assert send(api, path, SOUND[3000:], 3000).status_code == 204
    assert maker.store.get(f"t/local/songs/{api.get(path).json()['song']}/source") == SOUND


def test_of_two_that_send_the_same_one_is_told_that_the_upload_is_elsewhere(api, maker):
    path = begin(api)
    stale = pieces.find(maker.store, "local", path.rsplit("/", 1)[1])
    send(api, path, SOUND[:500], 0)
    assert stale is not None

    def late() -> Iterator[bytes]:
        # When its first bytes come, the part that it would store is there.
        maker.store.put(stale.part(500), SOUND[500:600])
        yield SOUND[500:1800]

    answer = send(api, path, late(), 500)
    assert (answer.status_code, slug_of(answer)) == (409, "upload-offset")
    assert offset_of(api, path) == 600


@pytest.mark.timeout(180)
def test_a_gateway_that_is_killed_in_mid_upload_loses_little_and_another_goes_on(settings, maker, tmp_path):
    data = hashlib.sha256(b"long").digest() * (20 << 15)  # 20 MiB; parts have 8 in a process of its own.
    held = []

    def endless() -> Iterator[bytes]:
        for start in range(0, 18 << 20, 1 << 20):
            yield data[start : start + (1 << 20)]
        until(lambda: offset_of(watcher, path) >= 16 << 20, timeout_s=60)
        gateway.kill()
        held.append(gateway.wait(timeout=30))
        yield data[18 << 20 :]

    (port,) = choose(1)
    url = f"http://127.0.0.1:{port}"
    with process(settings, tmp_path / "log", SEGUE_PORT=str(port)) as gateway:
        until(lambda: answers(url), timeout_s=60)
        with httpx.Client(base_url=url, timeout=60) as api, httpx.Client(base_url=url, timeout=60) as watcher:
            path = begin(api, len(data), filename="long.wav")
            with pytest.raises(httpx.TransportError):
                send(api, path, endless(), 0)
    assert held == [-9]
    with (
        process(settings, tmp_path / "log", SEGUE_PORT=str(port)),
        httpx.Client(base_url=url, timeout=60) as api,
    ):
        until(lambda: answers(url), timeout_s=60)
        offset = offset_of(api, path)
        assert 16 << 20 <= offset < 18 << 20
        assert send(api, path, data[offset:], offset).status_code == 204
        song = api.get(path).json()["song"]
    assert song == hashlib.sha256(data).hexdigest()
    assert hashlib.sha256(maker.store.get(f"t/local/songs/{song}/source")).hexdigest() == song
