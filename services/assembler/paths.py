"""A pool as the rules of a mix see it, what is asked of the mix, and its beginnings."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from services.assembler.traits import Traits

__all__ = ["Chunks", "Doubles", "Indices", "Mask", "Path", "Wishes"]

Indices = NDArray[np.int64]
Doubles = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Chunks:
    """What the rules need to know of a pool's n chunks.

    Attributes:
        durations_s: float64, shape (n,).
        songs: int64, shape (n,): the song of each, from 0.
        numbers: int64, shape (n,): the place of each in its song, from 0.
        twins: int64, shape (n,): the first chunk that begins like each; of none given, each is its own.
        traits: of the songs; of none given, nothing is known.
    """

    durations_s: Doubles
    songs: Indices
    numbers: Indices
    twins: Indices = field(default_factory=lambda: np.zeros(0, np.int64))
    traits: Traits = field(default_factory=lambda: Traits.unknown(0))

    def __post_init__(self) -> None:
        if not len(self.twins):
            object.__setattr__(self, "twins", np.arange(len(self.songs)))
        if not len(self.traits.keys):
            object.__setattr__(self, "traits", Traits.unknown(int(self.songs.max(initial=-1)) + 1))

    def __len__(self) -> int:
        return len(self.songs)


@dataclass(frozen=True)
class Wishes:
    """What is asked of one mix, by the indices of the pool.

    Attributes:
        start: the first chunk.
        chunks: how many; None: as many as `duration_s` takes.
        duration_s: how long; None: as long as `chunks` are.
        usable: bool, shape (n,): the chunks of the songs that may appear.
        end: bool, shape (n,): the chunks that may be the last; None: all.
        must: int64: songs that have to appear.
        most_in_a_row: chunks of one song; None: any number.
        repeats_after: a chunk may come again when so many others came since; None: none comes twice.
    """

    start: int
    usable: Mask
    chunks: int | None = None
    duration_s: float | None = None
    end: Mask | None = None
    must: Indices | None = None
    most_in_a_row: int | None = None
    repeats_after: int | None = None

    def length(self, chunks: Chunks) -> int:
        """Return how many chunks the mix has, about so many where a time is asked for."""
        if self.chunks is not None:
            return self.chunks
        assert self.duration_s is not None
        mean_s = float(chunks.durations_s[self.usable].mean())
        wanted = round(self.duration_s / mean_s)
        return max(1, wanted if self.repeats_after is not None else min(int(self.usable.sum()), wanted))

    def times(self, places: int) -> int:
        """Return how often a chunk can come in so many places, at most."""
        return 1 if self.repeats_after is None else 1 + places // (self.repeats_after + 1)


@dataclass(frozen=True)
class Path:
    """The beginning of a mix, and what the rules count in it.

    Attributes:
        order: its chunks.
        scores: how well each follows the one before.
        merit: the sum of what they were chosen by: scores, and what is taken off them.
        unused: bool, shape (n,): chunks that may come next, but for the rules.
        left: int64, shape (songs,): how many of these each song has.
        visited: bool, shape (songs,): which songs appear.
        row: chunks of the last song at the end.
        row_s: how long these are.
        between: seams between different songs.
        replays: steps to the chunk that follows in the song anyway.
        total_s: how long it is.
    """

    order: tuple[int, ...]
    scores: tuple[float, ...]
    merit: float
    unused: Mask
    left: Indices
    visited: Mask
    row: int
    row_s: float
    between: int
    replays: int
    total_s: float
