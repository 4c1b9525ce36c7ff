"""What the numbers of unused chunks of each song allow: bounds by which a search looks ahead. Pure arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["largest_other", "longest_rows", "most_after", "most_changes", "widest_gap"]

Indices = NDArray[np.int64]
_ROUNDING = 1e-9


def longest_rows(durations_s: NDArray[np.float64], songs: Indices, count: int, longest_s: float) -> Indices:
    """Return how many chunks of each song fit into a time, the shortest ones, at least 1: shape (count,).

    Args:
        durations_s: float64, shape (n,).
        songs: int64, shape (n,): the song of each chunk.
        count: the number of songs.
        longest_s: the time.
    """
    order = np.lexsort((durations_s, songs))
    of, ends_s = songs[order], np.cumsum(durations_s[order])
    before_s = np.concatenate([[0.0], ends_s])[np.searchsorted(of, np.arange(count))]
    fits = ends_s - before_s[of] <= longest_s + _ROUNDING * len(songs)
    return np.maximum(1, np.bincount(of[fits], minlength=count))


def most_changes(left: Indices) -> Indices:
    """Return how often the song can change after an unused chunk of each song, were the mix endless.

    Every chunk of another song allows two changes, so the song that has most left says how many.

    Args:
        left: int64, shape (songs,): unused chunks of each song, the one that is to come among them.
    """
    total = left.sum()
    own = 2 * (total - left)
    if len(left) == 1:
        return own
    return np.minimum(own, 2 * (total - 1 - largest_other(left)) + 1)


def most_after(left: Indices, rows: Indices, songs: Indices, row: Indices) -> Indices:
    """Return how many chunks can follow an unused one without a longer row than allowed: shape (m,).

    Args:
        left: int64, shape (songs,): unused chunks of each song, the one that is to come among them.
        rows: int64, shape (songs,): most in a row of each song.
        songs: int64, shape (m,): the songs of the chunks that are to come.
        row: int64, shape (m,): how long a row each ends.
    """
    total = left.sum()
    own = (total - left[songs]) * (1 + rows[songs]) + np.maximum(0, rows[songs] - row)
    if len(left) == 1:
        return own
    others = (total - 1 - left) * (1 + rows) + rows
    return np.minimum(own, -largest_other(-others)[songs])


def widest_gap(counts: Indices, length: int, most: int) -> int:
    """Return within how many steps no kind need come again: in a mix of `length`, at most `most`, at least 0.

    Args:
        counts: int64, shape (kinds,): chunks of each kind.
        length: chunks in the mix.
        most: the widest gap that is asked for.
    """
    # With g steps between, g + 1 neighbours differ: each kind has one place in every g + 1.
    low, high = 0, most
    while low < high:
        gap = (low + high + 1) // 2
        whole, rest = divmod(length, gap + 1)
        fits = np.minimum(counts, whole).sum() + min(rest, np.count_nonzero(counts > whole)) >= length
        low, high = (gap, high) if fits else (low, gap - 1)
    return low


def largest_other(values: Indices) -> Indices:
    """Return for each of several values the largest of the others; where it is alone, 0."""
    if len(values) == 1:
        return np.zeros(1, np.int64)
    second, first = np.sort(values)[-2:]
    found = np.full(len(values), first)
    found[values.argmax()] = second
    return found
