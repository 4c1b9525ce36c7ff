"""Where a fade lies: at which place near its end one sound is left, near its beginning the other entered.

Chunks end where quiet ends, so right behind a cut both sounds attack. A fade belongs into the quiet before:
there neither an attack is cut in two nor does the level step. All pairs of places are judged at once, by the
steps of level that the fade would have at its beginning, middle and end.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from shared.sound.samples import Float32
from shared.sound.seams import JOLT_S, LEVEL_FLOOR

__all__ = ["AROUND_S", "ENTER_S", "LEAVE_S", "away_cost", "find_places"]

Doubles = NDArray[np.float64]

LEAVE_S = (-0.5, 0.3)
"""From where to where the middle of a fade may lie, around the end of what leaves."""

ENTER_S = (-0.5, 0.0)
"""The same, around the beginning of what comes: not later, so that its attack is whole."""

FRAME_S = 0.005
STEP_FRAMES = round(JOLT_S / FRAME_S)
"""Levels are compared over 20 ms on either side, as jolts are."""

AROUND_S = 0.7
"""What is needed of both sounds on either side of the cut."""

PLACES = 6
"""So many pairs are faded for real, to see which comes out best: levels do not tell how sounds add up."""

_APART = 2
"""Frames that two places differ by at least."""

PER_S = 0.3
"""What a second away from the cut costs, in the unit of a step of level: a factor of e."""


def find_places(
    before: Float32, after: Float32, *, fade_s: float, most_lost: int, sample_rate_hz: int
) -> list[tuple[int, int]]:
    """Find places for the middle of a fade in both sounds.

    Args:
        before: what leaves, float32, shape (2 * around, channels), its cut in the middle, with around =
            round(AROUND_S * sample_rate_hz).
        after: what comes, of the same shape, its cut in the middle.
        fade_s: length of the fade.
        most_lost: samples before its cut that what leaves may be left at most.
        sample_rate_hz: of both.

    Returns:
        The few most promising pairs, the best first: how much later than the one's cut, and than the other's,
        the middle lies, in samples.
    """
    frame = round(FRAME_S * sample_rate_hz)
    half = max(1, round(fade_s / 2 / FRAME_S))
    reach = half + STEP_FRAMES
    leaving = _windows(before, frame, reach, LEAVE_S)
    coming = _windows(after, frame, reach, ENTER_S)
    t = np.pi / 2 * np.clip((np.arange(-reach, reach) + 0.5) / (2 * half) + 0.5, 0, 1)
    leaving, coming = leaving * np.cos(t) ** 2, coming * np.sin(t) ** 2
    cost: Doubles = np.zeros((len(leaving), len(coming)))
    for at in (reach - half, reach, reach + half):
        early, late = slice(at - STEP_FRAMES, at), slice(at, at + STEP_FRAMES)
        ratio = _level(leaving, coming, late) / _level(leaving, coming, early)
        np.maximum(cost, np.abs(np.log(ratio)), out=cost)
    leaves, enters = _offsets(LEAVE_S), _offsets(ENTER_S)
    cost += PER_S * FRAME_S * (np.abs(leaves)[:, None] + np.abs(enters)[None, :])
    cost[leaves * frame < -most_lost] = np.inf
    return [(int(leaves[i]) * frame, int(enters[j]) * frame) for i, j in _lowest(cost)]


def away_cost(leave: int, enter: int, sample_rate_hz: int) -> float:
    """Return what it costs that places lie away from the cuts, in the unit of a step of level."""
    return PER_S * (abs(leave) + abs(enter)) / sample_rate_hz


def _lowest(cost: Doubles) -> Iterator[tuple[int, int]]:
    """Yield where the cost is lowest, again and again, each time away from what was found."""
    left = cost.copy()
    for _ in range(PLACES):
        i, j = (int(at) for at in np.unravel_index(int(left.argmin()), left.shape))
        yield i, j
        left[max(0, i - _APART) : i + _APART + 1, max(0, j - _APART) : j + _APART + 1] = np.inf


def _offsets(span_s: tuple[float, float]) -> NDArray[np.int64]:
    """Return the places that are tried, in frames from the cut: int64, rising."""
    return np.arange(round(span_s[0] / FRAME_S), round(span_s[1] / FRAME_S) + 1)


def _windows(sound: Float32, frame: int, reach: int, span_s: tuple[float, float]) -> Doubles:
    """Return the power around every place that is tried: shape (places, 2 * reach), in frames."""
    whole = len(sound) // 2 // frame
    kept = sound[len(sound) // 2 - whole * frame :][: 2 * whole * frame]
    power = np.square(kept, dtype=np.float64).mean(axis=1).reshape(2 * whole, frame).mean(axis=1)
    return sliding_window_view(power, 2 * reach)[whole + _offsets(span_s) - reach]


def _level(leaving: Doubles, coming: Doubles, frames: slice) -> Doubles:
    """Return the level of every pair over some frames: shape (places of the one, places of the other)."""
    power = leaving[:, frames].mean(axis=1)[:, None] + coming[:, frames].mean(axis=1)[None, :]
    return np.sqrt(np.maximum(power, LEVEL_FLOOR**2))
