"""Levels: each song is brought to the mix's loudness, and where two meet, the second comes in at the first's.

What is changed at an entry is taken back slowly, so that a song soon plays at its own level again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.assembler.limiting import CEILING_DBTP
from shared.sound.loudness import GATE_LUFS, MOMENTARY_S, loudness_of
from shared.sound.samples import Float32

__all__ = [
    "EntryGain",
    "Measured",
    "entry_gain",
    "factor_of",
    "level_step_lu",
    "reached_lufs",
    "song_gains_db",
]

MOST_LIMITED_DB = 2.0
"""Where the limiter would have to hold a song back by more, the mix stays quieter instead."""

MOST_BELOW_DB = 6.0
MOST_RAISED_DB = 12.0
MOST_AT_ENTRY_DB = 3.0
RETURN_DB_PER_S = 0.75
"""From 3 dB back to none in 4 s: slower than 1 dB/s, and well within 8 s."""

HEARD_SHARE = 0.7
"""How much what was heard counts where levels are met, beside how it would have gone on. At 0.5 the median
step of loudness is half as large again, at 1 songs that get louder by themselves are held back."""

QUIET_LUFS = -50.0
"""What ends or begins below it has a level of its own: it is not met."""


Measured = Mapping[str, tuple[float | None, float]]
"""By song: its integrated loudness in LUFS (None: it is silent), its largest magnitude, 1.0 at full scale."""


def reached_lufs(songs: Measured, target_lufs: float) -> float:
    """Return the loudness that all songs are brought to.

    The target, or where a song cannot be brought there without much limiting, what it can be: a mix is rather
    quieter than uneven, but by `MOST_BELOW_DB` at most.
    """
    headroom_db = CEILING_DBTP + MOST_LIMITED_DB
    most_lufs = [
        loudness + headroom_db - 20 * float(np.log10(peak))
        for loudness, peak in songs.values()
        if loudness is not None and peak > 0
    ]
    return max(target_lufs - MOST_BELOW_DB, min([target_lufs, *most_lufs]))


def song_gains_db(songs: Measured, loudness_lufs: float) -> dict[str, float]:
    """Return what brings songs to a loudness, in dB; those that are silent stay so."""
    return {
        key: 0.0 if loudness is None else min(loudness_lufs - loudness, MOST_RAISED_DB)
        for key, (loudness, _) in songs.items()
    }


def factor_of(gain_db: float) -> np.float32:
    """Return the factor that samples are multiplied by for a gain."""
    return np.float32(10 ** (gain_db / 20))


@dataclass(frozen=True)
class EntryGain:
    """What a piece's level is changed by where it begins, going back to none.

    Attributes:
        gain_db: at the beginning.
        start: where that is, in samples of its song at the mix's rate.
    """

    gain_db: float = 0.0
    start: int = 0

    def at(self, positions: NDArray[np.int64], sample_rate_hz: int) -> NDArray[np.float64]:
        """Return what is left at positions, in dB."""
        gone_db = np.maximum(positions - self.start, 0) / sample_rate_hz * RETURN_DB_PER_S
        left: NDArray[np.float64] = np.sign(self.gain_db) * np.maximum(abs(self.gain_db) - gone_db, 0)
        return left


def entry_gain(leaving: Float32, coming: Float32, sample_rate_hz: int) -> float:
    """Return what brings the beginning of a sound to the level of another's end, in dB, within bounds.

    A song's own level often rises where it was cut, so the beginning is held against both what is left and
    how that would have gone on, more against what was heard than against what would have been.

    Args:
        leaving: float32, shape (2 * n, channels), its cut in the middle.
        coming: the same of what begins.
        sample_rate_hz: of both.
    """
    middle = len(leaving) // 2
    ends = _end_lufs(leaving[:middle], sample_rate_hz)
    went_on, begins = (_beginning_lufs(sound[middle:], sample_rate_hz) for sound in (leaving, coming))
    if min(ends, begins, went_on) < QUIET_LUFS:
        return 0.0
    wanted = HEARD_SHARE * ends + (1 - HEARD_SHARE) * went_on
    return float(np.clip(wanted - begins, -MOST_AT_ENTRY_DB, MOST_AT_ENTRY_DB))


def level_step_lu(before: Float32, after: Float32, sample_rate_hz: int) -> float:
    """Return by how much a sound's first 0.4 s are louder than another's last, both at least at the gate."""
    begins = _beginning_lufs(after, sample_rate_hz)
    return max(begins, GATE_LUFS) - max(_end_lufs(before, sample_rate_hz), GATE_LUFS)


def _end_lufs(sound: Float32, sample_rate_hz: int) -> float:
    """Return the loudness of a sound's last 0.4 s; what comes before settles the filter."""
    heard = round(MOMENTARY_S * sample_rate_hz)
    return loudness_of(sound, sample_rate_hz, settled=max(0, len(sound) - heard))


def _beginning_lufs(sound: Float32, sample_rate_hz: int) -> float:
    """Return the loudness of a sound's first 0.4 s: backwards, its power is the same."""
    return _end_lufs(sound[::-1], sample_rate_hz)
