"""A pool, prepared for scoring: its chunks' edges as one model sees them. Knows neither store nor queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shared.errors import UnknownStart
from shared.learning.approaches import Scorer
from shared.learning.corpus import Indices
from shared.sound.edges import Edges
from shared.store.arrays import Arrays

_PREPARED = "prepared/"


@dataclass(frozen=True)
class Pool:
    """The usable chunks of several cuts.

    Attributes:
        cuts: int64, shape (n,): the cut of each chunk, by its place in the list of cuts.
        numbers: int64, shape (n,): each chunk's number in its cut.
        prepared: what the model's scorer prepared of them.
    """

    cuts: Indices
    numbers: Indices
    prepared: Arrays

    def __len__(self) -> int:
        return len(self.cuts)

    def find(self, cut: int, number: int) -> int | None:
        """Return the index of a chunk, or None if it is not in the pool."""
        found = np.flatnonzero((self.cuts == cut) & (self.numbers == number))
        return int(found[0]) if len(found) else None

    def to_arrays(self) -> Arrays:
        """Return the pool as arrays, to be stored."""
        prepared = {f"{_PREPARED}{name}": array for name, array in self.prepared.items()}
        return {"cuts": self.cuts, "numbers": self.numbers, **prepared}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Pool:
        """Read a pool back."""
        prepared = {
            name.removeprefix(_PREPARED): array
            for name, array in arrays.items()
            if name.startswith(_PREPARED)
        }
        return cls(arrays["cuts"], arrays["numbers"], prepared)


def prepare_pool(scorer: Scorer, cuts: Sequence[Edges], songs: Sequence[str]) -> Pool:
    """Bring the chunks of several cuts together and prepare them once for all steps.

    Args:
        scorer: of the model that will judge.
        cuts: the edges of each cut's chunks, in order.
        songs: the song of each cut.
    """
    counts = [len(edges) for edges in cuts]
    edges = Edges.concatenate(list(cuts))
    usable = np.flatnonzero(scorer.usable(edges))
    cut_of = np.repeat(np.arange(len(cuts), dtype=np.int64), counts)[usable]
    numbers = np.concatenate([np.arange(count, dtype=np.int64) for count in counts])[usable]
    places = {song: place for place, song in enumerate(dict.fromkeys(songs))}
    song_of = np.array([places[song] for song in songs], dtype=np.int64)[cut_of]
    prepared = scorer.prepare(edges.select(usable), song_of)
    return Pool(cut_of, numbers, prepared | scorer.index(prepared))


def find_start(pool: Pool, songs: Sequence[str], *, song: str, chunk: int) -> int:
    """Return the index of the chunk that a mix begins with.

    Raises:
        UnknownStart: it is not in the pool.
    """
    for cut in (place for place, name in enumerate(songs) if name == song):
        if (found := pool.find(cut, chunk)) is not None:
            return found
    chunks = int(sum((pool.cuts == cut).sum() for cut, name in enumerate(songs) if name == song))
    raise UnknownStart(song=song, chunk=chunk, chunks=chunks)
