"""What speaks against a seam: steps that no fade hides.

A seam is put where least speaks against it; what is left is told.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.assembler.beatmatching import Match
from shared.sound.samples import Float32, to_mono
from shared.sound.seams import LEVEL_FLOOR

__all__ = ["COST", "vetoes_of"]

Doubles = NDArray[np.float64]

MOST_LEVEL_DB = 4.0
MOST_KICK_DB = 6.0
LEAST_COSINE = 0.55
"""Amplitudes of the bands on both sides, as vectors, should point the same way at least so much."""

KICK_HZ = (40.0, 120.0)
_BANDS = 40
_LOWEST_HZ, _HIGHEST_HZ = 40.0, 12_000.0

COST = 0.2
"""What a veto costs, in the unit of a jolt."""


def vetoes_of(
    before: Float32,
    after: Float32,
    sample_rate_hz: int,
    *,
    beats: Match | None,
    places_s: tuple[float, float],
) -> tuple[str, ...]:
    """Tell what speaks against a seam.

    Args:
        before: what is heard before its fade begins, some beat long, float32, shape (n, channels).
        after: what is heard after it ends.
        sample_rate_hz: of both.
        beats: of both songs; None: one has none.
        places_s: where the one is left and the other entered, in seconds from their cuts.

    Returns:
        `level`, `kick`, `timbre`: these step; `tempo`: two meet; `bar`: one is broken.
    """
    spectra = [_spectrum(side, sample_rate_hz) for side in (before, after)]
    bands = [_bands(*spectrum) for spectrum in spectra]
    totals = [float(each.sum()) for each in bands]
    norm = float(np.sqrt(totals[0] * totals[1]))
    cosine = float(np.sqrt(bands[0] * bands[1]).sum()) / norm if norm > 0 else 1.0
    leave_s, enter_s = (np.array(place_s) for place_s in places_s)
    found = {
        "level": abs(_step_db(*totals)) > MOST_LEVEL_DB,
        "kick": abs(_step_db(*(_kick(*spectrum) for spectrum in spectra))) > MOST_KICK_DB,
        "timbre": cosine < LEAST_COSINE,
        "tempo": beats is not None and not beats.same_tempo,
        "bar": beats is not None and beats.same_bars and not bool(beats.in_bar(leave_s, enter_s)),
    }
    return tuple(name for name, is_so in found.items() if is_so)


def _bands(power: Doubles, freqs_hz: Doubles) -> Doubles:
    """Return the power of bands of equal ratio: float64, shape (at most 40,)."""
    edges_hz = np.geomspace(_LOWEST_HZ, min(_HIGHEST_HZ, freqs_hz[-1]), _BANDS + 1)
    starts = np.unique(np.searchsorted(freqs_hz, edges_hz).clip(0, len(freqs_hz) - 1))
    sums: Doubles = np.add.reduceat(power, starts)[:-1]
    return sums


def _kick(power: Doubles, freqs_hz: Doubles) -> float:
    return float(power[(freqs_hz >= KICK_HZ[0]) & (freqs_hz <= KICK_HZ[1])].sum())


def _spectrum(sound: Float32, sample_rate_hz: int) -> tuple[Doubles, Doubles]:
    mono = to_mono(sound).astype(np.float64)
    power = np.square(np.abs(np.fft.rfft(mono * np.hanning(len(mono))))) / max(1, len(mono)) ** 2
    return power, np.arange(len(power), dtype=np.float64) * (sample_rate_hz / max(1, len(mono)))


def _step_db(before: float, after: float) -> float:
    """Return by how much one power is above another, both at least at the floor."""
    floor = LEVEL_FLOOR**2
    return float(10 * np.log10(max(after, floor) / max(before, floor)))
