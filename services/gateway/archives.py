"""ZIP archives that are written as they are sent: what lies in the store is relayed, and never held."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

__all__ = ["Member", "stream_zip"]

_READABLE = 0o644 << 16


@dataclass(frozen=True)
class Member:
    """One file of an archive.

    Attributes:
        name: with folders set off by slashes.
        size_bytes: of its content.
        blocks: begins to read it.
    """

    name: str
    size_bytes: int
    blocks: Callable[[], Iterator[bytes]]


def stream_zip(members: Iterable[Member], made: datetime) -> Iterator[bytes]:
    """Yield a ZIP archive block by block, with files as they are: sound is compressed already.

    Args:
        members: each is begun to be read when its turn comes.
        made: the date that all files get.
    """
    sink = _Sink()
    date = (made.year, made.month, made.day, made.hour, made.minute, made.second)
    # What cannot seek gets sizes and checksums behind each file, and all of them again at the end.
    with zipfile.ZipFile(sink, "w") as archive:
        for member in members:
            info = zipfile.ZipInfo(member.name, date)
            info.external_attr, info.file_size = _READABLE, member.size_bytes
            with archive.open(info, "w") as file:
                for block in member.blocks():
                    file.write(block)
                    yield sink.take()
    yield sink.take()


class _Sink:
    """What is written to it is taken from it."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._blocks.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: there is nothing behind it."""

    def close(self) -> None:
        """Do nothing: what was written stays to be taken."""

    def take(self) -> bytes:
        taken, self._blocks = b"".join(self._blocks), []
        return taken
