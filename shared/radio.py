"""What assembler and gateway both know of a radio: what sounds when, and what it is called while on air."""

from __future__ import annotations

import uuid

from shared.store.manifests import Document

__all__ = ["Entry", "Programme", "is_station", "new_station"]

_PREFIX = "radio-"


class Entry(Document):
    """A piece that sounds in a block."""

    piece: int
    """Its number, counted from the radio's first."""
    song: str
    title: str
    artist: str | None
    chunk: int
    """Its number in its cut."""
    begins: int
    """In samples of the radio."""
    source_s: float
    """Where in its song it is entered."""


class Programme(Document):
    """What sounds in a block, in order."""

    entries: list[Entry]


def new_station() -> str:
    """Return a name for a radio that goes on air, which no other has had.

    Its orders carry it in the place of a job's id.
    """
    return _PREFIX + uuid.uuid4().hex


def is_station(identifier: str) -> bool:
    """Tell whether who wants an artifact is a radio on air, and no job."""
    return identifier.startswith(_PREFIX)
