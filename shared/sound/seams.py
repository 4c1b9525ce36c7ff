"""Seams, measured as they are heard: whether the sound jumps, clicks or changes colour where two chunks meet.

A figure means little by itself, for music jumps and clicks too. So places inside songs are measured in the
same way: how often a seam is worse than nearly all of them is what counts (`Threshold`). The joints of any
sound can be measured, whoever joined it; which song follows which is judged by `Variety` alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from shared.sound.mel import analysis_at
from shared.sound.samples import Float32

Doubles = NDArray[np.float64]

REACH_S = 0.2
"""What is looked at on each side of a seam."""

JOLT_S = 0.02
CLICK_S, CLICK_REACH_S, CLICK_HZ = 0.002, 0.05, 10_000.0
LEVEL_FLOOR = 1e-3
"""-60 dBFS: what is quieter counts as if it were so loud, or silence would jolt without a sound."""

JOLT_PERCENTILE, CLICK_PERCENTILE = 90.0, 99.9
REPLAY_SKIPS = 2
"""A step that goes on in its song and skips at most so many chunks is a replay."""


@dataclass(frozen=True, eq=False)
class Joints:
    """The sound on both sides of n seams, mono.

    Attributes:
        before: float32 in [-1, 1], shape (n, reach): what ends at each seam.
        after: the same shape: what begins there.
        sample_rate_hz: of both.
    """

    before: Float32
    after: Float32
    sample_rate_hz: int

    def __len__(self) -> int:
        return len(self.before)

    @classmethod
    def at(cls, sound: Float32, sample_rate_hz: int, positions: Sequence[int] | NDArray[np.int64]) -> Self:
        """Take the surroundings of places in a sound.

        Args:
            sound: mono, float32 in [-1, 1], shape (samples,).
            sample_rate_hz: of the sound.
            positions: first samples after the seams; those nearer than the reach to an end are left out.
        """
        reach = round(REACH_S * sample_rate_hz)
        places = np.asarray(positions, dtype=np.int64).reshape(-1)
        places = places[(places >= reach) & (places <= len(sound) - reach)][:, None]
        span = np.arange(reach)
        return cls(sound[places - reach + span], sound[places + span], sample_rate_hz)

    @classmethod
    def concatenate(cls, parts: Sequence[Joints]) -> Self:
        """Bring joints of one rate together, at least one part."""
        return cls(
            np.concatenate([part.before for part in parts]),
            np.concatenate([part.after for part in parts]),
            parts[0].sample_rate_hz,
        )

    def joined_at_random(self, rng: np.random.Generator) -> Joints:
        """Return as many joints of what ends at one of these seams and what begins at another."""
        count = len(self)
        others = (np.arange(count) + rng.integers(1, max(2, count), count)) % max(1, count)
        return Joints(self.before, self.after[others], self.sample_rate_hz)

    def jolts(self) -> Doubles:
        """Return |ln(RMS of the 20 ms after / RMS of those before)| of each seam: 0 where the level holds."""
        width = round(JOLT_S * self.sample_rate_hz)
        levels = (_rms(self.before[:, -width:]), _rms(self.after[:, :width]))
        before, after = (np.maximum(level, LEVEL_FLOOR) for level in levels)
        jolts: Doubles = np.abs(np.log(after / before))
        return jolts

    def clicks(self) -> Doubles:
        """Return the most power above 10 kHz that 2 ms within 50 ms of each seam have."""
        width = round(CLICK_REACH_S * self.sample_rate_hz)
        near = np.concatenate([self.before[:, -width:], self.after[:, :width]], axis=1)
        return high_power(near, self.sample_rate_hz).max(axis=1)

    def cosines(self) -> Doubles:
        """Return how alike the mean spectra of 0.19 s before and after are: 1 if only the level differs."""
        analysis = analysis_at(self.sample_rate_hz)
        width = round(REACH_S * self.sample_rate_hz) // analysis.window * analysis.window
        before, after = (
            np.sqrt(
                analysis.mel_power(side.reshape(1, -1, analysis.window))
                .reshape(len(side), width // analysis.window, -1)
                .mean(axis=1, dtype=np.float64)
            )
            for side in (self.before[:, -width:], self.after[:, :width])
        )
        lengths = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
        cosines: Doubles = (before * after).sum(axis=1) / lengths
        return cosines


@dataclass(frozen=True)
class Threshold:
    """What nearly all places inside songs stay below."""

    jolt: float
    click: float

    @classmethod
    def of(cls, sounds: Sequence[Float32], sample_rate_hz: int) -> Self:
        """Measure songs, each mono, float32, shape (samples,), at a place every 100 ms, and in every 1 ms."""
        step = round(JOLT_S * sample_rate_hz)
        places = [Joints.at(sound, sample_rate_hz, np.arange(0, len(sound), 5 * step)) for sound in sounds]
        high = [high_power(sound[None], sample_rate_hz)[0] for sound in sounds]
        return cls(
            float(np.percentile(Joints.concatenate(places).jolts(), JOLT_PERCENTILE)),
            float(np.percentile(np.concatenate(high), CLICK_PERCENTILE)),
        )


@dataclass(frozen=True)
class SeamFigures:
    """What seams sound like, summed up; NaN where there are none.

    Attributes:
        seams: how many there are.
        jolting: share of seams whose jolt is above that of 90 % of all places in the songs.
        clicking: share of seams near which 2 ms have more treble than 99.9 % of all such stretches.
        cosine: mean of the spectral cosines.
    """

    seams: int
    jolting: float
    clicking: float
    cosine: float

    @classmethod
    def of(cls, joints: Joints, threshold: Threshold) -> Self:
        """Measure joints against places inside songs."""
        if not len(joints):
            return cls(0, float("nan"), float("nan"), float("nan"))
        return cls(
            len(joints),
            float((joints.jolts() > threshold.jolt).mean()),
            float((joints.clicks() > threshold.click).mean()),
            float(joints.cosines().mean()),
        )


@dataclass(frozen=True)
class Variety:
    """How much of a mix is new.

    Attributes:
        songs: different songs in it.
        longest_run: chunks of the longest stretch that only replays its song.
        replays: share of steps that are replays.
    """

    songs: int
    longest_run: int
    replays: float

    @classmethod
    def of(cls, steps: Sequence[tuple[str, int]]) -> Self:
        """Look at the chunks of a mix, each by song and number in it, in order; at least one."""
        replayed = [is_replay(before, after) for before, after in pairwise(steps)]
        run = longest = 1
        for again in replayed:
            run = run + 1 if again else 1
            longest = max(longest, run)
        share = sum(replayed) / len(replayed) if replayed else 0.0
        return cls(len({song for song, _ in steps}), longest, share)


def is_replay(before: tuple[str, int], after: tuple[str, int]) -> bool:
    """Tell whether a step goes on in the same song, skipping at most two chunks."""
    return before[0] == after[0] and 1 <= after[1] - before[1] <= 1 + REPLAY_SKIPS


def high_power(sounds: Float32, sample_rate_hz: int) -> Doubles:
    """Return the power above 10 kHz of every 2 ms: shape (n, stretches), a stretch beginning each 1 ms.

    Args:
        sounds: mono, float32 in [-1, 1], shape (n, samples), at least 2 ms long.
        sample_rate_hz: of the sounds.
    """
    width = round(CLICK_S * sample_rate_hz)
    taper = (0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(width) + 0.5) / width)).astype(np.float32)
    is_high = np.fft.rfftfreq(width, 1 / sample_rate_hz) >= CLICK_HZ
    stretches = sliding_window_view(sounds, width, axis=1)[:, :: width // 2]
    parts = [
        (np.abs(np.fft.rfft(block * taper)[..., is_high]) ** 2).sum(axis=-1)
        for block in np.array_split(stretches, 1 + stretches.shape[1] // 10_000, axis=1)
    ]
    return np.concatenate(parts, axis=1) / (width * float((taper**2).sum()))


def _rms(sounds: Float32) -> Doubles:
    level: Doubles = np.sqrt(np.mean(np.square(sounds, dtype=np.float64), axis=1))
    return level
