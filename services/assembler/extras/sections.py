"""Sections of a mix: stretches in which one song plays on, and where each chunk is heard in its song."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from services.assembler.reports import Entry, SeamEntry

__all__ = ["Heard", "Section", "heard_of", "sections_at", "sections_of", "song_changes"]


@dataclass(frozen=True)
class Heard:
    """What is heard of a chunk's song, from the middle of one fade to that of the next.

    A fade lies near a chunk's edge rather than on it: these times say where.

    Attributes:
        entry: the chunk.
        source_start_s, source_end_s: in its song.
        fade_in_s, fade_out_s: lengths of the fades at its beginning and its end; 0 without one.
    """

    entry: Entry
    source_start_s: float
    source_end_s: float
    fade_in_s: float
    fade_out_s: float

    @property
    def duration_s(self) -> float:
        """How long it is heard in the mix."""
        return self.entry.mix_end_s - self.entry.mix_start_s


@dataclass(frozen=True)
class Section:
    """Chunks that follow each other in their song and in the mix.

    Attributes:
        first: position of its first chunk.
        title, artist: of the song, as its file says.
        source_start_s, source_end_s: what is heard of the song.
        start_s, end_s: where, in the mix.
    """

    first: int
    song: str
    title: str
    artist: str | None
    source_start_s: float
    source_end_s: float
    start_s: float
    end_s: float


def heard_of(entries: Sequence[Entry]) -> list[Heard]:
    """Return what is heard of each chunk."""
    seams = [entry.seam for entry in entries[1:]]
    heard = [
        Heard(
            entry=entry,
            source_start_s=max(0.0, entry.source_start_s + (before.enters_s if before else 0.0)),
            source_end_s=entry.source_end_s + (after.leaves_s if after else 0.0),
            fade_in_s=_crossfade_s(before),
            fade_out_s=_crossfade_s(after),
        )
        for entry, before, after in zip(entries, [None, *seams], [*seams, None], strict=True)
    ]
    # The last chunk ends where the mix does: earlier or later than it was cut.
    ends = (replace(last, source_end_s=last.source_start_s + last.duration_s) for last in heard[-1:])
    return [*heard[:-1], *ends]


def _crossfade_s(seam: SeamEntry | None) -> float:
    """Return how long both sides sound together: an echo dies away beside what has come already."""
    return seam.fade_s if seam is not None and seam.is_fade else 0.0


def sections_of(entries: Sequence[Entry]) -> list[Section]:
    """Return the sections of a mix: a new one begins wherever the song does not simply play on."""
    heard = heard_of(entries)
    begins = [0] + [place for place, (a, b) in enumerate(pairwise(entries), start=1) if not _plays_on(a, b)]
    return [
        Section(
            first=entries[first].position,
            song=entries[first].song,
            title=entries[first].title,
            artist=entries[first].artist,
            source_start_s=heard[first].source_start_s,
            source_end_s=heard[stop - 1].source_end_s,
            start_s=entries[first].mix_start_s,
            end_s=entries[stop - 1].mix_end_s,
        )
        for first, stop in pairwise([*begins, len(entries)])
    ]


def sections_at(sections: Sequence[Section], times_s: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the number of the section that sounds at each instant of a mix: int64, of the shape given."""
    starts_s = [section.start_s for section in sections]
    return np.maximum(0, np.searchsorted(starts_s, times_s, side="right") - 1)


def song_changes(sections: Sequence[Section]) -> list[str]:
    """Return the songs of a mix in the order in which they first come."""
    return list(dict.fromkeys(section.song for section in sections))


def _plays_on(before: Entry, after: Entry) -> bool:
    return (before.song, before.chunk + 1) == (after.song, after.chunk)
