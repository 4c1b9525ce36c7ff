"""Keep time across a seam: which pairs of places let the beat of one song go on in that of another.

What is heard of the first song are the beats before the seam, of the other those after it; so for each a line
is drawn through the beats on its own side. Time is kept where the other's first beat comes when one of the
first song's would have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.sound.rhythm import Rhythm

__all__ = ["Match", "Pulse", "pulse_after", "pulse_before"]

Doubles = NDArray[np.float64]

LINE_BEATS = 8
"""A line goes through so many beats, or as many as there are, from `FEWEST_BEATS` on."""
FEWEST_BEATS = 4
OVER_BEATS = 1
"""Beats beyond the cut that count, too: the seam may move there."""

SURE_BEATS = 0.5
"""Beats are taken for real from this confidence on, as analyses do."""
SURE_BARS = 0.3
"""Where bars begin is taken for real from this confidence on: a wrong bar is no worse than an unknown one."""

STRAY = 0.08
"""Beats that lie off their line by more than this share of a period (root mean square) keep no time."""

FOLDS = (1.0, 2.0, 0.5, 1.5, 2 / 3)
"""Tempos that go together: as many beats, two for one, three for two."""

SAME_TEMPO = 0.04
"""Beats whose tempos, folded, differ by no more than this may sound together for a while."""

ATTACK_S = 0.01
"""What comes is entered so long before a bar, so that its attack is whole."""


@dataclass(frozen=True)
class Pulse:
    """The beats near a cut as a line: they lie at `beat_s`, and every `period_s` before and after.

    Attributes:
        beat_s: one of them, in seconds from the cut.
        period_s: how long a beat is.
        bar_beats: beats in a bar; 0 where bars are not known.
        downbeat_s: a beat that begins a bar, in seconds from the cut; means nothing without bars.
    """

    beat_s: float
    period_s: float
    bar_beats: int = 0
    downbeat_s: float = 0.0

    def next_s(self, at_s: Doubles) -> Doubles:
        """Return how long it is from instants, in seconds from the cut, to the next beat."""
        return (self.beat_s - at_s) % self.period_s

    def next_bar_s(self, at_s: Doubles) -> Doubles:
        """Return how long it is to the next bar."""
        return (self.downbeat_s - at_s) % (self.bar_beats * self.period_s)


@dataclass(frozen=True)
class Match:
    """Two pulses that are to go on in each other; places in both songs are told in seconds from their cuts.

    Attributes:
        leaving, coming: the pulses.
    """

    leaving: Pulse
    coming: Pulse

    @property
    def tempo_step(self) -> float:
        """The other's tempo beside the one's, folded by 2:1 and 3:2: 0.01 is 1 % faster."""
        return self._ratio / self._fold - 1

    @property
    def same_bars(self) -> bool:
        """Whether a bar can go on: both songs' are known, as long in beats, and the beats nearly as long."""
        bar_beats, other = self.leaving.bar_beats, self.coming.bar_beats
        return bar_beats == other > 0 and self.same_tempo and self._fold == 1

    @property
    def same_tempo(self) -> bool:
        """Whether both beats can sound together for a while."""
        return abs(self.tempo_step) <= SAME_TEMPO

    def off_s(self, leave_s: Doubles, enter_s: Doubles) -> Doubles:
        """Return how much too late the other's first beat comes, at most half a period either way."""
        # Where beats come twice as fast, each may fall between those of the one.
        every_s = (
            min(self.leaving.period_s, self.coming.period_s) if self._fold == 2 else self.leaving.period_s
        )
        return _wrapped(self.coming.next_s(enter_s) - self.leaving.next_s(leave_s), every_s)

    def in_bar(self, leave_s: Doubles, enter_s: Doubles) -> NDArray[np.bool_]:
        """Tell where a bar goes on as well, to half a beat; true everywhere if that cannot be known."""
        if not self.same_bars:
            return np.ones(np.broadcast_shapes(leave_s.shape, enter_s.shape), np.bool_)
        off_s = self.coming.next_bar_s(enter_s) - self.leaving.next_bar_s(leave_s)
        bar_s = self.leaving.bar_beats * self.leaving.period_s
        return np.abs(_wrapped(off_s, bar_s)) < self.leaving.period_s / 2

    def before_bar(self, enter_s: Doubles, step_s: float) -> NDArray[np.bool_]:
        """Tell which instants, `step_s` apart, lie right before a bar: `ATTACK_S` and the step at most.

        Before a beat, where bars are not known.
        """
        coming = self.coming
        left_s = coming.next_bar_s(enter_s) if coming.bar_beats else coming.next_s(enter_s)
        return (left_s >= ATTACK_S) & (left_s < ATTACK_S + step_s)

    @property
    def _ratio(self) -> float:
        return self.leaving.period_s / self.coming.period_s

    @property
    def _fold(self) -> float:
        return min(FOLDS, key=lambda fold: abs(float(np.log(self._ratio / fold))))


def pulse_before(rhythm: Rhythm | None, cut_s: float) -> Pulse | None:
    """Return the line through the last beats of a song before a cut; None: there is no sure beat."""
    if rhythm is None:
        return None
    end = int(np.searchsorted(rhythm.beats_s, cut_s)) + OVER_BEATS
    return _line(rhythm, max(0, end - LINE_BEATS), end, cut_s)


def pulse_after(rhythm: Rhythm | None, cut_s: float) -> Pulse | None:
    """Return the line through the first beats of a song after a cut; None: there is no sure beat."""
    if rhythm is None:
        return None
    start = max(0, int(np.searchsorted(rhythm.beats_s, cut_s)) - OVER_BEATS)
    return _line(rhythm, start, start + LINE_BEATS, cut_s)


def _line(rhythm: Rhythm, start: int, end: int, cut_s: float) -> Pulse | None:
    beats_s = rhythm.beats_s[start:end] - cut_s
    if len(beats_s) < FEWEST_BEATS or rhythm.beat_confidence < SURE_BEATS:
        return None
    number = np.arange(len(beats_s))
    period_s, first_s = np.polyfit(number, beats_s, 1)
    stray_s = float(np.sqrt(np.mean((first_s + period_s * number - beats_s) ** 2)))
    # Beats that end, or begin, far from the cut say nothing about it.
    far_s = float(np.abs(beats_s).min())
    if stray_s > STRAY * period_s or far_s > 2 * period_s:
        return None
    pulse = Pulse(float(first_s), float(period_s))
    bars = np.flatnonzero(rhythm.downbeats)
    if rhythm.bar_confidence < SURE_BARS or len(bars) < 2:
        return pulse
    bar_beats = int(np.median(np.diff(bars)))
    nearest = int(bars[np.abs(rhythm.beats_s[bars] - cut_s).argmin()])
    return Pulse(pulse.beat_s, pulse.period_s, bar_beats, float(first_s + period_s * (nearest - start)))


def _wrapped(value: Doubles, period: float) -> Doubles:
    """Return values brought to half a period around 0."""
    return (value + period / 2) % period - period / 2
