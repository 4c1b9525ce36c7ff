"""Fingerprints that tell whether two files hold the same recording, though encoded anew, louder or cut.

A fingerprint follows how the shape of the spectrum moves: log-mel in 12 broad bands, smoothed over 0.9 s and
taken every 0.37 s, less what all bands have in common (level) and less the mean over the seconds around
(equalisation, and what is the same throughout). Two recordings are the same where these movements correlate
at some offset that leaves at least half of the shorter one in common. Tunes, tempos and instruments that two
pieces share do not suffice: the same things would have to happen in the same seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.learning.corpus import Floats

Fingerprint = NDArray[np.int8]

LEAST_LIKENESS = 0.7
"""Of 59 real songs the same recording, as MP3 of low quality at half the level and another start, reached
0.88 to 1.00; no two different ones more than 0.50."""

BROAD_BANDS = 12
STEP_HOPS = 32
_SMOOTH_HOPS = 80
_AROUND_STEPS = 12
"""4.5 s."""

_LOUDEST_LESS_NEPERS = 14.0
"""60 dB: what is further below the song's loudest is not heard, and differs between encodings."""

_LEAST_STEPS = 40
"""15 s: less in common says too little, so shorter pieces are never found the same."""

_FINER = 4
"""Offsets tried between two steps."""

_FULL = 4.0
"""Movements beyond so many times their own root mean square are clipped."""


def fingerprint(frames: NDArray[np.float16]) -> Fingerprint:
    """Sum a recording up.

    Args:
        frames: float16, shape (hops, bands): log-mel, natural logarithm, 11.6 ms apart.

    Returns:
        int8, shape (steps, BROAD_BANDS), 0.37 s apart: about 2 kB a minute. Zero where nothing moves.
    """
    steps = max(0, (len(frames) - _SMOOTH_HOPS) // STEP_HOPS + 1)
    if steps == 0:
        return np.zeros((0, BROAD_BANDS), np.int8)
    levels = frames.astype(np.float32)
    levels = np.maximum(levels, levels.max() - _LOUDEST_LESS_NEPERS)
    broad = np.stack([part.mean(axis=1) for part in np.array_split(levels, BROAD_BANDS, axis=1)], axis=1)
    taper = np.hanning(_SMOOTH_HOPS + 2)[1:-1]
    windows = np.lib.stride_tricks.sliding_window_view(broad, _SMOOTH_HOPS, axis=0)[::STEP_HOPS]
    smooth = windows @ (taper / taper.sum())
    smooth -= smooth.mean(axis=1, keepdims=True)
    moves = smooth - _around(smooth)
    size = np.sqrt(np.mean(moves**2))
    if size < 1e-3:
        return np.zeros((steps, BROAD_BANDS), np.int8)
    return np.round(np.clip(moves / (_FULL * size), -1, 1) * 127).astype(np.int8)


def same_recording(one: Fingerprint, other: Fingerprint) -> bool:
    """Say whether two fingerprints are of the same recording."""
    return bool(likeness(one, [other])[0] >= LEAST_LIKENESS)


def likeness(one: Fingerprint, others: Sequence[Fingerprint]) -> Floats:
    """Correlate the movements of a recording with those of others, at the best offset of each.

    Returns:
        float32, shape (len(others),), in [-1, 1]; 0 where nothing moves or too little is in common.
    """
    if not others:
        return np.empty(0, np.float32)
    longest = max(len(one), *(len(other) for other in others))
    size = 2 ** int(np.ceil(np.log2(2 * longest + 1)))
    spectrum = np.fft.rfft(one.astype(np.float32), size, axis=0)
    return np.array([_best(one, spectrum, other, size) for other in others], dtype=np.float32)


def find_repeats(
    prints: Sequence[Fingerprint], known: Sequence[Fingerprint], *, check: Callable[[], None] = lambda: None
) -> list[int | None]:
    """Say for each recording which of the known ones it is, by its place there; None: of none."""
    found: list[int | None] = []
    for one in prints:
        check()
        alike = likeness(one, known)
        found.append(int(alike.argmax()) if alike.max(initial=-1) >= LEAST_LIKENESS else None)
    return found


def _around(smooth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average over the seconds around each step; at the ends, over what there is."""
    ends = np.arange(len(smooth))
    first = np.maximum(ends - _AROUND_STEPS // 2, 0)
    last = np.minimum(ends + _AROUND_STEPS // 2 + 1, len(smooth))
    sums = np.concatenate([np.zeros((1, smooth.shape[1])), smooth.cumsum(axis=0)])
    return (sums[last] - sums[first]) / (last - first)[:, None]


def _best(
    one: Fingerprint, spectrum: NDArray[np.complexfloating[Any]], other: Fingerprint, size: int
) -> float:
    least = max(_LEAST_STEPS, -(-min(len(one), len(other)) // 2))
    if min(len(one), len(other)) < least:
        return 0.0
    cross = (spectrum * np.fft.rfft(other.astype(np.float32), size, axis=0).conj()).sum(axis=1)
    # Padded with zeros, the product gives the offsets between two steps as well. offset = start of `other`
    # in `one`, in steps.
    offsets = np.arange(least - len(other), len(one) - least + 1)
    fine = np.fft.irfft(cross, size * _FINER) * _FINER
    near = offsets[:, None] * _FINER + np.arange(-_FINER // 2, _FINER // 2 + 1)
    products = fine[near % len(fine)].max(axis=1)
    energy = _energy(one, offsets, offsets + len(other)) * _energy(other, -offsets, len(one) - offsets)
    return float(np.divide(products, np.sqrt(energy), out=np.zeros(len(energy)), where=energy > 0).max())


def _energy(one: Fingerprint, first: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.float64]:
    """Sum the squares of steps [first, end), as far as there are any."""
    sums = np.concatenate([[0.0], np.square(one.astype(np.float64)).sum(axis=1).cumsum()])
    return sums[np.clip(end, 0, len(one))] - sums[np.clip(first, 0, len(one))]
