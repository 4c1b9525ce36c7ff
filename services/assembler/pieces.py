"""The pieces that a mix is made of, and the songs that they are ranges of."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol

from shared.sound.samples import Int16


class Song(Protocol):
    """A decoded song: `shared.sound.audio.AudioReader`, or anything like it."""

    sample_rate_hz: int
    channels: int
    n_samples: int

    def read_range(self, start: int, stop: int) -> Int16:
        """Return samples [start, stop): int16, shape (stop - start, channels)."""


OpenSong = Callable[[str, ExitStack], Song]
"""Open a song by its id; what it opens is closed with the stack."""


@dataclass(frozen=True)
class Piece:
    """A range of a song's samples, at the song's own rate."""

    song: str
    start: int
    stop: int
    sample_rate_hz: int


def position_at(position: int, from_hz: int, to_hz: int) -> int:
    """Return where a sample of one rate lies at another, rounded half up."""
    return (2 * position * to_hz + from_hz) // (2 * from_hz)
