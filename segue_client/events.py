"""Server-sent events out of the bytes of a stream, however they are torn."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Event", "EventReader"]


@dataclass(frozen=True)
class Event:
    """One event.

    Attributes:
        data: what it tells.
        id: who comes back with it is told what came since; empty: it has none.
    """

    data: str
    id: str


class EventReader:
    """Reads one stream. Lines may end in LF or CRLF; comments and unknown fields are passed over."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
        self._rest = ""
        self._data: list[str] = []
        self._id = ""

    def read(self, block: bytes) -> Iterator[Event]:
        """Yield the events that a block of the stream completes."""
        *lines, self._rest = (self._rest + self._decode(block)).split("\n")
        for line in lines:
            event = self._take(line.removesuffix("\r"))
            if event is not None:
                yield event

    def _take(self, line: str) -> Event | None:
        if not line:
            data, self._data = self._data, []
            return Event("\n".join(data), self._id) if data else None
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "id":
            self._id = value
        return None
