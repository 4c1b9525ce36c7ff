"""Fades from one sound to another, band by band, that neither bump nor sag.

Two sounds that are alike add up by amplitude, two that are not by power; what lies between is told by
their correlation r. With gains cos t / sqrt(1 + r sin 2t) and sin t / sqrt(1 + r sin 2t), t from 0 to a
right angle, the power of the sum goes evenly from the one's to the other's, whatever r is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.signal import correlate, firwin, oaconvolve

from shared.sound.samples import Float32, to_mono

__all__ = [
    "REACH_S",
    "SHIFT_IN_TIME_S",
    "SHIFT_S",
    "Fade",
    "Lengths",
    "Parted",
    "crossfade",
    "find_shift",
]

BORDERS_HZ = (150.0, 2500.0)
Lengths = tuple[float, float, float]
"""How long the low, the middle and the high band fade, in seconds."""

REACH_S = 0.06
"""What is needed of both sounds on either side of a fade, for the filters that part the bands."""

SHIFT_S = 0.012
"""How far one sound may be moved so that its low waves meet the other's."""

SHIFT_IN_TIME_S = 0.004
"""The same where beats meet already."""

LEAST_CORRELATION = -0.3
"""Sounds that cancel each other more than that are not made up for: that would be noise, raised."""

_ALIGNED_BELOW_HZ = 200.0
_ALIGNED_RATE_HZ = 4000
_ALIGNED_FROM = 0.3
"""A smaller correlation of low waves says nothing; nothing is moved for it."""


@dataclass(frozen=True)
class Fade:
    """A fade that was made.

    Attributes:
        sound: float32, shape (fade, channels).
        correlations: of the two sounds in each band, low to high, as measured.
    """

    sound: Float32
    correlations: tuple[float, ...]


@dataclass(frozen=True)
class Parted:
    """A sound, parted once for all the fades that are tried in it.

    Attributes:
        bands: float32, shape (3, n, channels), low to high: their sum is the sound.
        waves: float32, shape (n,): what is aligned, the low waves of the mean of the channels.
    """

    bands: Float32
    waves: Float32

    @classmethod
    def of(cls, sound: Float32, sample_rate_hz: int) -> Parted:
        """Part a sound, float32, shape (n, channels); `REACH_S` at either end is not quite right."""
        below = [_lowpass(sound, border_hz, sample_rate_hz) for border_hz in BORDERS_HZ]
        bands = np.stack([below[0], below[1] - below[0], sound - below[1]])
        return cls(bands, _lowpass(to_mono(sound)[:, None], _ALIGNED_BELOW_HZ, sample_rate_hz)[:, 0])

    def times(self, factor: np.float32) -> Parted:
        """Return it louder or softer by a factor."""
        return Parted(self.bands * factor, self.waves * factor)

    def between(self, start: int, stop: int) -> Parted:
        """Return a part of it, in samples."""
        return Parted(self.bands[:, start:stop], self.waves[start:stop])


def crossfade(before: Parted, after: Parted, lengths_s: Lengths) -> Fade:
    """Fade from one sound to another, all of both; each band's fade lies in the middle.

    Args:
        before: what leaves.
        after: what comes at the same instants, as long.
        lengths_s: of the bands' fades, if the sounds are as long as the longest; else all are shorter alike.
    """
    fade = before.bands.shape[1]
    mixed, correlations = np.zeros(before.bands.shape[1:], np.float32), []
    for leaving, coming, length_s in zip(before.bands, after.bands, lengths_s, strict=True):
        share = length_s / max(lengths_s)
        t = np.pi / 2 * np.clip((np.arange(fade) + 0.5 - fade / 2) / (share * fade) + 0.5, 0, 1)
        during = (t > 0) & (t < np.pi / 2)
        r = _correlation(leaving[during], coming[during])
        scale = 1 / np.sqrt(1 + np.clip(r, LEAST_CORRELATION, 1) * np.sin(2 * t))
        gains = ((np.cos(t) * scale)[:, None], (np.sin(t) * scale)[:, None])
        mixed += (gains[0] * leaving + gains[1] * coming).astype(np.float32)
        correlations.append(r)
    return Fade(mixed, tuple(correlations))


def find_shift(before: Float32, after: Float32, *, most_s: float = SHIFT_S, sample_rate_hz: int) -> int:
    """Return by how many samples `after` is to begin later in its song, so that low waves meet.

    Args:
        before: the waves of what leaves around the seam, shape (n,); see `Parted`.
        after: those of what comes, shape (n + 2 * most,), with most = round(most_s * sample_rate_hz): so
            much more on both sides.
        most_s: how far it may be moved.
        sample_rate_hz: of both.

    Returns:
        From -most to most; 0 where the sounds have no low waves in common.
    """
    most = round(most_s * sample_rate_hz)
    step = max(1, sample_rate_hz // _ALIGNED_RATE_HZ)
    a, b = before[::step], after[::step]
    products = correlate(b, a, mode="valid")
    powers = np.convolve(np.square(b), np.ones(len(a)), mode="valid") * np.square(a).sum()
    likeness = products / np.sqrt(np.maximum(powers, 1e-12))
    best = int(likeness.argmax())
    if likeness[best] < _ALIGNED_FROM:
        return 0
    return int(np.clip(best * step - most, -most, most))


def _lowpass(sound: Float32, corner_hz: float, sample_rate_hz: int) -> Float32:
    """Keep what lies below a frequency, without delay: float32, of the same shape."""
    taps = _taps(corner_hz, sample_rate_hz)
    filtered: Float32 = oaconvolve(sound, taps[:, None], mode="same", axes=0).astype(np.float32)
    return filtered


@lru_cache(maxsize=16)
def _taps(corner_hz: float, sample_rate_hz: int) -> Float32:
    half = round(min(REACH_S, 4 / corner_hz) * sample_rate_hz)
    taps: Float32 = firwin(2 * half + 1, corner_hz, fs=sample_rate_hz).astype(np.float32)
    return taps


def _correlation(a: Float32, b: Float32) -> float:
    powers = float(np.square(a, dtype=np.float64).sum() * np.square(b, dtype=np.float64).sum())
    return float((a.astype(np.float64) * b).sum() / np.sqrt(powers)) if powers > 0 else 0.0
