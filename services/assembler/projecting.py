"""Lay chunks out flat: their place in a model's space, in the two directions in which they differ most.

These are principal components: what is far apart on the map is far apart in the space, and what
is near may differ in the directions that are left out. The same chunks give the same map. Pure over numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shared.learning.corpus import Floats, Indices

__all__ = ["MOST_SHOWN", "project", "shown_of"]

MOST_SHOWN = 2000
"""More points than that are a cloud, to the eye and for a browser to draw."""

_MOST_NUMBERS = 256
"""Of each side of a chunk; longer ones are brought down to that by a random projection."""


def shown_of(chunks: int, path: Sequence[int], most: int = MOST_SHOWN) -> Indices:
    """Return the chunks of a pool that a map shows: all of a path, and of the others what there is room for.

    Args:
        chunks: of the pool.
        path: indices of the chunks of a mix.
        most: so many, unless the path is longer.

    Returns:
        int64, shape (shown,), rising. The others lie evenly in the pool's order: each song has its share.
    """
    others = np.setdiff1d(np.arange(chunks), np.asarray(path, np.int64))
    room = min(len(others), max(0, most - len(set(path))))
    evenly = others[np.linspace(0, len(others) - 1, room).astype(np.int64)] if room else others[:0]
    return np.union1d(np.asarray(path, np.int64), evenly)


def project(sides: Sequence[Floats]) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """Return where chunks lie along their two main directions.

    Args:
        sides: what a chunk is, in several parts of equal weight: float, shape (n, ...) each.

    Returns:
        float64, shape (n, 2), in [-1, 1], at one scale, centred; and the share of all variance along each.
    """
    told = np.hstack([_weighted(side) for side in sides])
    left, sizes, _ = np.linalg.svd(told, full_matrices=False)
    places = np.zeros((len(told), 2))
    kept = min(2, len(sizes))
    places[:, :kept] = left[:, :kept] * sizes[:kept]
    # A direction has no sign: the farthest chunk lies to the right and above.
    farthest = places[np.abs(places).argmax(axis=0), [0, 1]]
    places *= np.where(farthest < 0, -1.0, 1.0)
    total, widest = float(np.square(sizes).sum()), float(np.abs(places).max(initial=0.0))
    shares = np.zeros(2)
    if total > 0:
        shares[:kept] = np.square(sizes[:kept]) / total
    return places / widest if widest > 0 else places, (float(shares[0]), float(shares[1]))


def _weighted(side: Floats) -> NDArray[np.float64]:
    """Return a side as rows of numbers, centred, with a variance of 1 in all: float64, shape (n, numbers)."""
    rows = np.nan_to_num(side.reshape(len(side), -1).astype(np.float64))
    if rows.shape[1] > _MOST_NUMBERS:
        drawn = np.random.default_rng(0).normal(size=(rows.shape[1], _MOST_NUMBERS))
        rows = rows @ drawn / np.sqrt(_MOST_NUMBERS)
    rows = rows - rows.mean(axis=0)
    spread = np.sqrt(np.square(rows).sum(axis=1).mean())
    return rows / spread if spread > 0 else rows
