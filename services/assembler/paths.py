"""A pool as the rules of a mix see it, what is asked of the mix, and its beginnings."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from services.assembler.form import Form
from services.assembler.runs import Runs
from services.assembler.traits import Traits
from shared.store.manifests import FormFacts

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
        form: what the chunks are in their songs; of none given, nothing is known.
    """

    durations_s: Doubles
    songs: Indices
    numbers: Indices
    twins: Indices = field(default_factory=lambda: np.zeros(0, np.int64))
    traits: Traits = field(default_factory=lambda: Traits.unknown(0))
    form: Form = field(default_factory=lambda: Form.unknown(0))

    def __post_init__(self) -> None:
        if not len(self.twins):
            object.__setattr__(self, "twins", np.arange(len(self.songs)))
        if not len(self.traits.keys):
            object.__setattr__(self, "traits", Traits.unknown(int(self.songs.max(initial=-1)) + 1))
        if not len(self.form.first):
            object.__setattr__(self, "form", Form.unknown(len(self)))

    def __len__(self) -> int:
        return len(self.songs)

    def goes_on(self, before: int | Indices, after: Indices) -> Mask:
        """Tell where a chunk follows another in their song; shapes broadcast."""
        same = self.songs[before] == self.songs[after]
        return np.asarray(same & (self.numbers[before] + 1 == self.numbers[after]))

    @property
    def following(self) -> Indices:
        """What follows each in its song: int64, shape (n,); -1: nothing."""
        following = np.roll(np.arange(len(self)), -1)
        return np.where(self.goes_on(np.arange(len(self)), following), following, -1)

    def told(self, order: Indices) -> FormFacts:
        """Tell what an order of chunks is as a form."""
        return self.form.told(order, self.goes_on(order[:-1], order[1:]), self.durations_s[order])


@dataclass(frozen=True)
class Wishes:
    """What is asked of one mix, by the indices of the pool.

    Attributes:
        start: the first chunk.
        chunks: how many; None: as many as `duration_s` takes.
        duration_s: how long; None: as long as `chunks` are.
        usable: bool, shape (n,): the chunks that may come anywhere; the start need be none.
        end: bool, shape (n,): the chunks that may be the last, usable or not; None: all usable ones.
        must: int64, shape (n,): groups of chunks, from 0, of each of which one has to appear; -1: in none.
            A group lies in one song. None: there are none.
        most_in_a_row: chunks of one song; None: any number.
        repeats_after: a chunk may come again when so many others came since; None: none comes twice.
        runs: how long a song is to play on; None: as long as fits best.
    """

    start: int
    usable: Mask
    chunks: int | None = None
    duration_s: float | None = None
    end: Mask | None = None
    must: Indices | None = None
    most_in_a_row: int | None = None
    repeats_after: int | None = None
    runs: Runs | None = None

    @property
    def appearing(self) -> Mask:
        """The chunks that may come somewhere: bool, shape (n,)."""
        appearing = self.usable.copy() if self.end is None else self.usable | self.end
        appearing[self.start] = True
        return appearing

    def length(self, chunks: Chunks) -> int:
        """Return how many chunks the mix has, about so many where a time is asked for."""
        if self.chunks is not None:
            return self.chunks
        assert self.duration_s is not None
        mean_s = float(chunks.durations_s[self.appearing].mean())
        wanted = round(self.duration_s / mean_s)
        return max(1, wanted if self.repeats_after is not None else min(int(self.appearing.sum()), wanted))

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
        missing: bool, shape (groups + 1,): of what has to appear, what does not yet; see `musts`.
        run: of a wished run, how much the song has played on at the end.
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
    missing: Mask
    run: float = 0.0
