"""A pool, prepared for scoring: its chunks' edges as one model sees them. Knows neither store nor queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from services.assembler.energy import loudness_db
from services.assembler.fitting import edge_spectra
from shared.errors import UnknownStart
from shared.learning.approaches import Scorer
from shared.learning.corpus import Floats, Indices
from shared.sound.edges import Edges
from shared.sound.twins import first_twins
from shared.store.arrays import Arrays

_PREPARED = "prepared/"
_OWN = ("cuts", "numbers", "twins", "loudness_db", "ends", "begins")


@dataclass(frozen=True)
class Pool:
    """The usable chunks of several cuts.

    Attributes:
        cuts: int64, shape (n,): the cut of each chunk, by its place in the list of cuts.
        numbers: int64, shape (n,): each chunk's number in its cut.
        prepared: what the model's scorer prepared of them.
        twins: int64, shape (n,): the first chunk that begins like each; of none given, each is its own.
        loudness_db: float32, shape (n,): how loud each is in its song; of none given, all are alike.
        ends: float32, shape (n, bands): how each sounds at its end; see `edge_spectra`; of none given, alike.
        begins: float32, shape (n, bands): the same of beginnings.
    """

    cuts: Indices
    numbers: Indices
    prepared: Arrays
    twins: Indices = field(default_factory=lambda: np.zeros(0, np.int64))
    loudness_db: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    ends: Floats = field(default_factory=lambda: np.zeros((0, 1), np.float32))
    begins: Floats = field(default_factory=lambda: np.zeros((0, 1), np.float32))

    def __post_init__(self) -> None:
        if not len(self.twins):
            object.__setattr__(self, "twins", np.arange(len(self.cuts)))
        if not len(self.loudness_db):
            object.__setattr__(self, "loudness_db", np.zeros(len(self.cuts), np.float32))
        for name in ("ends", "begins"):
            if not len(getattr(self, name)):
                object.__setattr__(self, name, np.zeros((len(self.cuts), 1), np.float32))

    def __len__(self) -> int:
        return len(self.cuts)

    def find(self, cut: int, number: int) -> int | None:
        """Return the index of a chunk, or None if it is not in the pool."""
        found = np.flatnonzero((self.cuts == cut) & (self.numbers == number))
        return int(found[0]) if len(found) else None

    def to_arrays(self) -> Arrays:
        """Return the pool as arrays, to be stored."""
        prepared = {f"{_PREPARED}{name}": array for name, array in self.prepared.items()}
        own = {name: getattr(self, name) for name in _OWN}
        return own | prepared

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Pool:
        """Read a pool back."""
        prepared = {
            name.removeprefix(_PREPARED): array
            for name, array in arrays.items()
            if name.startswith(_PREPARED)
        }
        return cls(prepared=prepared, **{name: arrays[name] for name in _OWN})


def prepare_pool(
    scorer: Scorer,
    cuts: Sequence[Edges],
    songs: Sequence[str],
    *,
    check: Callable[[], None] = lambda: None,
) -> Pool:
    """Bring the chunks of several cuts together and prepare them once for all steps.

    Args:
        scorer: of the model that will judge.
        cuts: the edges of each cut's chunks, in order.
        songs: the song of each cut.
        check: called now and then; raises to stop.
    """
    counts = [len(edges) for edges in cuts]
    edges = Edges.concatenate(list(cuts))
    usable = np.flatnonzero(scorer.usable(edges))
    cut_of = np.repeat(np.arange(len(cuts), dtype=np.int64), counts)[usable]
    numbers = np.concatenate([np.arange(count, dtype=np.int64) for count in counts])[usable]
    places = {song: place for place, song in enumerate(dict.fromkeys(songs))}
    song_of = np.array([places[song] for song in songs], dtype=np.int64)[cut_of]
    edges = edges.select(usable)
    prepared = scorer.prepare(edges, song_of)
    twins = first_twins(edges.heads, check=check)
    ends, begins = edge_spectra(edges)
    return Pool(cut_of, numbers, prepared | scorer.index(prepared), twins, loudness_db(edges), ends, begins)


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
