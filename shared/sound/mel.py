"""Mel spectra whose figures do not depend on the sample rate.

Frames lie on a grid of 256/22050 s at whatever rate the sound has; power is a density, per hertz and not per
bin, and each band is the mean of its triangle. So a sine or a noise gives the same figures at 22.05, 44.1
and 48 kHz, and nothing need be resampled.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from shared.sound.samples import Float32

BANDS = 64
TOP_HZ = 11_025.0
"""The upper edge of the highest band."""

GRID_RATE_HZ = 22_050
GRID_HOP = 256
"""The hop is 256 samples at 22.05 kHz, 11.6 ms, and as near to it as whole samples are at other rates."""

WINDOW_HOPS = 4
"""A window is 4 hops: 46 ms."""

POWER_FLOOR = 1e-10
"""Power below which nothing is heard: about the rounding noise of 16 bits."""

HZ_PER_MEL = 200 / 3
LOG_FROM_HZ = 1000.0
LOG_STEP = float(np.log(6.4)) / 27
"""Slaney's mel scale: 15 mel to 1 kHz, then 27 mel to each factor of 6.4."""

FRAMES_AT_ONCE = 64
"""A batch whose spectrum stays in a core's cache: on one thread 64 took 0.38 of the time of 1,024."""


@dataclass(frozen=True)
class Analysis:
    """The frames, window and filters of one sample rate.

    Attributes:
        hop, window, fft_size: in samples; windows are filled up to `fft_size`, which transforms fast.
        taper: float32, shape (window,): Hann, scaled so that squared magnitudes are densities.
        filters: float32, shape (lines, BANDS), of the lines up to the highest band's edge: each column sums
            to 1, or is 0 where the band's centre lies above the Nyquist frequency.
    """

    hop: int
    window: int
    fft_size: int
    taper: Float32
    filters: Float32

    def samples_of(self, frames: int) -> int:
        """Return how many samples that many frames cover."""
        return self.window + (frames - 1) * self.hop

    def mel_power(self, windows: Float32) -> Float32:
        """Measure windows of sound.

        Args:
            windows: float32 in [-1, 1], shape (channels, frames, window).

        Returns:
            float32, shape (channels, frames, BANDS), at least POWER_FLOOR.
        """
        parts = [
            self._mel_power(windows[:, start : start + FRAMES_AT_ONCE])
            for start in range(0, windows.shape[1], FRAMES_AT_ONCE)
        ]
        return np.concatenate(parts, axis=1)

    def _mel_power(self, windows: Float32) -> Float32:
        # The gateway knows this module and never measures. SciPy's transform of many rows took a sixth of
        # the time of NumPy's.
        from scipy.fft import rfft

        spectrum = rfft(windows * self.taper, self.fft_size)[..., : len(self.filters)]
        power = (spectrum.real**2 + spectrum.imag**2) @ self.filters + np.float32(POWER_FLOOR)
        return power.astype(np.float32, copy=False)


@lru_cache(maxsize=16)
def analysis_at(sample_rate_hz: int) -> Analysis:
    """Derive the analysis of one sample rate."""
    hop = max(1, round(sample_rate_hz * GRID_HOP / GRID_RATE_HZ))
    window = WINDOW_HOPS * hop
    fft_size = _fast_size(window)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(window) + 0.5) / window)
    # Symmetric, so that a window read backwards has the same power. Scaled to power per hertz, times
    # 22,050 Hz: white noise of variance v at 22.05 kHz measures v.
    taper = hann * np.sqrt(GRID_RATE_HZ / (sample_rate_hz * np.sum(hann**2)))
    return Analysis(hop, window, fft_size, taper.astype(np.float32), _filters(fft_size, sample_rate_hz))


def _fast_size(least: int) -> int:
    """Return the least even number from `least` on with no prime factor above 5: its transform is fast."""
    size = least + least % 2
    while _has_large_factor(size):
        size += 2
    return size


def _has_large_factor(number: int) -> bool:
    for prime in (2, 3, 5):
        while number % prime == 0:
            number //= prime
    return number > 1


def _filters(fft_size: int, sample_rate_hz: int) -> Float32:
    """Return triangles, evenly spaced in mel, each overlapping its neighbours by half."""
    corners_hz = mel_to_hz(np.linspace(0.0, hz_to_mel(TOP_HZ), BANDS + 2))
    low, centre, high = corners_hz[:-2], corners_hz[1:-1], corners_hz[2:]
    bins_hz = np.fft.rfftfreq(fft_size, 1 / sample_rate_hz)[:, None]
    bins_hz = bins_hz[bins_hz[:, 0] < TOP_HZ]
    rising, falling = (bins_hz - low) / (centre - low), (high - bins_hz) / (high - centre)
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    triangles[:, centre >= sample_rate_hz / 2] = 0.0
    area = triangles.sum(axis=0)
    return np.divide(triangles, area, out=np.zeros_like(triangles), where=area > 0).astype(np.float32)


def hz_to_mel(frequency_hz: float) -> float:
    """Convert to mel: Slaney's scale (Auditory Toolbox, 1998), linear up to 1 kHz and logarithmic above."""
    linear = frequency_hz / HZ_PER_MEL
    if frequency_hz < LOG_FROM_HZ:
        return linear
    return float(LOG_FROM_HZ / HZ_PER_MEL + np.log(frequency_hz / LOG_FROM_HZ) / LOG_STEP)


def mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert from mel."""
    above = np.maximum(mel - LOG_FROM_HZ / HZ_PER_MEL, 0.0)
    return np.minimum(mel * HZ_PER_MEL, LOG_FROM_HZ) * np.exp(above * LOG_STEP)
