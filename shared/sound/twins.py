"""Twins: chunks that begin alike, as a loop does whenever it comes again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from shared.sound.features import mix_channels

__all__ = ["DB_PER_NEPER", "MOST_DIFFERENCE_DB", "first_twins"]

Indices = NDArray[np.int64]

MOST_DIFFERENCE_DB = 2.0
"""The heads of twins differ by less than this, on average over frames and bands of log-mel."""

DB_PER_NEPER = float(10 / np.log(10))
"""Log-mel is the natural logarithm of power."""

_FRAMES, _BANDS = 8, 8
"""Fields into which a head is averaged for a first look."""
_ROWS = 256


def first_twins(heads: NDArray[np.float16], *, check: Callable[[], None] = lambda: None) -> Indices:
    """Return for each chunk the first one that begins like it; itself where none before it does.

    A chunk that has no twin among the first of their kind is the first of its own kind, so two chunks are
    called twins where both are twins of the same one. Averages over fields never differ by more than what
    they are averages of, so most pairs are told apart by few numbers.

    Args:
        heads: float16, shape (n, 2, frames, bands): log-mel from each chunk's start on.
        check: called now and then; raises to stop.

    Returns:
        int64, shape (n,). Memory beside it is about 400 bytes a chunk.
    """
    fields = _fields(heads)
    levels = fields.mean(axis=1)
    order = np.argsort(levels, kind="stable")
    most = MOST_DIFFERENCE_DB / DB_PER_NEPER
    sides = levels[order]
    # Rounded outwards, as what is averaged is.
    lows, highs = np.searchsorted(sides, levels - most - 1e-3), np.searchsorted(sides, levels + most + 1e-3)
    found = np.full(len(heads), -1, np.int64)
    for first in range(len(heads)):
        if found[first] >= 0:
            continue
        if first % _ROWS == 0:
            check()
        found[first] = first
        near = order[lows[first] : highs[first]]
        near = near[found[near] < 0]
        near = near[np.abs(fields[near] - fields[first]).mean(axis=1) < most + 1e-3]
        found[near[_alike(heads, first, near, most)]] = first
    return found


def _fields(heads: NDArray[np.float16]) -> NDArray[np.float32]:
    """Average heads over fields of frames and bands: shape (n, fields)."""
    frames, bands = heads.shape[2:]
    shape = (_FRAMES, frames // _FRAMES, _BANDS, bands // _BANDS)
    parts = [np.zeros((0, _FRAMES * _BANDS), np.float32)]
    for at in range(0, len(heads), _ROWS):
        mixed = mix_channels(heads[at : at + _ROWS])
        averaged = mixed.reshape(len(mixed), *shape).mean(axis=(2, 4), dtype=np.float32)
        parts.append(averaged.reshape(len(mixed), -1))
    return np.concatenate(parts)


def _alike(heads: NDArray[np.float16], first: int, others: Indices, most: float) -> NDArray[np.bool_]:
    """Say which of some chunks begin like one: bool, shape (m,)."""
    own = mix_channels(heads[[first]]).astype(np.float32)
    parts = [np.zeros(0, np.bool_)]
    for at in range(0, len(others), _ROWS):
        differences = np.abs(mix_channels(heads[others[at : at + _ROWS]]).astype(np.float32) - own)
        parts.append(differences.mean(axis=(1, 2)) < most)
    return np.concatenate(parts)
