"""Downloads: in blocks, with progress, and going on where they broke."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from segue_client.errors import Away, NoGateway
from segue_client.flows import (
    RETRY_S,
    TRIES,
    Flow,
    Items,
    Open,
    Pause,
    Read,
    Request,
    Tell,
    answered,
)

__all__ = ["Count", "Target", "ignored", "save", "sound"]

QUIET_S = 40.0

Count = Callable[[int], object]
"""Told how many bytes have gone since it was called last."""
Target = str | os.PathLike[str]


def ignored(got: int) -> None:
    """Count nothing."""


def save(path: str, target: Target, *, count: Count = ignored) -> Flow[Path]:
    """Write what lies at a path below `/v1/` to a file, which appears once it is whole.

    A download that breaks goes on where it was, if the gateway still has the same bytes, and else anew.

    Raises:
        OSError: the file cannot be written.
    """
    file = Path(target)
    draft = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        with draft.open("xb") as opened:
            yield from _Download(path, opened, count).run()
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    return file


def sound(path: str) -> Items[bytes]:
    """Tell the blocks of a stream that lies at a path below `/v1/`, as they come."""
    return Items(_sound(path))


def _sound(path: str) -> Flow[None]:
    yield from answered(Open(Request("GET", path, quiet_s=QUIET_S)))
    while (block := (yield Read())) is not None:
        yield Tell(block)


class _Download:
    """A file on its way, over as many connections as it takes."""

    def __init__(self, path: str, file: BinaryIO, count: Count) -> None:
        self._path, self._file, self._count = path, file, count
        self._etag: str | None = None
        self._counted = 0
        self._broken = 0
        """Connections in a row that brought nothing."""

    def run(self) -> Flow[None]:
        while True:
            try:
                yield from self._receive()
            except (NoGateway, Away):
                if not self._file.tell() or self._broken == TRIES:
                    raise  # Nothing has ever come, or nothing comes any more.
                self._broken += 1
                yield Pause(RETRY_S)
            else:
                return

    def _receive(self) -> Flow[None]:
        have = self._file.tell()
        more = {"Range": f"bytes={have}-", "If-Range": self._etag} if have and self._etag else {}
        # What is compressed on its way has no bytes to go on from.
        headers = {"Accept-Encoding": "identity"} | more
        answer = yield from answered(Open(Request("GET", self._path, headers=headers)))
        if answer.status_code != HTTPStatus.PARTIAL_CONTENT:
            self._file.seek(0)
            self._file.truncate()
        self._etag = answer.headers.get("etag")
        while (block := (yield Read())) is not None:
            self._broken = 0
            self._file.write(block)
            got = self._file.tell()
            if got > self._counted:
                self._count(got - self._counted)
                self._counted = got
