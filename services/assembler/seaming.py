"""Make one seam: bring the levels of two sounds together, find where to fade, align low waves, fade."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from services.assembler.echoing import ECHO_S, LOOP_S, echo_tail, echo_under, loudest_end
from services.assembler.fading import FADE_S, REACH_S, SHIFT_S, Parted, crossfade, find_shift
from services.assembler.leveling import EntryGain, entry_gain, factor_of, level_step_lu
from services.assembler.placing import AROUND_S, ENTER_S, LEAVE_S, away_cost, find_places
from shared.revisions import SeamWish
from shared.sound.samples import Float32
from shared.sound.seams import JOLT_S, LEVEL_FLOOR

__all__ = ["Seam", "SeamMade", "Side", "make_seam"]

_LEVELLED_S = 0.5
"""On either side of a seam, loudness is compared over 0.4 s; what comes before settles the filter."""

_WIDE_S = max(AROUND_S, _LEVELLED_S) + max(map(abs, (*LEAVE_S, *ENTER_S))) + SHIFT_S + REACH_S
_LARGEST_PART = 4
"""A fade takes at most one in so many parts of a piece, and begins at most one such part before its end."""


@dataclass(frozen=True)
class SeamMade:
    """What was done where a piece begins, and how it came out.

    Attributes:
        manner: `continues` (the song plays on), `blend`, `cut` (a hard join) or `echo_out`.
        fade_s: length of the fade, or of the echo after its middle; 0 without one.
        leaves_s: how much later than at its end the piece before is left, in the middle of the fade.
        enters_s: how much later than at its beginning this piece is entered there.
        gain_db: what its level was changed by at its beginning, to meet the one before.
        step_lu: how much louder it is than what comes before, after that.
        correlations: of both sounds in the fade, in the low, the middle and the high band.
        jolt: the largest step of level, |ln(after / before)| of 20 ms each, at the fade's beginning, middle
            and end.
    """

    manner: str
    fade_s: float = 0.0
    leaves_s: float = 0.0
    enters_s: float = 0.0
    gain_db: float = 0.0
    step_lu: float = 0.0
    correlations: tuple[float, ...] = ()
    jolt: float = 0.0


@dataclass(frozen=True)
class Side:
    """One of the two sounds of a seam.

    Attributes:
        around: returns what lies around a position of its song, float32, shape (2 * reach, channels), at the
            level it has in the mix; given position and reach in samples of the mix.
        cut: where its piece ends or begins, in samples of its song at the mix's rate.
        samples: the length of its piece.
    """

    around: Callable[[int, int], Float32]
    cut: int
    samples: int


@dataclass(frozen=True)
class Seam:
    """A seam that was made.

    Attributes:
        sound: the fade, float32, shape (2 * half, channels).
        leave: the middle of the fade, in samples of the one's song at the mix's rate.
        enter: the same, of the other's.
        made: what was done.
    """

    sound: Float32
    leave: int
    enter: int
    made: SeamMade


def make_seam(leaving: Side, coming: Side, *, sample_rate_hz: int, wish: SeamWish | None = None) -> Seam:
    """Go from one sound to another near the cuts of both: as wished, or by a fade where it steps least."""
    nudge = 0 if wish is None else round(wish.nudge_s * sample_rate_hz)
    if wish is not None and wish.manner in ("cut", "echo_out"):
        return _wished(leaving, coming, wish.manner, nudge, sample_rate_hz)
    return _blended(leaving, coming, nudge, sample_rate_hz)


def _blended(leaving: Side, coming: Side, nudge: int, sample_rate_hz: int) -> Seam:
    longest = min(leaving.samples, coming.samples) / _LARGEST_PART
    half = round(min(FADE_S / 2 * sample_rate_hz, longest))
    middle, levelled = round(_WIDE_S * sample_rate_hz) + abs(nudge), round(_LEVELLED_S * sample_rate_hz)
    a, b = leaving.around(leaving.cut, middle), coming.around(coming.cut, middle)
    ends = slice(middle - levelled, middle + levelled)
    gain_db = entry_gain(a[ends], b[ends], sample_rate_hz)
    b = b * factor_of(gain_db)
    near = round(AROUND_S * sample_rate_hz)
    places = find_places(
        *(sound[middle - near : middle + near] for sound in (a, b)),
        fade_s=FADE_S,
        most_lost=leaving.samples // _LARGEST_PART,
        sample_rate_hz=sample_rate_hz,
    )
    # Nothing sounds before its song begins.
    first = -coming.cut - half
    parted = Parted.of(a, sample_rate_hz), Parted.of(b, sample_rate_hz)
    faded = [
        _faded(*parted, leave, max(first, enter), half=half, first=first, sample_rate_hz=sample_rate_hz)
        for leave, enter in places
    ]
    costs = [each.made.jolt + away_cost(each.leave, each.enter, sample_rate_hz) for each in faded]
    best = faded[int(np.argmin(costs))]
    if nudge:
        # Both are moved alike: what was aligned stays so.
        leave, enter = best.leave + nudge, max(first, best.enter + nudge)
        best = _faded(
            *parted, leave, enter, half=half, first=first, sample_rate_hz=sample_rate_hz, aligned=False
        )
    at = middle + best.leave, middle + best.enter
    step_lu = level_step_lu(a[at[0] - levelled : at[0]], b[at[1] : at[1] + levelled], sample_rate_hz)
    made = replace(best.made, gain_db=gain_db, step_lu=step_lu)
    return Seam(best.sound, leaving.cut + best.leave, coming.cut + best.enter, made)


def _wished(leaving: Side, coming: Side, manner: str, nudge: int, sample_rate_hz: int) -> Seam:
    """Join hard at the cuts, or let what leaves echo away while the other begins clean."""
    echoes = manner == "echo_out"
    levelled, echo = (round(length_s * sample_rate_hz) for length_s in (_LEVELLED_S, ECHO_S * echoes))
    lost = min(leaving.samples // _LARGEST_PART, levelled * 3) if echoes else 0
    reach = max(levelled, echo) + lost + abs(nudge) + round(LOOP_S * sample_rate_hz)
    a, b = leaving.around(leaving.cut, reach), coming.around(coming.cut, reach)
    ends = slice(reach - levelled, reach + levelled)
    gain_db = entry_gain(a[ends], b[ends], sample_rate_hz)
    leave = loudest_end(a, reach, lost, sample_rate_hz=sample_rate_hz) + nudge
    enter = max(nudge, -coming.cut)
    left, entered = reach + leave, reach + enter
    # An echo begins behind what was heard of the one, and ends well within the other.
    echo = max(0, min(echo, leaving.samples + leave, coming.samples // 2))
    after = echo_under(
        b[entered : entered + echo],
        echo_tail(a, left, echo, sample_rate_hz=sample_rate_hz),
        EntryGain(gain_db),
        sample_rate_hz=sample_rate_hz,
    )
    step_lu = level_step_lu(
        a[left - levelled : left], b[entered : entered + levelled] * factor_of(gain_db), sample_rate_hz
    )
    made = SeamMade(
        manner,
        fade_s=echo / sample_rate_hz,
        leaves_s=leave / sample_rate_hz,
        enters_s=enter / sample_rate_hz,
        gain_db=gain_db,
        step_lu=step_lu,
    )
    sound = np.concatenate([a[left - echo : left], after])
    return Seam(sound, leaving.cut + leave, coming.cut + enter, made)


def _faded(
    a: Parted,
    b: Parted,
    leave: int,
    enter: int,
    *,
    half: int,
    first: int,
    sample_rate_hz: int,
    aligned: bool = True,
) -> Seam:
    """Fade at one place; positions are told from the cuts, which lie in the middle of both sounds."""
    width, most = round(JOLT_S * sample_rate_hz), round(SHIFT_S * sample_rate_hz)
    middle, reach = len(a.waves) // 2, half + width
    leaves, enters = middle + leave, middle + enter
    waves = b.waves[enters - reach - most : enters + reach + most]
    shift = 0
    if aligned:
        shift = find_shift(a.waves[leaves - reach : leaves + reach], waves, sample_rate_hz=sample_rate_hz)
    shift = max(shift, first - enter)
    enters += shift
    fade = crossfade(a.between(leaves - half, leaves + half), b.between(enters - half, enters + half))
    before = a.bands[:, leaves - reach : leaves - half].sum(axis=0)
    after = b.bands[:, enters + half : enters + reach].sum(axis=0)
    jolt = _jolt(np.concatenate([before, fade.sound, after]), (width, reach, reach + half), width)
    made = SeamMade(
        "blend",
        fade_s=2 * half / sample_rate_hz,
        leaves_s=leave / sample_rate_hz,
        enters_s=(enter + shift) / sample_rate_hz,
        correlations=fade.correlations,
        jolt=jolt,
    )
    return Seam(fade.sound, leave, enter + shift, made)


def _jolt(sound: Float32, places: tuple[int, ...], width: int) -> float:
    """Return the largest step of level at places of a sound."""
    levels = [(_level(sound[at - width : at]), _level(sound[at : at + width])) for at in places]
    return float(max(abs(np.log(after / before)) for before, after in levels))


def _level(sound: Float32) -> float:
    return max(float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))), LEVEL_FLOOR)
