"""A look-ahead limiter: keeps a mix's true peaks below a ceiling, and leaves everything else as it is."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d
from scipy.signal import firwin, upfirdn

from shared.sound.samples import Float32

__all__ = ["CEILING_DBTP", "Limiter"]

CEILING_DBTP = -2.0
"""True peak that nothing passes before it is encoded: a lossy encoder may raise it by up to 1 dB."""

OVERSAMPLED = 4
"""Peaks between samples are found on four times the rate, as BS.1770 does."""

HOLD_S = 0.02
"""The gain falls this long before a peak and rises as long after it, along a Hann window."""

_TAPS_PER_PHASE = 12
_LOUD = 0.6
"""What stays below so much of the ceiling has no true peak above it, and needs no oversampling."""


class Limiter:
    """Limit a stream. What is fed comes out later, and no sample is lost: `flush` gives the rest.

    Args:
        ceiling: true peak that nothing may pass, 1.0 at full scale.
        sample_rate_hz: of the stream.
        channels: of the stream; all get the same gain.

    Attributes:
        least_gain: the smallest factor applied so far; 1.0 where nothing was limited.
    """

    def __init__(self, ceiling: float, *, sample_rate_hz: int, channels: int) -> None:
        self._ceiling = ceiling
        self._reach = max(1, round(HOLD_S * sample_rate_hz))
        window = np.hanning(2 * self._reach + 1)
        self._smooth = (window / window.sum()).astype(np.float32)
        # Before the first sample there is silence.
        self._waiting: Float32 = np.zeros((2 * self._reach, channels), np.float32)
        self._silent = 2 * self._reach
        self.least_gain = 1.0

    def feed(self, samples: Float32) -> Float32:
        """Take samples, float32, shape (n, channels); return those that are ready."""
        sound = np.concatenate([self._waiting, samples])
        ready = len(sound) - 4 * self._reach
        if ready <= 0:
            self._waiting = sound
            return samples[:0]
        gains = self._gains(sound)[:ready]
        limited: Float32 = sound[2 * self._reach : 2 * self._reach + ready] * gains[:, None]
        self.least_gain = min(self.least_gain, float(gains.min()))
        self._waiting = sound[ready:]
        return limited

    def flush(self) -> Float32:
        """Return the samples that are still held; the limiter is then spent."""
        return self.feed(np.zeros((2 * self._reach, self._waiting.shape[1]), np.float32))

    def _gains(self, sound: Float32) -> Float32:
        """Return the gains of all but two reaches at either end of a stretch."""
        peaks = _true_peaks(sound, self._ceiling * _LOUD)
        wanted = np.minimum(1.0, self._ceiling / np.maximum(peaks, self._ceiling)).astype(np.float32)
        lowest = minimum_filter1d(wanted, 2 * self._reach + 1)
        if lowest.min() == 1.0:
            return np.ones(len(sound) - 4 * self._reach, np.float32)
        smoothed: Float32 = np.convolve(lowest, self._smooth, mode="same").astype(np.float32)
        return smoothed[2 * self._reach : len(sound) - 2 * self._reach]


def _true_peaks(sound: Float32, quiet: float) -> NDArray[np.float32]:
    """Return the largest magnitude at each sample and up to the next, over channels: shape (n,)."""
    peaks: NDArray[np.float32] = np.abs(sound).max(axis=1)
    if peaks.max(initial=0.0) <= quiet:
        return peaks
    dense = np.abs(upfirdn(_filter(), sound, up=OVERSAMPLED, axis=0)).max(axis=1)
    late = OVERSAMPLED * _TAPS_PER_PHASE // 2
    between = dense[late : late + OVERSAMPLED * len(sound)].reshape(-1, OVERSAMPLED).max(axis=1)
    return np.maximum(peaks, between.astype(np.float32))


@lru_cache(maxsize=1)
def _filter() -> NDArray[np.float64]:
    taps: NDArray[np.float64] = firwin(OVERSAMPLED * _TAPS_PER_PHASE + 1, 1 / OVERSAMPLED)
    return taps * OVERSAMPLED
