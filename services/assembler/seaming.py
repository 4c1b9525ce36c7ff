"""Make one seam: by a blend, or as it is wished."""

from __future__ import annotations

import numpy as np

from services.assembler.beatmatching import Match
from services.assembler.blending import Blending, style_of
from services.assembler.echoing import ECHO_S, LOOP_S, echo_tail, echo_under, loudest_end
from services.assembler.leveling import EntryGain, entry_gain, factor_of, level_step_lu
from services.assembler.seams import LARGEST_PART, LEVELLED_S, Seam, SeamMade, Side
from shared.revisions import SeamWish

__all__ = ["make_seam"]


def make_seam(leaving: Side, coming: Side, *, sample_rate_hz: int, wish: SeamWish | None = None) -> Seam:
    """Go from one sound to another near the cuts of both: as wished, or by a fade where it steps least."""
    nudge = 0 if wish is None else round(wish.nudge_s * sample_rate_hz)
    manner = "blend" if wish is None or wish.manner == "auto" else wish.manner
    if manner in ("cut", "echo_out"):
        return _wished(leaving, coming, manner, nudge, sample_rate_hz)
    beats = Match(leaving.pulse, coming.pulse) if leaving.pulse and coming.pulse else None
    style = style_of(beats, manner)
    return Blending(leaving, coming, style, beats, nudge, sample_rate_hz).seam(manner)


def _wished(leaving: Side, coming: Side, manner: str, nudge: int, sample_rate_hz: int) -> Seam:
    """Join hard at the cuts, or let what leaves echo away while the other begins clean."""
    echoes = manner == "echo_out"
    levelled, echo = (round(length_s * sample_rate_hz) for length_s in (LEVELLED_S, ECHO_S * echoes))
    lost = min(leaving.samples // LARGEST_PART, levelled * 3) if echoes else 0
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
    return Seam(sound, leaving.cut + leave, coming.cut + enter, coming.cut + enter, made)
