"""What assembler and gateway both know of a radio: what sounds when, and what to call it in Valkey."""

from __future__ import annotations

import hashlib

from shared.airing import Airing
from shared.parameters import ArtifactKey
from shared.store.manifests import Document

__all__ = ["Entry", "Programme", "is_radio", "radio_id"]

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


def radio_id(tenant: str, pool: ArtifactKey, airing: Airing) -> str:
    """Return the name under which a radio's orders go, in the place of a job's id."""
    text = f"{tenant}\n{pool}\n{airing.model_dump_json()}"
    return _PREFIX + hashlib.sha256(text.encode()).hexdigest()[:32]


def is_radio(identifier: str) -> bool:
    """Tell whether who wants an artifact is a radio, and no job."""
    return identifier.startswith(_PREFIX)
