"""Twins: chunks that begin alike, so that one is as good a successor as the other.

Two chunks are twins where their first 1.5 s correlate at least 0.98 at some lag within 2 ms, or where their
heads' log-mel spectra differ by less than 2 dB on average, or where both begin in silence. Of n chunks
n² / 2 pairs are tried by bounds that cost little and never exclude a twin, and measured where the bounds
leave it open:

- The mean difference of spectra is at most the root of its mean square, and at least the mean square to
  the power 3/2 over the root of the mean fourth power (Hölder); powers of all pairs are matrix products.
- A correlation is at no lag above the product of the magnitude spectra (its phases all turned to agree), and
  that not above the product of the magnitudes of bands (Cauchy and Schwarz).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from shared.learning.corpus import Floats, Indices
from shared.sound.features import mix_channels
from shared.sound.twins import DB_PER_NEPER, MOST_DIFFERENCE_DB

LEAST_CORRELATION = 0.98
LONGEST_LAG = 16
"""2 ms at 8 kHz."""

SILENT_DBFS = -70.0
"""RMS at or below which an opening, its mean removed, is silence."""

_BINS_PER_BAND = 12
_ROUNDING = 1e-4
"""Of sums in float32: what a bound must be missed by."""

_ROWS = 256
_BYTES_AT_ONCE = 64 * 2**20

Bools = NDArray[np.bool_]
Spectra = NDArray[np.complex64]


def find_twins(
    openings: NDArray[np.int16], heads: NDArray[np.float16], *, check: Callable[[], None] = lambda: None
) -> Bools:
    """Say of each two chunks whether they are twins.

    Args:
        openings: int16, shape (n, samples): the first 1.5 s of each chunk, at 8 kHz.
        heads: float16, shape (n, 2, frames, bands): log-mel, natural logarithm.
        check: called between steps; raises to stop.

    Returns:
        bool, shape (n, n), symmetric, true on the diagonal. Memory beside it is about 60 kB a chunk.
    """
    chunks = len(openings)
    twins = np.eye(chunks, dtype=np.bool_)
    levels = np.concatenate([mix_channels(heads[rows]) for rows in _rows(chunks)])
    _mark(twins, _alike_in_level(levels, check))
    spectra, silent = _spectra(openings)
    _mark(twins, _correlated(spectra, ~twins, check))
    twins |= silent[:, None] & silent
    return twins


def _mark(twins: Bools, pairs: Indices) -> None:
    twins[pairs[:, 0], pairs[:, 1]] = True
    twins[pairs[:, 1], pairs[:, 0]] = True


def _alike_in_level(heads: NDArray[np.float16], check: Callable[[], None]) -> Indices:
    """Return the pairs whose spectra, (n, frames, bands), differ little on average: (pairs, 2)."""
    cells = heads.reshape(len(heads), -1).astype(np.float32)
    cells -= cells.mean(axis=0)
    most = MOST_DIFFERENCE_DB / DB_PER_NEPER
    sure, open_ = [np.empty((0, 2), np.int64)], [np.empty((0, 2), np.int64)]
    for rows in _rows(len(cells)):
        check()
        second, fourth = _mean_powers(cells[rows], cells[rows.start :])
        later = np.arange(second.shape[1]) > np.arange(len(second))[:, None]
        at_least = (1 - _ROUNDING) * second**1.5 / np.sqrt(fourth)
        surely = later & (np.sqrt(second) < most)
        sure.append(np.argwhere(surely) + rows.start)
        open_.append(np.argwhere(later & ~surely & (at_least < most)) + rows.start)
    for batch in _batches(np.concatenate(open_), bytes_each=8 * cells.shape[1]):
        check()
        apart = np.abs(cells[batch[:, 0]] - cells[batch[:, 1]]).mean(axis=1)
        sure.append(batch[apart < most])
    return np.concatenate(sure)


def _mean_powers(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """Return the mean second and fourth power of the differences of cells, each (n, m).

    The powers are multiplied out, so that they are matrix products; the fourth is rounded up a little.
    """
    size = one.shape[1]
    squares, others = one**2, other**2
    second = squares.sum(axis=1)[:, None] + others.sum(axis=1) - 2 * (one @ other.T)
    scale = (squares**2).sum(axis=1)[:, None] + (others**2).sum(axis=1)
    fourth = scale + 6 * (squares @ others.T) - 4 * ((squares * one) @ other.T + one @ (others * other).T)
    return np.maximum(second / size, 0), np.maximum(fourth / size, 0) + _ROUNDING * scale / size


def _spectra(openings: NDArray[np.int16]) -> tuple[Spectra, Bools]:
    """Return spectra of unit norm, (n, bins), 0 where an opening is silent, and which are."""
    samples = openings.shape[1]
    # Filled up by the longest lag, a circular correlation is the plain one at the lags that matter.
    size = samples + LONGEST_LAG + (samples + LONGEST_LAG) % 2
    parts, silent = [], []
    for rows in _rows(len(openings)):
        block = openings[rows].astype(np.float32) / 2**15
        block -= block.mean(axis=1, keepdims=True)
        norms = np.linalg.norm(block, axis=1)
        is_silent = norms <= np.sqrt(samples) * 10 ** (SILENT_DBFS / 20)
        block /= np.where(is_silent, np.inf, norms)[:, None]
        # Every bin but the outer two stands for two, of both signs of frequency.
        weight = np.sqrt(np.r_[1.0, np.full(size // 2 - 1, 2.0), 1.0] / size).astype(np.float32)
        parts.append((np.fft.rfft(block, size) * weight).astype(np.complex64))
        silent.append(is_silent)
    return np.concatenate(parts), np.concatenate(silent)


def _correlated(spectra: Spectra, asked: Bools, check: Callable[[], None]) -> Indices:
    """Return those of the pairs asked about whose correlation is high at some lag: (pairs, 2)."""
    bins = spectra.shape[1]
    edges = np.arange(0, bins, _BINS_PER_BAND)
    energies = [np.add.reduceat(np.abs(spectra[rows]) ** 2, edges, axis=1) for rows in _rows(len(spectra))]
    bands = np.sqrt(np.concatenate(energies))
    check()
    first, second = np.nonzero(np.triu(asked & (bands @ bands.T > LEAST_CORRELATION - _ROUNDING), 1))
    pairs = np.stack([first, second], axis=1)
    size = 2 * (bins - 1)
    turns = np.arange(bins)[:, None] * np.arange(-LONGEST_LAG, LONGEST_LAG + 1) / size
    lags = np.exp(2j * np.pi * turns).astype(np.complex64)
    found = [np.empty((0, 2), np.int64)]
    for batch in _batches(pairs, bytes_each=32 * bins):
        check()
        cross = spectra[batch[:, 0]] * spectra[batch[:, 1]].conj()
        possible = np.abs(cross).sum(axis=1) > LEAST_CORRELATION - _ROUNDING
        highest = (cross[possible] @ lags).real.max(axis=1)
        found.append(batch[possible][highest >= LEAST_CORRELATION])
    return np.concatenate(found)


def _rows(count: int) -> Iterator[slice]:
    for start in range(0, count, _ROWS):
        yield slice(start, min(start + _ROWS, count))


def _batches(pairs: Indices, *, bytes_each: int) -> Iterator[Indices]:
    size = max(1, _BYTES_AT_ONCE // bytes_each)
    for start in range(0, len(pairs), size):
        yield pairs[start : start + size]
