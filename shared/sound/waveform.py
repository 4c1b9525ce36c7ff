"""The outline of a sound: what a player draws, gathered while the sound streams by."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.sound.samples import FULL_SCALE, Int16, to_float32

__all__ = ["Waveform", "WaveformMeter", "outline_of"]

FINEST_FRAMES = 256
MAX_BINS = 2048


@dataclass(frozen=True)
class Waveform:
    """The lowest and highest sample of each stretch of a sound, over all channels.

    Attributes:
        frames_per_bin: the length of a stretch in samples; the last may be shorter.
        lows, highs: int16, shape (bins,).
        levels: float64, shape (bins,): root mean square over all channels, 1.0 at full scale.
    """

    frames_per_bin: int
    lows: Int16
    highs: Int16
    levels: NDArray[np.float64]

    @property
    def peak(self) -> float:
        """The largest magnitude, 1.0 at full scale; 0 where there is no sound."""
        return max(-int(self.lows.min(initial=0)), int(self.highs.max(initial=0))) / FULL_SCALE

    def pairs(self) -> list[list[float]]:
        """Return [low, high] of each bin, 1.0 at full scale, to two digits: finer than any drawing."""
        rounded: list[list[float]] = np.round(np.stack([self.lows, self.highs], 1) / FULL_SCALE, 2).tolist()
        return rounded


class WaveformMeter:
    """Gather a waveform from blocks, in memory that does not grow with the sound.

    Bins begin short; whenever there are more than `MAX_BINS`, neighbours are merged and bins are twice
    as long from then on. A long sound ends with `MAX_BINS / 2` to `MAX_BINS` of them.
    """

    def __init__(self) -> None:
        self._frames_per_bin = FINEST_FRAMES
        self.frames = 0
        self._lows: Int16 = np.empty(0, np.int16)
        self._highs: Int16 = np.empty(0, np.int16)
        self._energies: NDArray[np.float64] = np.empty(0)
        """The sum of squares of each bin, averaged over channels."""

    def feed(self, samples: Int16) -> None:
        """Take the next samples: int16, shape (n, channels)."""
        if not len(samples):
            return
        bins_before = len(self._lows)
        bins = (np.arange(len(samples)) + self.frames) // self._frames_per_bin
        first_of_bin = np.flatnonzero(np.diff(bins, prepend=-1))
        lows = np.minimum.reduceat(samples.min(axis=1), first_of_bin)
        highs = np.maximum.reduceat(samples.max(axis=1), first_of_bin)
        sound = to_float32(samples)
        power = np.einsum("nc,nc->n", sound, sound) / samples.shape[1]
        energies = np.add.reduceat(power, first_of_bin, dtype=np.float64)
        if bins[0] < bins_before:  # The last bin goes on.
            self._lows[-1] = min(self._lows[-1], lows[0])
            self._highs[-1] = max(self._highs[-1], highs[0])
            self._energies[-1] += energies[0]
            lows, highs, energies = lows[1:], highs[1:], energies[1:]
        self._lows = np.concatenate([self._lows, lows])
        self._highs = np.concatenate([self._highs, highs])
        self._energies = np.concatenate([self._energies, energies])
        self.frames += len(samples)
        while len(self._lows) > MAX_BINS:
            pairs = np.arange(0, len(self._lows), 2)
            self._lows = np.minimum.reduceat(self._lows, pairs)
            self._highs = np.maximum.reduceat(self._highs, pairs)
            self._energies = np.add.reduceat(self._energies, pairs)
            self._frames_per_bin *= 2

    def waveform(self) -> Waveform:
        """Return the waveform so far."""
        starts = np.arange(len(self._lows)) * self._frames_per_bin
        lengths = np.minimum(self._frames_per_bin, self.frames - starts)
        levels = np.sqrt(self._energies / lengths)
        return Waveform(self._frames_per_bin, self._lows, self._highs, levels)


def outline_of(blocks: Iterable[Int16]) -> bytes:
    """Return the outline of a sound as JSON, as that of a mix is stored: `{"peaks": [[low, high], ...]}`.

    Args:
        blocks: int16, each of shape (n, channels).
    """
    meter = WaveformMeter()
    for block in blocks:
        meter.feed(block)
    return json.dumps({"peaks": meter.waveform().pairs()}).encode()
