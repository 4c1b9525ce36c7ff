"""Ride the gain of a radio: quiet stretches are brought up and loud ones down, slowly, as an operator would.

The gain follows the loudness of the last three seconds, half of the way to the radio's own and never faster
than 1 dB/s, so that music keeps its dynamics. Hops lie on a grid that begins with the radio, so that whoever
goes on from a stored gain rides as one who never stopped.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shared.sound.loudness import hop_powers, lufs_of
from shared.sound.samples import Float32

__all__ = ["HOP", "LEAD_HOPS", "ride"]

HOP = 7 * 1152
"""Samples in which the gain goes from one value to the next, in a straight line of dB: 0.18 s at 44.1 kHz."""

WINDOW_HOPS = 16
LEAD_HOPS = WINDOW_HOPS + 5
"""So many hops before the first that is changed are listened to: a window, and what settles the filter."""

MOST_DB_PER_S = 1.0
_SHARE = 0.5
_MOST_DB = 4.0
_QUIET_LU = 20.0
"""What is quieter than the radio by more is meant to be, or is the end of a song: the gain rests."""


def ride(
    sound: Float32, gain_db: float, loudness_lufs: float, sample_rate_hz: int
) -> tuple[Float32, NDArray[np.float64]]:
    """Ride the gain of a stretch.

    Args:
        sound: float32, shape ((LEAD_HOPS + hops) * HOP, channels); the lead is only listened to.
        gain_db: in force where the lead ends.
        loudness_lufs: what the radio aims at.
        sample_rate_hz: of the sound.

    Returns:
        The stretch without its lead, and the gain at the beginning of each hop and at the end of the last, in
        dB: float64, shape (hops + 1,).
    """
    powers = hop_powers(sound, sample_rate_hz, HOP)
    windows = np.convolve(powers, np.full(WINDOW_HOPS, 1 / WINDOW_HOPS), mode="valid")
    heard_lufs = lufs_of(windows[LEAD_HOPS - WINDOW_HOPS + 1 :])
    away_lu = loudness_lufs - heard_lufs
    wanted_db = np.clip(_SHARE * away_lu, -_MOST_DB, _MOST_DB)
    most_db = MOST_DB_PER_S * HOP / sample_rate_hz
    gains_db = [gain_db]
    for wanted, away in zip(wanted_db.tolist(), away_lu.tolist(), strict=True):
        step = 0.0 if away > _QUIET_LU else min(max(wanted - gains_db[-1], -most_db), most_db)
        gains_db.append(gains_db[-1] + step)
    gains = np.array(gains_db)
    at = np.arange(len(heard_lufs) * HOP) / HOP
    factors = 10 ** (np.interp(at, np.arange(len(gains)), gains) / 20)
    return sound[LEAD_HOPS * HOP :] * factors.astype(np.float32)[:, None], gains
