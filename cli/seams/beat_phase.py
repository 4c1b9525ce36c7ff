"""Whether the beat goes on across a seam: lines through the beats that are heard on both sides of it.

Beats are found in the rendered sound alone, by the rise of its bands every 2 ms, and by nothing that seams
are put in time with; only how long a beat is, roughly, is told from outside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from shared.sound.samples import Float32

__all__ = ["BEATS", "BeatPhase", "beat_phase"]

Doubles = NDArray[np.float64]

BEATS = 8
"""A line goes through so many beats on either side, or as many as there are, from `FEWEST_BEATS` on."""
FEWEST_BEATS = 4

HOP_S, WINDOW_S = 0.002, 0.012
_BANDS = 20
_LOWEST_HZ, _HIGHEST_HZ = 40.0, 12_000.0
_FLOOR = 1e-7
_RISE_HOPS = 3
_BLUR_HOPS, _SHARP_HOPS = 3.0, 1.5
"""A comb's teeth catch onsets that are some 6 ms off; what is looked for there is told more sharply."""

_ELSEWHERE = 0.15
"""So far from the beats, in periods, rises are others than theirs."""

_PERIODS = np.linspace(0.97, 1.03, 31)
"""What a beat may last beside what was told."""
_NEAR_S = 0.025
"""The line goes through the highest rise no farther from a tooth."""


@dataclass(frozen=True)
class BeatPhase:
    """How the beat goes on.

    Attributes:
        error_s: how much later than the line before the seam asks for the first beat after it comes, by the
            other line; at most half a beat either way.
        tempo_step: the tempo after beside the one before, folded by 2:1: 0.01 is 1 % faster.
        clarity: how much stronger rises are on the beats than at any other place between them, on the side
            where that is less; near 1, what is taken for the beat might as well be what lies between.
    """

    error_s: float
    tempo_step: float
    clarity: float


def beat_phase(
    before: Float32, after: Float32, sample_rate_hz: int, *, before_beat_s: float, after_beat_s: float
) -> BeatPhase | None:
    """Measure whether the beat goes on where one sound follows another.

    Args:
        before: what is heard before the seam, mono, shape (n,), up to the seam.
        after: what is heard from the seam on, shape (m,).
        sample_rate_hz: of both.
        before_beat_s: about how long a beat is before the seam, within 3 %.
        after_beat_s: the same after it.

    Returns:
        None where a side has fewer than `FEWEST_BEATS` beats.
    """
    # Backwards, the last beats come first; that a rise is one is told forwards all the same.
    rises = _rises(before, sample_rate_hz)
    last, first = _line(rises[::-1], before_beat_s), _line(_rises(after, sample_rate_hz), after_beat_s)
    if last is None or first is None:
        return None
    (last_s, period_s, clear), (first_s, other_s, other_clear) = last, first
    last_s += len(before) / sample_rate_hz - (len(rises) - 1) * HOP_S
    ratio = period_s / other_s
    fold = float(min((1.0, 2.0, 0.5), key=lambda whole: abs(np.log(ratio / whole))))
    shortest_s = min(period_s, other_s) if fold == 2.0 else period_s
    off_s = first_s + last_s
    error_s = (off_s + shortest_s / 2) % shortest_s - shortest_s / 2
    return BeatPhase(error_s, ratio / fold - 1, min(clear, other_clear))


def _rises(sound: Float32, sample_rate_hz: int) -> Doubles:
    """Return by how much the bands rise around every hop, together: float64, shape (hops,)."""
    hops, window = int(len(sound) / sample_rate_hz / HOP_S), round(WINDOW_S * sample_rate_hz)
    # Hops are not whole samples at every rate: each window begins at the nearest one.
    starts = np.rint(np.arange(-_RISE_HOPS, hops + _RISE_HOPS) * HOP_S * sample_rate_hz).astype(np.int64)
    margin = round(_RISE_HOPS * HOP_S * sample_rate_hz) + window
    # Mirrored, a sound that is cut off does not rise where it begins.
    padded = np.pad(sound.astype(np.float64), margin, mode="symmetric")
    frames = sliding_window_view(padded, window)[starts + margin - window // 2] * np.hanning(window)
    power = np.square(np.abs(np.fft.rfft(frames, axis=1)))
    freqs_hz = np.fft.rfftfreq(window, 1 / sample_rate_hz)
    edges_hz = np.geomspace(_LOWEST_HZ, min(_HIGHEST_HZ, sample_rate_hz / 2), _BANDS + 1)
    lowest = np.unique(np.searchsorted(freqs_hz, edges_hz[:-1]).clip(1, len(freqs_hz) - 1))
    levels = np.log(np.add.reduceat(power, lowest, axis=1) / window + _FLOOR)
    # A rise around hop k: what comes `_RISE_HOPS` later against what came as much earlier.
    rises: Doubles = np.maximum(levels[2 * _RISE_HOPS :] - levels[: -2 * _RISE_HOPS], 0).mean(axis=1)
    return rises


def _line(rises: Doubles, beat_s: float) -> tuple[float, float, float] | None:
    """Return when the first beat comes, in seconds from the beginning, how long each is, how clear."""
    blurred = gaussian_filter1d(rises, _BLUR_HOPS)
    found: tuple[float, float, float, float] | None = None
    for period in beat_s / HOP_S * _PERIODS:
        beats = min(BEATS, int(len(rises) / period))
        if beats < FEWEST_BEATS:
            continue
        phases = np.arange(round(period))
        teeth = np.rint(phases[:, None] + period * np.arange(beats)).astype(np.int64)
        caught = blurred[teeth.clip(max=len(rises) - 1)].mean(axis=1)
        best = int(caught.argmax())
        if found is None or caught[best] > found[0]:
            away = np.abs((phases - best + period / 2) % period - period / 2) > _ELSEWHERE * period
            clarity = caught[best] / max(float(caught[away].max()), _FLOOR)
            found = float(caught[best]), float(phases[best]), float(period), float(clarity)
    return None if found is None else (*_fitted(rises, found[1], found[2]), found[3])


def _fitted(rises: Doubles, phase: float, period: float) -> tuple[float, float]:
    """Return the line through the highest rises near the teeth of a comb, weighed by their height."""
    near = round(_NEAR_S / HOP_S)
    number = np.arange(min(BEATS, int((len(rises) - 1 - phase) // period) + 1))
    teeth = np.rint(phase + period * number).astype(np.int64)
    padded = np.pad(gaussian_filter1d(rises, _SHARP_HOPS), near + 1)
    around = padded[teeth[:, None] + np.arange(2 * near + 3)]
    best = around[:, 1:-1].argmax(axis=1)
    early, height, late = (around[np.arange(len(best)), best + step] for step in range(3))
    # Between hops: the top of a parabola through the highest rise and those beside it.
    curve = early - 2 * height + late
    top = np.where(curve < 0, (early - late) / (2 * np.where(curve < 0, curve, 1)), 0).clip(-0.5, 0.5)
    slope, first = np.polyfit(number, teeth + best - near + top, 1, w=height + 1e-9)
    return float(first * HOP_S), float(slope * HOP_S)
