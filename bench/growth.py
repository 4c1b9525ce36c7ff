"""Growth: what a greedy step costs in pools of 1.8 thousand to 1.8 million chunks, of `linear`.

Real coordinates come from cutting all songs every half second. A larger pool draws from these with
replacement and adds Gaussian noise as long as a real chunk is from the nearest other, in the median.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import soundfile
from numpy.typing import NDArray

from bench.material import Bench
from bench.measuring import Row, timed, within
from bench.models import shipped_scorer
from services.assembler.sequencing import greedy
from shared.learning.approaches import Scorer
from shared.learning.corpus import Floats, Indices
from shared.learning.likelihood import Likelihood
from shared.learning.neighbours import EXACT_CHUNKS, HeadIndex
from shared.learning.pretrained import load_pretrained
from shared.learning.statistics import edge_statistics
from shared.learning.weights import unpack
from shared.sound.features import EDGE_FRAMES, WINDOW_HOPS, song_frames
from shared.store.arrays import Arrays

SIZES, SMOKE_SIZES = (1_800, 18_000, 180_000, 1_800_000), (1_800, EXACT_CHUNKS + 1_800)
GOAL_S, LEAST_RECALL = 0.020, 0.95
QUERIES, STEPS, NEAREST = 100, 30, 10
_STEP_HOPS, _CUTS_PER_CHUNK = 43, 8
"""Songs are cut every 0.5 s; every eighth cut makes a pool of chunks of 4 s."""

_AT_ONCE = 50_000


@dataclass(frozen=True)
class Coordinates:
    """Tails and heads of cuts that lie in songs: float32, shape (n, pairs) each."""

    tails: Floats
    heads: Floats

    def __len__(self) -> int:
        return len(self.heads)


def rows(bench: Bench) -> Iterator[Row]:
    """Grow a pool tenfold, again and again."""
    likelihood = Likelihood.from_arrays(unpack(load_pretrained("linear").weights))
    real = _cut_songs(bench, likelihood)
    apart = [_nearest_apart(side[::_CUTS_PER_CHUNK]) for side in (real.tails, real.heads)]
    for chunks in SMOKE_SIZES if bench.smoke else SIZES:
        told = f"{len(real)} real cuts, noise {apart[1]:.2f} long" if chunks > len(real) else "real cuts"
        yield _row(likelihood, _grown(real, chunks, apart), told)


def _row(likelihood: Likelihood, pool: Coordinates, told: str) -> Row:
    """Walk a pool as the assembler does, and by one matrix product at each step."""
    scorer = shipped_scorer("linear")
    prepared: Arrays = {"tails": pool.tails, "heads": pool.heads}
    build_s, kept = timed(lambda: scorer.index(prepared))
    prepared |= kept
    order, step_s = _walked(scorer, prepared)
    product = Product(likelihood, pool.heads)
    peer_s = _walked_by_product(product, pool, order)
    index = HeadIndex.from_arrays(likelihood, pool.heads, prepared)
    asked = np.random.default_rng(1).choice(len(pool), QUERIES, replace=False)
    recall = _recall(index, product, pool.tails[asked])
    coordinates_mb = (pool.tails.nbytes + pool.heads.nbytes) / 1e6
    index_mb = sum(array.nbytes for array in kept.values()) / 1e6
    held = f"index of {index_mb:.0f} MB built in {build_s:.1f} s" if kept else "no index"
    return Row(
        f"growth: a step in a pool of {len(pool):,} chunks",
        statistics.median(step_s),
        peer="one matrix product",
        peer_s=statistics.median(peer_s),
        goal=within(GOAL_S) if len(pool) == SIZES[-1] else None,
        agrees=recall == 1 if index.exact else recall >= LEAST_RECALL,
        note=f"{held}; coordinates {coordinates_mb:.1f} MB; recall@{NEAREST} {recall:.3f}; "
        f"slowest step {max(step_s) * 1000:.1f} ms; {told}",
    )


def _walked(scorer: Scorer, prepared: Arrays) -> tuple[Indices, list[float]]:
    """Return the order of a mix and the seconds of each of its steps."""
    told: list[float] = []
    found = greedy(
        lambda reference, candidates, step: scorer.scores(prepared, reference, candidates, step),
        chunks=len(prepared["heads"]),
        start=0,
        length=STEPS + 1,
        shortlist=scorer.shortlist(prepared),
        on_step=lambda placed, total: told.append(time.perf_counter()),
    )
    return found.order, np.diff(told).tolist()


def _walked_by_product(product: Product, pool: Coordinates, order: Indices) -> list[float]:
    """Return the seconds that each step takes the peer."""
    unused, taken_s = np.ones(len(pool), np.bool_), []
    for reference in order[:-1]:
        unused[reference] = False
        taken_s.append(timed(partial(product.best, pool.tails[reference], unused))[0])
    return taken_s


class Product:
    """The peer: all scores of a tail as one product, with what depends on heads alone worked out before."""

    def __init__(self, likelihood: Likelihood, heads: Floats) -> None:
        shared = np.square(likelihood.correlations)
        self._weights = likelihood.correlations / (1 - shared)
        self._heads, own = heads, shared / (1 - shared) / 2
        blocks = [np.square(heads[at : at + _AT_ONCE]) @ own for at in range(0, len(heads), _AT_ONCE)]
        self._alone = np.concatenate(blocks)

    def scores(self, tail: Floats) -> Floats:
        """Return the scores of all heads, less what they share: float32, shape (n,)."""
        scores: Floats = self._heads @ (tail * self._weights)
        scores -= self._alone
        return scores

    def best(self, tail: Floats, unused: NDArray[np.bool_]) -> int:
        """Return the best unused head."""
        scores = self.scores(tail)
        scores[~unused] = -np.inf
        return int(scores.argmax())

    def nearest(self, tail: Floats, k: int) -> Indices:
        """Return the k best heads, in any order."""
        return np.argpartition(-self.scores(tail), k)[:k]


def _recall(index: HeadIndex, product: Product, tails: Floats) -> float:
    """Return which share of the nearest the index finds."""
    found = [
        len(np.intersect1d(index.nearest(tail, NEAREST)[0], product.nearest(tail, NEAREST))) for tail in tails
    ]
    return sum(found) / (NEAREST * len(tails))


def _cut_songs(bench: Bench, likelihood: Likelihood) -> Coordinates:
    """Place both sides of a cut every half second of every song."""
    tails, heads, span = [], [], np.arange(EDGE_FRAMES)
    for song in bench.songs:
        samples, rate_hz = soundfile.read(song, dtype="float32", always_2d=True)
        frames = song_frames(samples[:, :2], rate_hz)
        cuts = np.arange(EDGE_FRAMES + WINDOW_HOPS - 1, len(frames) - EDGE_FRAMES + 1, _STEP_HOPS)
        for at in range(0, len(cuts), 256):
            places = cuts[at : at + 256, None]
            tails.append(likelihood.tails(edge_statistics(frames[places - WINDOW_HOPS - span])))
            heads.append(likelihood.heads(edge_statistics(frames[places + span])))
    return Coordinates(np.concatenate(tails), np.concatenate(heads))


def _nearest_apart(coordinates: Floats) -> float:
    """Return the median distance from a chunk to the one nearest to it."""
    norms = np.square(coordinates).sum(axis=1)
    squares = norms[:, None] + norms[None, :] - 2 * coordinates @ coordinates.T
    np.fill_diagonal(squares, np.inf)
    return float(np.sqrt(np.median(np.maximum(squares.min(axis=1), 0))))


def _grown(real: Coordinates, chunks: int, apart: list[float]) -> Coordinates:
    """Return a pool: real cuts, evenly taken, where there are enough; else drawn and blurred, in blocks."""
    if chunks <= len(real):
        taken = np.linspace(0, len(real) - 1, chunks).astype(np.int64)
        return Coordinates(real.tails[taken], real.heads[taken])
    rng, pairs = np.random.default_rng(0), real.heads.shape[1]
    pool = Coordinates(np.empty((chunks, pairs), np.float32), np.empty((chunks, pairs), np.float32))
    for at in range(0, chunks, _AT_ONCE):
        drawn = rng.integers(0, len(real), min(_AT_ONCE, chunks - at))
        sides = ((pool.tails, real.tails, apart[0]), (pool.heads, real.heads, apart[1]))
        for target, source, length in sides:
            noise = rng.standard_normal((len(drawn), pairs), np.float32)
            noise *= length / np.sqrt(pairs)
            np.add(source[drawn], noise, out=target[at : at + len(drawn)])
    return pool
