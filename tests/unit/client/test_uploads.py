"""Uploads of both clients: whole or in pieces, counted once, and again where they broke."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from segue_client import ApiProblem, NoGateway, OtherFile
from segue_client.uploads import IN_PIECES_BYTES, WAITS_S
from tests.unit.client.gateways import Asked, Kind, answering, both, problem

SOUND = bytes(range(256)) * 3000
LARGE = bytes(range(251)) * (IN_PIECES_BYTES // 251 + 1)
UPLOAD = "5c6b7a8d9e0f4a1b8c2d3e4f5a6b7c8d"


class Tus:
    """A gateway that takes one upload in pieces.

    Args:
        breaks: for each piece in turn, how many bytes of it are kept before the line breaks.
    """

    def __init__(self, *breaks: int) -> None:
        self._breaks = iter(breaks)
        self.asked: list[str] = []
        self.offsets: list[str] = []
        self.begun: httpx.Headers | None = None
        self.kept = b""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/v1/")
        self.asked.append(f"{request.method} {path}")
        if request.method == "POST":
            self.begun = request.headers
            return httpx.Response(201, json=self._state())
        if request.method == "PATCH":
            return self._take(request)
        return httpx.Response(200, json={"id": "9f86"} if path == "songs/9f86" else self._state())

    def _take(self, request: httpx.Request) -> httpx.Response:
        self.offsets.append(request.headers["upload-offset"])
        assert request.headers["content-length"] == str(len(request.content))
        if int(request.headers["upload-offset"]) != len(self.kept):
            return problem(409, type="urn:segue:problem:upload-offset")
        part = next(self._breaks, None)
        self.kept += request.content[:part]
        if part is not None:
            raise httpx.WriteError("reset")
        return httpx.Response(204, headers={"upload-offset": str(len(self.kept))})

    def _state(self) -> dict[str, object]:
        song = "9f86" if self.kept == LARGE else None
        return {"id": UPLOAD, "size_bytes": len(LARGE), "offset_bytes": len(self.kept), "song": song}


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "Caf\u00e9.wav"
    path.write_bytes(LARGE)
    return path


@both
def test_an_upload_streams_the_bytes_with_their_length_and_name(kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / "Café & Bar.ogg"
    path.write_bytes(SOUND)
    seen: list[httpx.Request] = []
    counted: list[int] = []
    client = Asked(kind, answering(httpx.Response(201, json={"id": "9f86"}), asked=seen))
    assert client.do("songs", "upload", path, count=counted.append)["id"] == "9f86"
    (request,) = seen
    assert request.content == SOUND
    assert request.headers["content-length"] == str(len(SOUND))
    assert "transfer-encoding" not in request.headers
    assert request.url.params["name"] == "Café & Bar.ogg"
    assert sum(counted) == len(SOUND)
    assert len(counted) > 1


@both
@pytest.mark.parametrize("status", [503, None], ids=["away", "broken"])
def test_an_upload_that_broke_is_sent_again_whole_and_counted_once(
    kind: Kind, tmp_path: Path, status: int | None
) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(SOUND)
    seen: list[httpx.Request] = []
    counted: list[int] = []
    first = httpx.WriteError("reset") if status is None else problem(status)
    client = Asked(kind, answering(first, httpx.Response(201, json={"id": "9f86"}), asked=seen))
    client.do("songs", "upload", path, count=counted.append)
    assert [request.content for request in seen] == [SOUND, SOUND]
    assert sum(counted) == len(SOUND)


@both
def test_a_large_file_goes_in_pieces_and_on_where_the_line_broke(kind: Kind, large: Path) -> None:
    tus, counted = Tus(1000, 0, 300_000), list[int]()
    client = Asked(kind, tus)
    assert client.do("songs", "upload", large, count=counted.append) == {"id": "9f86"}
    assert tus.kept == LARGE
    assert tus.offsets == ["0", "1000", "1000", "301000"]
    assert tus.begun is not None
    assert tus.begun["upload-length"] == str(len(LARGE))
    name = tus.begun["upload-metadata"].removeprefix("filename ")
    assert base64.b64decode(name).decode() == large.name
    assert sum(counted) == len(LARGE)
    assert client.paused_s == [WAITS_S[0], WAITS_S[0], WAITS_S[0]]


@both
def test_what_another_program_began_goes_on_with_what_it_lacks(kind: Kind, large: Path) -> None:
    tus, counted = Tus(), list[int]()
    tus.kept = LARGE[:5_000_000]
    assert Asked(kind, tus).do("uploads", "send", large, UPLOAD, count=counted.append) == {"id": "9f86"}
    assert tus.kept == LARGE
    assert counted[0] == 5_000_000
    assert sum(counted) == len(LARGE)


@both
@pytest.mark.parametrize(
    ("failing", "raised", "waits"),
    [
        (lambda: (_ for _ in ()).throw(httpx.ConnectError("refused")), NoGateway, len(WAITS_S)),
        (lambda: problem(503), ApiProblem, len(WAITS_S)),
        (lambda: problem(413), ApiProblem, 0),
        (lambda: httpx.Response(204, headers={"upload-offset": "0"}), NoGateway, len(WAITS_S)),
    ],
    ids=["gone", "away", "refused", "forgetful"],
)
def test_an_upload_that_stays_broken_is_given_up(
    kind: Kind, large: Path, failing: Callable[[], httpx.Response], raised: type[Exception], waits: int
) -> None:
    tus = Tus()
    client = Asked(kind, lambda request: failing() if request.method == "PATCH" else tus(request))
    with pytest.raises(raised):
        client.do("songs", "upload", large)
    assert client.paused_s == [*WAITS_S[:waits]]


@both
def test_a_file_that_was_not_begun_with_is_refused(kind: Kind, tmp_path: Path) -> None:
    (tmp_path / "other.wav").write_bytes(SOUND)
    tus = Tus()
    with pytest.raises(OtherFile, match=f"has {len(SOUND)} bytes, and its upload was begun for {len(LARGE)}"):
        Asked(kind, tus).do("uploads", "send", tmp_path / "other.wav", UPLOAD)
    assert tus.offsets == []
