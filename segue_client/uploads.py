"""Uploads: a file in one request, or in pieces where it is large, going on where the line broke (tus 1.0)."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from segue_client.documents import Song, Upload
from segue_client.downloads import Count
from segue_client.errors import ApiProblem, Away, NoGateway, OtherFile
from segue_client.flows import Ask, Flow, Pause, Request, answered, ask, document_of, persistently

__all__ = ["IN_PIECES_BYTES", "begin", "give_up", "send", "upload", "upload_state"]

IN_PIECES_BYTES = 8 << 20
"""What is larger goes in pieces."""
BLOCK_BYTES = 256 * 1024
WAITS_S = (1.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""What is waited after each break in a row that brought nothing, a minute in all; then it is given up."""
QUIET_S = 600.0
"""So long may the last piece take to be answered: the gateway puts the whole together first."""
_TUS = {"Tus-Resumable": "1.0.0"}
_PASSING = ("upload-offset", "upload-stalled", "upload-slow")
"""Problems of a piece that are over once it is asked where to go on."""


def upload(file: str | os.PathLike[str], *, count: Count = lambda sent: None) -> Flow[Song]:
    """Upload a file as a song; return it as `received`, or as it is if its bytes were there.

    Up to 8 MiB go in one request, which is sent again where it breaks: the same bytes are the same song.
    What is larger goes in pieces, and goes on where it was.

    Raises:
        OSError: the file cannot be read.
    """
    path = Path(file)
    size_bytes = path.stat().st_size
    if size_bytes <= IN_PIECES_BYTES:
        return (yield from _send_whole(path, size_bytes, count))
    begun = yield from begin(_name_of(path), size_bytes)
    return (yield from send(path, begun["id"], count=count))


def begin(name: str, size_bytes: int, *, sha256: str | None = None) -> Flow[Upload]:
    """Begin an upload in pieces, for `send`; keep its id to go on with it from another program.

    Args:
        name: of the file.
        size_bytes: all that it has.
        sha256: in hexadecimal; what came is compared with it. None: it is not.
    """
    told = {"filename": name} | ({"sha256": sha256} if sha256 else {})
    pairs = (f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in told.items())
    headers = _TUS | {"Upload-Length": str(size_bytes), "Upload-Metadata": ",".join(pairs)}
    # Done twice, it leaves an empty upload behind, which is cleared up.
    answer = yield from persistently(Ask(Request("POST", "uploads", headers=headers)))
    begun: Upload = document_of(answer)
    return begun


def upload_state(upload_id: str) -> Flow[Upload]:
    """Show how far an upload in pieces has come, and the song that it became."""
    return ask("GET", f"uploads/{upload_id}")


def give_up(upload_id: str) -> Flow[None]:
    """Give an upload in pieces up, and delete what has come of it. The song that it became stays."""
    yield from answered(Ask(Request("DELETE", f"uploads/{upload_id}", headers=_TUS)))


def send(file: str | os.PathLike[str], upload_id: str, *, count: Count = lambda sent: None) -> Flow[Song]:
    """Send what an upload in pieces still lacks; return its song.

    Where the connection breaks it goes on from what has come. What came earlier is counted, too.

    Raises:
        OSError: the file cannot be read.
        OtherFile: it has another size than the upload was begun with.
        NoGateway, Away: for a minute nothing more came to the gateway.
    """
    path = Path(file)
    with path.open("rb") as opened:
        size_bytes, blocks = path.stat().st_size, _Blocks(opened, count)
        song_id = yield from _sent(path, size_bytes, upload_id, blocks)
    song: Song = yield from ask("GET", f"songs/{song_id}")
    return song


def _sent(path: Path, size_bytes: int, upload_id: str, blocks: _Blocks) -> Flow[str]:
    """Send pieces until the upload is whole; return the id of its song."""
    furthest, waits = -1, iter(WAITS_S)
    while True:
        try:
            now: Upload = yield from ask("GET", f"uploads/{upload_id}")
            if now["song"] is not None:
                blocks.skip_to(size_bytes)
                return now["song"]
            if now["size_bytes"] != size_bytes:
                raise OtherFile(str(path), size_bytes=size_bytes, begun_bytes=now["size_bytes"])
            if now["offset_bytes"] > furthest:
                furthest, waits = now["offset_bytes"], iter(WAITS_S)
            blocks.skip_to(now["offset_bytes"])
            yield from _send_rest(upload_id, now["offset_bytes"], size_bytes, blocks)
        except (NoGateway, ApiProblem) as error:
            wait_s = next(waits, None)
            if wait_s is None or not _passes(error):
                raise
            yield Pause(wait_s)


def _passes(error: NoGateway | ApiProblem) -> bool:
    """Tell whether a break is over by and by: nobody answers, or what was known of the upload is outdated."""
    return isinstance(error, NoGateway | Away) or error.slug in _PASSING


def _send_rest(upload_id: str, offset_bytes: int, size_bytes: int, blocks: _Blocks) -> Flow[None]:
    headers = _TUS | {
        "Content-Type": "application/offset+octet-stream",
        "Content-Length": str(size_bytes - offset_bytes),
        "Upload-Offset": str(offset_bytes),
    }
    path = f"uploads/{upload_id}"
    answer = yield from answered(
        Ask(Request("PATCH", path, headers=headers, content=blocks, quiet_s=QUIET_S))
    )
    if answer.headers.get("upload-offset") != str(size_bytes):
        raise NoGateway(
            f"What answers at {answer.request.url} took a piece of an upload and does not have it"
        )


def _send_whole(path: Path, size_bytes: int, count: Count) -> Flow[Song]:
    with path.open("rb") as opened:
        headers = {"Content-Length": str(size_bytes), "Content-Type": "application/octet-stream"}
        request = Request("POST", "songs", {"name": _name_of(path)}, headers, content=_Blocks(opened, count))
        answer = yield from persistently(Ask(request))
        song: Song = document_of(answer)
        return song


def _name_of(path: Path) -> str:
    return os.fsencode(path.name).decode(errors="replace")


class _Blocks:
    """A file's bytes, from the same place on each time they are sent; counted once."""

    def __init__(self, file: BinaryIO, count: Count) -> None:
        self._file, self._count = file, count
        self._begin = self._counted = 0

    def skip_to(self, offset_bytes: int) -> None:
        """Send from there on; what lies before counts as sent."""
        self._begin = offset_bytes
        self._count_to(offset_bytes)

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(self._begin)
        while block := self._file.read(BLOCK_BYTES):
            yield block
            self._count_to(self._file.tell())

    def _count_to(self, offset_bytes: int) -> None:
        more = offset_bytes - self._counted
        if more > 0:
            self._counted += more
            self._count(more)
