"""What speaks against a seam: steps that no fade hides.

A seam is put where least speaks against it; what is left is told.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.assembler.beatmatching import Match
from shared.sound.samples import Float32, to_mono
from shared.sound.seams import LEVEL_FLOOR

__all__ = ["COST", "KEY_S", "keys_clash", "vetoes_of"]

Doubles = NDArray[np.float64]

MOST_LEVEL_DB = 4.0
MOST_KICK_DB = 6.0
LEAST_COSINE = 0.55
"""Amplitudes of the bands on both sides, as vectors, should point the same way at least so much."""
MOST_BELOW_OWN = 0.10
"""And no more less than they would if what leaves played on."""
MOST_ONSET_DB = 4.0
ONSET_S = 0.01
"""How strongly a sound attacks is told by how its power rises from one such stretch to the next."""

KICK_HZ = (40.0, 120.0)
KEY_S = 2.0
"""So long before and after a fade pitch classes are listened to."""
LEAST_KEY_CORRELATION = -0.2
"""Of two places two seconds apart in a song 2 % correlate less, of places in two songs 14 to 19 %."""
LEAST_KEY_CONTRAST = 0.25
"""Their standard deviation beside their mean: sounds whose pitch classes are more even have no key."""
_KEY_HZ = (80.0, 2000.0)
_CONCERT_PITCH_HZ = 440.0
_BANDS = 40
_LOWEST_HZ, _HIGHEST_HZ = 40.0, 12_000.0

COST = 0.2
"""What a veto costs, in the unit of a jolt."""


def vetoes_of(
    before: Float32,
    after: Float32,
    sample_rate_hz: int,
    *,
    own: Float32,
    beats: Match | None,
    places_s: tuple[float, float],
) -> tuple[str, ...]:
    """Tell what speaks against a seam.

    Args:
        before: what is heard before its fade begins, some beat long, float32, shape (n, channels).
        after: what is heard after it ends.
        sample_rate_hz: of both.
        own: what would be heard then if what leaves played on, as long.
        beats: of both songs; None: one has none.
        places_s: where the one is left and the other entered, in seconds from their cuts.

    Returns:
        `level`, `kick`, `onset` (how sharply it attacks), `timbre`: these step; `tempo`: two meet; `bar`: one
        is broken.
    """
    spectra = [_spectrum(side, sample_rate_hz) for side in (before, after)]
    bands = [_bands(*spectrum) for spectrum in spectra]
    totals = [float(each.sum()) for each in bands]
    cosine, at_home = _cosine(*bands), _cosine(bands[0], _bands(*_spectrum(own, sample_rate_hz)))
    leave_s, enter_s = (np.array(place_s) for place_s in places_s)
    found = {
        "level": abs(_step_db(*totals)) > MOST_LEVEL_DB,
        "kick": abs(_step_db(*(_kick(*spectrum) for spectrum in spectra))) > MOST_KICK_DB,
        "onset": abs(_step_db(*(_attack(each, sample_rate_hz) for each in (before, after)))) > MOST_ONSET_DB,
        "timbre": cosine < max(LEAST_COSINE, at_home - MOST_BELOW_OWN),
        "tempo": beats is not None and not beats.same_tempo,
        "bar": beats is not None and beats.same_bars and not bool(beats.in_bar(leave_s, enter_s)),
    }
    return tuple(name for name, is_so in found.items() if is_so)


def keys_clash(before: Float32, after: Float32, sample_rate_hz: int) -> bool:
    """Tell whether what is heard before a fade and after it is surely of other pitch classes.

    Args:
        before: `KEY_S` of sound if there is so much, float32, shape (n, channels).
        after: the same.
        sample_rate_hz: of both.
    """
    profiles = [_pitch_classes(*_spectrum(side, sample_rate_hz)) for side in (before, after)]
    if any(profile.std() <= LEAST_KEY_CONTRAST * profile.mean() for profile in profiles):
        return False
    one, other = (profile - profile.mean() for profile in profiles)
    correlation = float(one @ other) / float(np.sqrt((one @ one) * (other @ other)))
    return correlation < LEAST_KEY_CORRELATION


def _pitch_classes(power: Doubles, freqs_hz: Doubles) -> Doubles:
    """Return the mean amplitude of each pitch class: float64, shape (12,)."""
    heard = (freqs_hz >= _KEY_HZ[0]) & (freqs_hz <= _KEY_HZ[1])
    classes = np.round(12 * np.log2(freqs_hz[heard] / _CONCERT_PITCH_HZ)).astype(np.int64) % 12
    counts = np.bincount(classes, minlength=12)
    sums = np.bincount(classes, weights=np.sqrt(power[heard]), minlength=12)
    return np.asarray(sums / np.maximum(counts, 1), np.float64)


def _cosine(one: Doubles, other: Doubles) -> float:
    """Return how much the amplitudes of two sounds' bands, given as powers, point the same way."""
    norm = float(np.sqrt(one.sum() * other.sum()))
    return float(np.sqrt(one * other).sum()) / norm if norm > 0 else 1.0


def _attack(sound: Float32, sample_rate_hz: int) -> float:
    """Return the mean rise of power from one short stretch to the next, beside its mean, basses aside."""
    frame = max(1, round(ONSET_S * sample_rate_hz))
    bright = np.square(np.diff(to_mono(sound).astype(np.float64)))
    whole = len(bright) // frame
    if whole <= 1:
        return 0.0
    frames = bright[: whole * frame].reshape(whole, frame).mean(axis=1)
    return float(np.maximum(np.diff(frames), 0).mean() / max(frames.mean(), LEVEL_FLOOR**2))


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
