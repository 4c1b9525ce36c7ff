"""Blend two sounds: find where to fade, bring low waves and levels together there, fade."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from services.assembler.beatmatching import Match
from services.assembler.fading import (
    REACH_S,
    SHIFT_IN_TIME_S,
    SHIFT_S,
    Lengths,
    Parted,
    crossfade,
    find_shift,
)
from services.assembler.leveling import entry_gain, factor_of, level_step_lu
from services.assembler.placing import ROOM, ROOM_IN_TIME, Room, find_places, place_cost
from services.assembler.seams import LARGEST_PART, LEVELLED_S, Seam, SeamMade, Side
from services.assembler.vetoes import COST, KEY_S, keys_clash, vetoes_of
from shared.sound.samples import Float32
from shared.sound.seams import JOLT_S, LEVEL_FLOOR

__all__ = ["Blending", "style_of"]


@dataclass(frozen=True)
class Style:
    """How a fade is made.

    Attributes:
        room: where its middle may lie.
        lengths_s: how long each band fades.
        shift_s: how far what comes may be moved for its low waves to meet the other's.
        on_bar: whether it is entered right before a bar begins, or a beat where bars are not known.
    """

    room: Room
    lengths_s: Lengths
    shift_s: float
    on_bar: bool = False


FREE = Style(ROOM, (1.0, 2.0, 2.0), SHIFT_S)
"""Without a beat in both sounds."""

IN_TIME = Style(ROOM_IN_TIME, (0.3, 2.0, 2.0), SHIFT_IN_TIME_S)
"""With one of nearly the same tempo: it goes on, and two basses are not heard for long."""

CLASHING = Style(ROOM_IN_TIME, (0.3, 1.0, 1.0), SHIFT_IN_TIME_S)
"""With beats of other tempos: the first comes in time, and few are heard beside the other's."""

BASS_SWAP = Style(ROOM_IN_TIME, (0.060, 2.0, 2.0), SHIFT_IN_TIME_S, on_bar=True)
"""As wished: one bass gives way to the other at once where a bar begins."""


def style_of(beats: Match | None, manner: str) -> Style:
    """Return how a blend is made of sounds that have a beat, or have not."""
    if beats is None:
        return FREE
    if manner == "bass_swap":
        return BASS_SWAP
    return IN_TIME if beats.same_tempo else CLASHING


class Blending:
    """A fade near two cuts: tried at several places, made at the best.

    Args:
        leaving, coming: the two sounds.
        style: where the fade may lie, and how long it is.
        beats: what keeps time; None: one of the sounds has no beat.
        nudge: samples that it is moved by from where it is found best.
        sample_rate_hz: of the mix.
    """

    def __init__(
        self, leaving: Side, coming: Side, style: Style, beats: Match | None, nudge: int, sample_rate_hz: int
    ) -> None:
        self._leaving, self._coming, self._style, self._beats = leaving, coming, style, beats
        self._rate_hz, self._nudge = sample_rate_hz, nudge
        longest = min(leaving.samples, coming.samples) / LARGEST_PART
        self._half = round(min(max(style.lengths_s) / 2 * sample_rate_hz, longest))
        self._levelled = round(LEVELLED_S * sample_rate_hz)
        beside = max(self._levelled, round((JOLT_S + SHIFT_S + REACH_S) * sample_rate_hz))
        self._middle = round(style.room.reach_s * sample_rate_hz) + self._half + beside + abs(nudge)
        self._a = leaving.around(leaving.cut, self._middle)
        self._b = coming.around(coming.cut, self._middle)
        self._first = -coming.cut - self._half
        """Nothing sounds before its song begins: no fade is entered earlier, counted from the cut."""

    def seam(self, manner: str) -> Seam:
        """Find the best place, bring the levels together there, and fade."""
        near_db = self._gain_db(0, 0)
        parted = Parted.of(self._a, self._rate_hz), Parted.of(self._b, self._rate_hz)
        raised = parted[0], parted[1].times(factor_of(near_db))
        tried = [self._faded(*raised, *place, self._style.shift_s) for place in self._places(near_db)]
        best = min(tried, key=self._cost)
        leave, enter = best.leave + self._nudge, max(self._first, best.enter + self._nudge)
        gain_db = self._gain_db(leave, enter)
        # Both sides are nudged alike, and what was aligned stays so.
        faded = self._faded(parted[0], parted[1].times(factor_of(gain_db)), leave, enter, 0.0)
        timing, tempo_step = self._timing(leave, enter)
        made = replace(
            faded.made,
            manner=manner,
            gain_db=gain_db,
            step_lu=self._step_lu(leave, enter, gain_db),
            timing=timing,
            tempo_step=tempo_step,
            vetoes=self._vetoes(leave, enter, gain_db) + self._clash(leave, enter),
        )
        left, entered = self._leaving.cut + leave, self._coming.cut + enter
        return Seam(faded.sound, left, entered, entered + self._half, made)

    def _places(self, gain_db: float) -> list[tuple[int, int]]:
        """Return places to try, from the cuts."""
        found = find_places(
            self._a,
            self._b * factor_of(gain_db),
            fade_s=2 * self._half / self._rate_hz,
            most_lost=self._leaving.samples // LARGEST_PART,
            sample_rate_hz=self._rate_hz,
            room=self._style.room,
            beats=self._beats,
            on_bar=self._style.on_bar,
        )
        return [(leave, max(self._first, enter)) for leave, enter in found]

    def _cost(self, seam: Seam) -> float:
        leave_s, enter_s = (np.array(at / self._rate_hz) for at in (seam.leave, seam.enter))
        place = float(place_cost(leave_s, enter_s, self._beats))
        gain_db = self._gain_db(seam.leave, seam.enter)
        return seam.made.jolt + place + COST * len(self._vetoes(seam.leave, seam.enter, gain_db))

    def _faded(self, a: Parted, b: Parted, leave: int, enter: int, shift_s: float) -> Seam:
        """Fade at one place; positions are told from the cuts, which lie in the middle of both sounds."""
        width, most, half = round(JOLT_S * self._rate_hz), round(shift_s * self._rate_hz), self._half
        reach, leaves, enters = half + width, self._middle + leave, self._middle + enter
        shift = 0
        if most:
            heard = a.waves[leaves - reach : leaves + reach]
            waves = b.waves[enters - reach - most : enters + reach + most]
            shift = max(
                find_shift(heard, waves, most_s=shift_s, sample_rate_hz=self._rate_hz), self._first - enter
            )
            enters += shift
        sides = a.between(leaves - half, leaves + half), b.between(enters - half, enters + half)
        fade = crossfade(*sides, self._style.lengths_s)
        before = a.bands[:, leaves - reach : leaves - half].sum(axis=0)
        after = b.bands[:, enters + half : enters + reach].sum(axis=0)
        made = SeamMade(
            "blend",
            fade_s=2 * half / self._rate_hz,
            fades_s=tuple(
                2 * half / self._rate_hz * each / max(self._style.lengths_s) for each in self._style.lengths_s
            ),
            leaves_s=leave / self._rate_hz,
            enters_s=(enter + shift) / self._rate_hz,
            correlations=fade.correlations,
            jolt=_jolt(np.concatenate([before, fade.sound, after]), (width, reach, reach + half), width),
        )
        return Seam(fade.sound, leave, enter + shift, enter + shift + half, made)

    def _gain_db(self, leave: int, enter: int) -> float:
        """Return what brings the one to the other's level where a fade at a place begins and ends."""
        before, after = (
            _beside(sound, self._middle + at, self._half, self._levelled)
            for sound, at in ((self._a, leave), (self._b, enter))
        )
        return entry_gain(before, after, self._rate_hz)

    def _step_lu(self, leave: int, enter: int, gain_db: float) -> float:
        return level_step_lu(*self._sides(leave, enter, gain_db), self._rate_hz)

    def _vetoes(self, leave: int, enter: int, gain_db: float) -> tuple[str, ...]:
        places_s = leave / self._rate_hz, enter / self._rate_hz
        sides = self._sides(leave, enter, gain_db)
        own = self._a[self._middle + leave + self._half :][: self._levelled]
        return vetoes_of(*sides, self._rate_hz, own=own, beats=self._beats, places_s=places_s)

    def _clash(self, leave: int, enter: int) -> tuple[str, ...]:
        """Tell whether keys clash: that hardly depends on the place, so it is asked of the one found best."""
        before, after = self._beside(leave, enter, round(KEY_S * self._rate_hz))
        return ("key",) if keys_clash(before, after, self._rate_hz) else ()

    def _sides(self, leave: int, enter: int, gain_db: float) -> tuple[Float32, Float32]:
        """Return what is heard before a fade at a place begins, and after it ends, as loud as it is then."""
        before, after = self._beside(leave, enter, self._levelled)
        return before, after * factor_of(gain_db)

    def _beside(self, leave: int, enter: int, length: int) -> tuple[Float32, Float32]:
        """Return so much, or what there is, of what lies before a fade and of what lies after it."""
        before = self._a[: self._middle + leave - self._half][-length:]
        return before, self._b[self._middle + enter + self._half :][:length]

    def _timing(self, leave: int, enter: int) -> tuple[str, float | None]:
        """Tell what goes on at a place, and how the tempo steps there."""
        if self._beats is None:
            return "free", None
        places = np.array(leave / self._rate_hz), np.array(enter / self._rate_hz)
        # Where a song has not begun yet, time cannot be kept.
        in_time = abs(float(self._beats.off_s(*places))) <= 2 * SHIFT_IN_TIME_S
        in_bar = self._beats.same_bars and bool(self._beats.in_bar(*places))
        return "bar" if in_time and in_bar else "beat" if in_time else "free", self._beats.tempo_step


def _beside(sound: Float32, at: int, half: int, length: int) -> Float32:
    """Return what lies before a fade and what lies after it, one after the other."""
    return np.concatenate([sound[at - half - length : at - half], sound[at + half : at + half + length]])


def _jolt(sound: Float32, places: tuple[int, ...], width: int) -> float:
    """Return the largest step of level at places of a sound."""
    levels = [(_level(sound[at - width : at]), _level(sound[at : at + width])) for at in places]
    return float(max(abs(np.log(after / before)) for before, after in levels))


def _level(sound: Float32) -> float:
    return max(float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))), LEVEL_FLOOR)
