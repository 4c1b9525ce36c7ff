"""A song that is played a little faster or slower where it is entered, and comes back to its own tempo.

Time in such a song is told twice: where it is heard, and where that lies in the song, both in samples at the
mix's rate. They are the same from where the song is back at its own tempo on; before that, what is heard runs
at rates that differ from one part to the next by less than anybody hears.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from services.assembler.beatmatching import Match, Pulse
from shared.sound.rhythm import Rhythm

__all__ = ["HELD_S", "MOST_STRETCHED", "Warp", "warp_of"]

Doubles = NDArray[np.float64]

MOST_STRETCHED = 0.04
"""A song is played so much faster or slower at most."""

LEAST_STRETCHED = 0.001
"""Less is not worth it: over a fade, beats drift apart by 2 ms."""

STEP = 0.005
"""From one rate to the next: below what is heard as a change."""

HELD_S = 4.0
"""The first rate is held so long behind the cut, over the fade; then it goes back."""

RAMP_BARS, BAR_BEATS = 8, 4
"""Bars that it goes back over, and their beats where they are not known."""

RAMP_S = (8.0, 32.0)
"""How long that may take, whatever is known of bars."""


@dataclass(frozen=True)
class Warp:
    """Where in a song that goes back to its own tempo lies what is heard.

    Attributes:
        rate: samples of the song for each that is heard, where the song is entered.
        held_until: how far in the song that rate is held.
        ramp: samples heard from there until the song is back at its own tempo.
    """

    rate: float
    held_until: int
    ramp: int

    @classmethod
    def at_entry(cls, entered: int, stretch: float, stretched_s: float, sample_rate_hz: int) -> Warp:
        """Return how a song is played from where it is entered, in samples, as a seam tells it."""
        rate = 1 + stretch
        held_until = entered + round(HELD_S * sample_rate_hz * rate)
        return cls(rate, held_until, round(stretched_s * sample_rate_hz))

    @cached_property
    def rates(self) -> Doubles:
        """The rates of the parts that the ramp has, each as long, float64, shape (parts,); then comes 1."""
        parts = max(1, math.ceil(abs(self.rate - 1) / STEP))
        return 1 + (self.rate - 1) * (1 - np.arange(parts) / parts)

    @cached_property
    def heard_knots(self) -> NDArray[np.int64]:
        """Where parts begin and the last ends, as heard, in samples, int64, shape (parts + 1,)."""
        end = round(self._song_knots[-1])
        return end - self.ramp + np.round(np.linspace(0, self.ramp, len(self.rates) + 1)).astype(np.int64)

    @cached_property
    def _song_knots(self) -> Doubles:
        widths = np.diff(np.round(np.linspace(0, self.ramp, len(self.rates) + 1)))
        ends = self.held_until + np.cumsum([0.0, *(widths * self.rates)])
        # Both times meet in a whole sample at the end; the beginning gives way by half of one.
        moved: Doubles = ends + (round(ends[-1]) - ends[-1])
        return moved

    @property
    def end(self) -> int:
        """From where on the song is at its own tempo, in samples of both."""
        return int(self.heard_knots[-1])

    def heard(self, song: Doubles) -> Doubles:
        """Return where instants of the song are heard."""
        return self._mapped(song, self._song_knots, self.heard_knots.astype(np.float64), 1 / self.rate)

    def in_song(self, heard: Doubles) -> Doubles:
        """Return where in the song instants lie that are heard."""
        return self._mapped(heard, self.heard_knots.astype(np.float64), self._song_knots, self.rate)

    def heard_at(self, song: int) -> int:
        """Return the sample that is heard for one of the song."""
        return round(float(self.heard(np.array(float(song)))))

    def in_song_at(self, heard: int) -> float:
        """Return where in the song, in samples, a sample lies that is heard."""
        return float(self.in_song(np.array(float(heard))))

    def heard_rhythm(self, rhythm: Rhythm | None, sample_rate_hz: int) -> Rhythm | None:
        """Return a song's rhythm as it is heard."""
        if rhythm is None:
            return None
        return replace(rhythm, beats_s=self.heard(rhythm.beats_s * sample_rate_hz) / sample_rate_hz)

    def heard_pulse(self, pulse: Pulse) -> Pulse:
        """Return the beats at the entry, told from there, as they are heard."""
        return replace(
            pulse,
            beat_s=pulse.beat_s / self.rate,
            period_s=pulse.period_s / self.rate,
            downbeat_s=pulse.downbeat_s / self.rate,
        )

    @staticmethod
    def _mapped(at: Doubles, knots: Doubles, values: Doubles, slope_before: float) -> Doubles:
        inside = np.interp(at, knots, values)
        before = values[0] + (at - knots[0]) * slope_before
        mapped: Doubles = np.where(at < knots[0], before, np.where(at > knots[-1], at, inside))
        return mapped


def warp_of(leaving: Pulse | None, coming: Pulse | None, entered: int, sample_rate_hz: int) -> Warp | None:
    """Return how a song is to be played for its beats to come as the other's do; None: as it is.

    Args:
        leaving: the beats that are heard before the seam.
        coming: those of the song behind its cut.
        entered: that cut, in samples of the song at the mix's rate.
        sample_rate_hz: of the mix.
    """
    if leaving is None or coming is None:
        return None
    rate = 1 / (1 + Match(leaving, coming).tempo_step)
    if not LEAST_STRETCHED <= abs(rate - 1) <= MOST_STRETCHED:
        return None
    ramp_s = float(np.clip(RAMP_BARS * (coming.bar_beats or BAR_BEATS) * coming.period_s, *RAMP_S))
    return Warp.at_entry(entered, rate - 1, ramp_s, sample_rate_hz)
