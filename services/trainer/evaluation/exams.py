"""What is asked of every approach alike: a pool of chunks at one gap, its transitions, puzzles and traps.

Chunks stand in an order drawn by lot, so that an approach gains nothing from where a chunk stands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from services.trainer.evaluation.discrimination import draw_false, head_levels_db
from services.trainer.evaluation.puzzles import SIZES, draw_puzzles
from services.trainer.evaluation.reports import FalseKind
from services.trainer.evaluation.selecting import Selection
from services.trainer.evaluation.trials import Trial
from services.trainer.evaluation.twins import find_twins
from shared.errors import BadSetting
from shared.judging import Protocol
from shared.learning.approaches import Scorer
from shared.learning.corpus import Indices
from shared.sound.features import Edges


@dataclass(frozen=True, eq=False)
class Pool:
    """All n chunks that are judged, in an order drawn by lot.

    Attributes:
        trials: the songs, by id.
        songs: int64, shape (n,): the song of each chunk.
        places: int64, shape (n,): its number in the song.
        twins: bool, shape (n, n): which chunks begin alike.
        lots: int64, shape (n,): the order in which chunks are asked about.
    """

    trials: tuple[Trial, ...]
    songs: Indices
    places: Indices
    twins: NDArray[np.bool_]
    lots: Indices

    @classmethod
    def of(cls, selection: Selection, protocol: Protocol, *, check: Callable[[], None]) -> Pool:
        """Shuffle the chunks and find the twins among them."""
        chunks = selection.chunks_per_song
        rng = np.random.default_rng(protocol.seed)
        count = chunks * len(selection.trials)
        songs, places = np.divmod(rng.permutation(count), chunks)
        openings = np.concatenate([trial.openings[:chunks] for trial in selection.trials])
        least_gap = protocol.gaps_s[0]
        heads = np.concatenate([trial.edges[least_gap].heads[:chunks] for trial in selection.trials])
        order = songs * chunks + places
        twins = find_twins(openings[order], heads[order], check=check)
        return cls(selection.trials, songs, places, twins, rng.permutation(count))

    def edges(self, gap_s: float) -> Edges:
        """Return the edges of all chunks at a gap."""
        chunks = np.arange(self.places.max() + 1)
        by_song = Edges.concatenate([trial.edges[gap_s].select(chunks) for trial in self.trials])
        return by_song.select(self.songs * len(chunks) + self.places)

    def long_enough(self, gap_s: float) -> NDArray[np.bool_]:
        """Say of which chunks something is left at a gap: bool, shape (n,)."""
        masks = np.stack([trial.long_enough[gap_s][: self.places.max() + 1] for trial in self.trials])
        chosen: NDArray[np.bool_] = masks[self.songs, self.places]
        return chosen

    def digest(self) -> str:
        """Return the SHA-256 of the songs, their cut and their order."""
        total = hashlib.sha256(self.songs.tobytes() + self.places.tobytes())
        for trial in self.trials:
            total.update(trial.song.encode())
            total.update(trial.openings[: self.places.max() + 1].tobytes())
        return total.hexdigest()


@dataclass(frozen=True, eq=False)
class Exam:
    """What is asked at one gap, of n chunks.

    Attributes:
        gap_s: left out on each side of every chunk.
        edges: of the n chunks.
        songs: int64, shape (n,): the song of each chunk.
        places: int64, shape (n,): its number in the song.
        twins: bool, shape (n, n).
        pairs: int64, shape (q, 2): chunk and true successor, in an order drawn by lot.
        false: by kind int64, shape (q, k): see `draw_false`.
        puzzles: by size int64, shape (p, size): see `draw_puzzles`.
    """

    gap_s: float
    edges: Edges
    songs: Indices
    places: Indices
    twins: NDArray[np.bool_]
    pairs: Indices
    false: dict[FalseKind, Indices]
    puzzles: dict[int, Indices]

    def first(self, queries: int, puzzles: int) -> Exam:
        """Return the exam with the first so many questions."""
        return replace(
            self,
            pairs=self.pairs[:queries],
            false={kind: chosen[:queries] for kind, chosen in self.false.items()},
            puzzles={size: chosen[:puzzles] for size, chosen in self.puzzles.items()},
        )

    @property
    def pair_songs(self) -> Indices:
        """The song of each transition: int64, shape (q,)."""
        return self.songs[self.pairs[:, 0]]

    @property
    def twin_share(self) -> float:
        """The share of true successors that have a twin."""
        has_twin = self.twins.sum(axis=1) > 1
        return float(has_twin[self.pairs[:, 1]].mean())


def set_exam(pool: Pool, gap_s: float, scorers: Iterable[Scorer], protocol: Protocol) -> Exam:
    """Set the questions at a gap, about the chunks that every approach can judge.

    Raises:
        BadSetting: no two chunks that follow one another are long enough.
    """
    edges = pool.edges(gap_s)
    usable = pool.long_enough(gap_s)
    for scorer in scorers:
        usable &= scorer.usable(edges)
    kept = np.flatnonzero(usable)
    songs, places, twins = pool.songs[kept], pool.places[kept], pool.twins[np.ix_(kept, kept)]
    pairs = successors(songs, places)
    pairs = pairs[np.argsort(pool.lots[kept][pairs[:, 0]])]
    if not len(pairs):
        raise BadSetting(
            f"With {gap_s:g} s left out on each side no two chunks that follow one another are long enough "
            "to be judged. Leave this gap out, or cut longer chunks."
        )
    edges = edges if usable.all() else edges.select(kept)
    false = draw_false(
        pairs,
        songs,
        places,
        twins,
        head_levels_db(edges),
        count=protocol.false_successors,
        seed=protocol.seed,
    )
    puzzles = {
        size: draw_puzzles(songs, places, twins, size=size, most=protocol.puzzles, seed=protocol.seed)
        for size in SIZES
    }
    return Exam(gap_s, edges, songs, places, twins, pairs, false, puzzles)


def successors(songs: Indices, places: Indices) -> Indices:
    """Return which chunk follows which: int64, shape (q, 2), the chunks in whatever order."""
    order = np.lexsort((places, songs))
    is_next = (np.diff(songs[order]) == 0) & (np.diff(places[order]) == 1)
    return np.stack([order[:-1][is_next], order[1:][is_next]], axis=1)
