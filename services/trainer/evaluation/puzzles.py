"""Puzzles: a few chunks of a song that followed one another, shuffled, to be put in order.

All orders are weighed at once: the scores of a puzzle's transitions are gathered along every permutation.
The order they are presented in cannot matter, so they need not be shuffled.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.trainer.evaluation.bootstrap import Doubles, Resamples
from services.trainer.evaluation.reports import Puzzle
from shared.learning.corpus import Floats, Indices

SIZES = (3, 5, 8)

_ROUNDING = 1e-9
"""Sums of the same scores in another order differ by less than this share of the largest score: they tie."""

_AT_ONCE = 16
"""Puzzles of 8 weighed together: 16 x 40,320 sums."""


@dataclass(frozen=True, eq=False)
class Solved:
    """What became of p puzzles.

    Attributes:
        exact: float64, shape (p,): the share of the best orders that are the true one.
        neighbours: float64, shape (p,): the share of true neighbours that the best orders keep.
        songs: int64, shape (p,): the song of each puzzle.
    """

    exact: Doubles
    neighbours: Doubles
    songs: Indices


def draw_puzzles(
    songs: Indices, places: Indices, twins: NDArray[np.bool_], *, size: int, most: int, seed: int
) -> Indices:
    """Choose runs of chunks, no chunk in two of them: int64, shape (p, size), in their true order.

    Runs with twins in them are left out, since two orders of theirs would be right. Each song is laid out
    from a random chunk on, and the runs are drawn at random, so the first ones of them are a fair sample.

    Args:
        songs: int64, shape (n,): the song of each chunk, in whatever order.
        places: int64, shape (n,): its number in the song.
        twins: bool, shape (n, n): which chunks sound the same.
        size: chunks in a puzzle.
        most: puzzles, at most.
        seed: of the draw.
    """
    rng = np.random.default_rng([seed, size])
    by_place = np.lexsort((places, songs))
    found = [np.empty((0, size), np.int64)]
    for song in np.unique(songs):
        chunks = by_place[songs[by_place] == song][rng.integers(size) :]
        found.append(chunks[: len(chunks) // size * size].reshape(-1, size))
    runs = np.concatenate(found)
    follow = (np.diff(places[runs], axis=1) == 1).all(axis=1)
    alike = twins[runs[:, :, None], runs[:, None, :]] & ~np.eye(size, dtype=np.bool_)
    runs = runs[follow & ~alike.any(axis=(1, 2))]
    return runs[rng.permutation(len(runs))[:most]]


def solve(scores: Floats, songs: Indices) -> Solved:
    """Put puzzles in order.

    Args:
        scores: shape (p, size, size): of each chunk (row) followed by each (column), in their true order.
        songs: int64, shape (p,): the song of each puzzle.
    """
    blocks = [_solve_block(scores[start : start + _AT_ONCE]) for start in range(0, len(scores), _AT_ONCE)]
    exact, neighbours = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    return Solved(exact, neighbours, songs)


def summarise(solved: Solved | None, *, size: int, **drawing: Any) -> Puzzle | None:
    """Return the rates, with resamples by the seed and the count given; None where there was no puzzle."""
    if solved is None:
        return None
    resamples = Resamples.of(solved.songs, **drawing)
    return Puzzle(
        puzzles=len(solved.exact),
        exact=resamples.mean(solved.exact),
        neighbours=resamples.mean(solved.neighbours),
        chance_exact=1 / factorial(size),
        chance_neighbours=1 / size,
    )


def _solve_block(scores: Floats) -> tuple[Doubles, Doubles]:
    size = scores.shape[1]
    orders, kept = _orders(size)
    totals = np.zeros((len(scores), len(orders)))
    for step in range(size - 1):
        totals += scores[:, orders[:, step], orders[:, step + 1]]
    slack = _ROUNDING * np.abs(scores).max(axis=(1, 2))
    best = totals >= (totals.max(axis=1) - slack)[:, None]
    ties = best.sum(axis=1)
    # The first permutation is the true order.
    return best[:, 0] / ties, (best @ kept) / ties


@lru_cache(maxsize=8)
def _orders(size: int) -> tuple[Indices, Doubles]:
    """Return all orders, (size!, size), and the share of true neighbours that each keeps, (size!,)."""
    orders = np.array(list(permutations(range(size))), dtype=np.int64)
    return orders, (np.diff(orders, axis=1) == 1).mean(axis=1)
