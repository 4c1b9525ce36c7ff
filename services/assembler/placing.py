"""Where a fade lies: at which place near its end one sound is left, near its beginning the other entered.

Chunks end where quiet ends, so right behind a cut both sounds attack. A fade belongs into the quiet before:
there neither an attack is cut in two nor does the level step. All pairs of places are judged at once, by the
steps of level that the fade would have at its beginning, middle and end. Where both songs have a beat, only
pairs that keep time count, and farther away ones too, so that a bar can go on as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from services.assembler.beatmatching import Match
from shared.sound.samples import Float32
from shared.sound.seams import JOLT_S, LEVEL_FLOOR

__all__ = ["ROOM", "ROOM_IN_TIME", "Room", "find_places", "place_cost"]

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Room:
    """From where to where the middle of a fade may lie.

    Attributes:
        leave_s: around the end of what leaves, in seconds.
        enter_s: around the beginning of what comes.
    """

    leave_s: tuple[float, float]
    enter_s: tuple[float, float]

    @property
    def reach_s(self) -> float:
        """How far away from either cut the middle of a fade may lie."""
        return max(map(abs, (*self.leave_s, *self.enter_s)))


ROOM = Room((-0.5, 0.3), (-0.5, 0.0))
"""Without a beat: what comes is not entered later than at its beginning, so that its attack is whole."""

ROOM_IN_TIME = Room((-1.0, 1.0), (-1.0, 0.5))
"""With a beat: far enough for half a bar at 120 beats a minute in both songs together, and more."""

FRAME_S = 0.005
STEP_FRAMES = round(JOLT_S / FRAME_S)
"""Levels are compared over 20 ms on either side, as jolts are."""

PLACES = 6
"""So many pairs are faded for real, to see which comes out best: levels do not tell how sounds add up."""

_APART = 2
"""Frames that two places differ by at least."""

PER_S = 0.3
"""What a second away from the cut costs, in the unit of a step of level: a factor of e."""

OTHER_BAR = 0.4
"""What it costs, in the same unit, that a bar does not go on."""


def find_places(
    before: Float32,
    after: Float32,
    *,
    fade_s: float,
    most_lost: int,
    sample_rate_hz: int,
    room: Room = ROOM,
    beats: Match | None = None,
    on_bar: bool = False,
) -> list[tuple[int, int]]:
    """Find places for the middle of a fade in both sounds.

    Args:
        before: what leaves, float32, shape (2 * around, channels), its cut in the middle, with `around` long
            enough for the room, half a fade and `JOLT_S`.
        after: what comes, of the same shape, its cut in the middle.
        fade_s: length of the fade.
        most_lost: samples before its cut that what leaves may be left at most.
        sample_rate_hz: of both.
        room: where the middle may lie.
        beats: which pairs keep time; None: there is no beat to keep.
        on_bar: whether what comes is entered right before a bar, or a beat where bars are not known; where
            none begins in the room, anywhere.

    Returns:
        The few most promising pairs, the best first: how much later than the one's cut, and than the other's,
        the middle lies, in samples. With beats they keep time exactly.
    """
    frame = round(FRAME_S * sample_rate_hz)
    half = max(1, round(fade_s / 2 / FRAME_S))
    reach = half + STEP_FRAMES
    leaves, enters = _offsets(room.leave_s), _offsets(room.enter_s)
    leaving, coming = _windows(before, frame, reach, leaves), _windows(after, frame, reach, enters)
    t = np.pi / 2 * np.clip((np.arange(-reach, reach) + 0.5) / (2 * half) + 0.5, 0, 1)
    leaving, coming = leaving * np.cos(t) ** 2, coming * np.sin(t) ** 2
    cost: Doubles = np.zeros((len(leaving), len(coming)))
    for at in (reach - half, reach, reach + half):
        early, late = slice(at - STEP_FRAMES, at), slice(at, at + STEP_FRAMES)
        ratio = _level(leaving, coming, late) / _level(leaving, coming, early)
        np.maximum(cost, np.abs(np.log(ratio)), out=cost)
    leaves_s, enters_s = (
        each.astype(np.float64) * (frame / sample_rate_hz) for each in (leaves[:, None], enters[None, :])
    )
    cost += place_cost(leaves_s, enters_s, beats)
    cost[leaves * frame < -most_lost] = np.inf
    if beats is None:
        return [(int(leaves[i]) * frame, int(enters[j]) * frame) for i, j in _lowest(cost)]
    off_s = beats.off_s(leaves_s, enters_s)
    cost[np.abs(off_s) > frame / sample_rate_hz / 2] = np.inf
    if on_bar:
        there = beats.before_bar(enters_s[0], frame / sample_rate_hz)
        narrowed = np.where(there[None, :], cost, np.inf)
        # Of a long bar, none may begin so near.
        cost = narrowed if np.isfinite(narrowed).any() else cost
    return [
        (int(leaves[i]) * frame, int(enters[j]) * frame + round(off_s[i, j] * sample_rate_hz))
        for i, j in _lowest(cost)
    ]


def place_cost(leave_s: Doubles, enter_s: Doubles, beats: Match | None) -> Doubles:
    """Return what it costs that places lie away from the cuts, or break a bar, in the unit of a jolt."""
    away: Doubles = PER_S * (np.abs(leave_s) + np.abs(enter_s))
    return away if beats is None else away + np.where(beats.in_bar(leave_s, enter_s), 0.0, OTHER_BAR)


def _lowest(cost: Doubles) -> Iterator[tuple[int, int]]:
    """Yield where the cost is lowest, again and again, each time away from what was found."""
    left = cost.copy()
    for _ in range(PLACES):
        i, j = (int(at) for at in np.unravel_index(int(left.argmin()), left.shape))
        if not np.isfinite(left[i, j]):
            return
        yield i, j
        left[max(0, i - _APART) : i + _APART + 1, max(0, j - _APART) : j + _APART + 1] = np.inf


def _offsets(span_s: tuple[float, float]) -> NDArray[np.int64]:
    """Return the places that are tried, in frames from the cut: int64, rising."""
    return np.arange(round(span_s[0] / FRAME_S), round(span_s[1] / FRAME_S) + 1)


def _windows(sound: Float32, frame: int, reach: int, offsets: NDArray[np.int64]) -> Doubles:
    """Return the power around every place that is tried: shape (places, 2 * reach), in frames."""
    whole = len(sound) // 2 // frame
    kept = sound[len(sound) // 2 - whole * frame :][: 2 * whole * frame]
    power = np.square(kept, dtype=np.float64).mean(axis=1).reshape(2 * whole, frame).mean(axis=1)
    return sliding_window_view(power, 2 * reach)[whole + offsets - reach]


def _level(leaving: Doubles, coming: Doubles, frames: slice) -> Doubles:
    """Return the level of every pair over some frames: shape (places of the one, places of the other)."""
    power = leaving[:, frames].mean(axis=1)[:, None] + coming[:, frames].mean(axis=1)[None, :]
    return np.sqrt(np.maximum(power, LEVEL_FLOOR**2))
