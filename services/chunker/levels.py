"""How loud a song is from moment to moment: all that finding places to cut needs to know of it.

A song is read once, in blocks, into one running sum of squares per millisecond: 86 MB for three hours,
whatever the rate. Sums are int64 and exact, so that every level is the one that a loop over windows
would find.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.sound.samples import BLOCK_FRAMES, FULL_SCALE, Samples, to_int16


@dataclass(frozen=True)
class Levels:
    """Running sums of squares of a song, at every millisecond.

    Attributes:
        energy: int64, shape (duration_ms + 1,): sum of squares of all 16-bit samples of all channels
            that lie before each millisecond, int(ms * rate / 1000) in samples.
    """

    sample_rate_hz: int
    n_samples: int
    channels: int
    energy: NDArray[np.int64]

    @property
    def duration_ms(self) -> int:
        """Length of the song in milliseconds, rounded half to even, as pydub counts it."""
        return len(self.energy) - 1

    def positions(self, ms: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where milliseconds lie in the song, in samples."""
        return ms * self.sample_rate_hz // 1000

    def window_rms(self, window_ms: int) -> NDArray[np.int64]:
        """Measure the windows that start at every millisecond.

        The RMS over all channels, truncated to an integer; a last window that reaches past the end is
        filled up with silence (`audioop.rms` and the slices of pydub, on 16 bits).

        Returns:
            int64 in [0, 32768], shape (duration_ms - window_ms + 1,).
        """
        starts = self.positions(np.arange(self.duration_ms - window_ms + 1))
        ends = self.positions(np.arange(window_ms, self.duration_ms + 1))
        sums = self.energy[window_ms:] - self.energy[: self.duration_ms - window_ms + 1]
        return np.sqrt(sums / ((ends - starts) * self.channels)).astype(np.int64)


class LevelMeter:
    """Measure a song block by block.

    Args:
        sample_rate_hz: rate of the blocks to come.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self._rate_hz = sample_rate_hz
        self._n_samples = 0
        self._channels = 1
        self._total = 0
        self._energy: list[NDArray[np.int64]] = []
        self._next_ms = 0

    def feed(self, block: Samples) -> None:
        """Take the next samples of the song: int16, or float32 in [-1, 1], shape (n, channels)."""
        for start in range(0, len(block), BLOCK_FRAMES):
            self._feed_bounded(block[start : start + BLOCK_FRAMES])

    def _feed_bounded(self, block: Samples) -> None:
        squares = to_int16(block).astype(np.int32)
        squares *= squares
        # A square is at most 2**30: the sums of two fit into 32 bits without a sign.
        powers = squares.view(np.uint32)
        powers = powers[:, 0] + powers[:, 1] if block.shape[1] == 2 else powers[:, 0]
        running = np.empty(len(block) + 1, np.int64)
        running[0] = 0
        np.cumsum(powers, out=running[1:])
        running += self._total
        end = self._n_samples + len(block)
        # The first millisecond that lies past this block is the smallest with ms * rate // 1000 > end.
        past_ms = -(-(end + 1) * 1000 // self._rate_hz)
        marks = np.arange(self._next_ms, past_ms) * self._rate_hz // 1000
        self._energy.append(running[marks - self._n_samples])
        self._next_ms, self._n_samples = past_ms, end
        self._channels, self._total = block.shape[1], int(running[-1])

    def levels(self) -> Levels:
        """Return the levels of all that was fed."""
        duration_ms = round(1000 * (self._n_samples / self._rate_hz))
        sums = np.concatenate([np.zeros(0, np.int64), *self._energy])[: duration_ms + 1]
        # Rounding up, the last millisecond may lie up to half of one past the last sample.
        energy = np.concatenate([sums, np.full(duration_ms + 1 - len(sums), self._total)])
        return Levels(self._rate_hz, self._n_samples, self._channels, energy)


def measure_levels(samples: Samples, sample_rate_hz: int) -> Levels:
    """Measure a song that is in memory."""
    meter = LevelMeter(sample_rate_hz)
    meter.feed(samples)
    return meter.levels()


def threshold_amplitude(threshold_dbfs: float) -> float:
    """Return the RMS, in 16-bit units, that a level in dBFS stands for."""
    return float(10 ** (threshold_dbfs / 20) * FULL_SCALE)


def amplitude_dbfs(rms: float) -> float:
    """Return the level in dBFS of an RMS in 16-bit units."""
    return float(20 * np.log10(rms / FULL_SCALE))


def silent_range_ends_ms(rms: NDArray[np.int64], window_ms: int, threshold_rms: float) -> NDArray[np.int64]:
    """Join silent windows that overlap or touch, and return where each stretch of silence ends.

    Args:
        rms: level of the window that starts at each millisecond.
        window_ms: length of a window.
        threshold_rms: a window at or below it is silent.

    Returns:
        int64, shape (ranges,), rising, in milliseconds.
    """
    starts = np.flatnonzero(rms <= threshold_rms)
    if not len(starts):
        return np.zeros(0, np.int64)
    last_of_range = np.append(np.diff(starts) > window_ms, True)
    return starts[last_of_range].astype(np.int64) + window_ms
