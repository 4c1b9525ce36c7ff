"""Short-time spectra around a place, relative to their own level, every 5 ms."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.fft import rfft
from scipy.signal import resample_poly

from cli.seams.windows import Heard

__all__ = ["HOP_S", "Spectra"]

Doubles = NDArray[np.float64]

HOP_S = 0.005
_FRAME_S, _TONE_FRAME_S = 0.02, 0.16
_MEL_BANDS, _LOW_HZ, _HIGH_HZ = 32, 60.0, 16_000.0
_TONE_LOW_HZ, _SEMITONES = 110.0, 48
_TONE_EVERY, _TONE_SLOWER = 4, 8
_BORDERS_HZ = (150.0, 800.0, 4000.0)
_FLOOR = 1e-6
"""-60 dB: what is quieter against the window counts as if it were so loud."""


@dataclass(frozen=True, eq=False)
class Spectra:
    """Spectra of a window; frame i is around the instant i * HOP_S from its beginning.

    Attributes:
        mel: natural logarithm of power, float64, shape (frames, 32).
        tone: the same by semitones from 110 Hz up, shape (frames, 48), of longer frames.
        level: the same in four bands and, last, as a whole: shape (frames, 5).
        onset: how much rises within 10 ms, shape (frames,).
        place: the frame around the place itself.
    """

    mel: Doubles
    tone: Doubles
    level: Doubles
    onset: Doubles
    place: int

    @classmethod
    def of(cls, heard: Heard) -> Spectra:
        """Analyse the sound around a place."""
        rate_hz = heard.sample_rate_hz
        hop = _hop(rate_hz)
        place = len(heard.before) // hop
        # So that a frame lies around the place itself, whatever is cut off.
        sound = np.concatenate([heard.before[len(heard.before) - place * hop :], heard.after])
        power = _power(sound, rate_hz, _FRAME_S, hop)
        floor = _FLOOR * max(float(power.sum(axis=1).mean()), 1e-12)
        frame = _samples(_FRAME_S, rate_hz)
        mel = np.log(power @ _mel_filters(rate_hz, frame).T + floor / _MEL_BANDS)
        level = np.log(power @ _band_filters(rate_hz, frame).T + floor)
        rise = np.maximum(mel[2:] - mel[:-2], 0).mean(axis=1)
        onset = np.concatenate([[0.0], rise, [0.0]])[: len(mel)]
        return cls(mel, _tone(sound, rate_hz, hop, len(mel)), level, onset, min(place, len(mel) - 1))


def _tone(sound: NDArray[np.float32], rate_hz: int, hop: int, frames: int) -> Doubles:
    slow_hz = rate_hz // _TONE_SLOWER
    slow = resample_poly(sound, 1, _TONE_SLOWER).astype(np.float32)
    power = _power(slow, slow_hz, _TONE_FRAME_S, max(1, _TONE_EVERY * hop // _TONE_SLOWER))
    floor = _FLOOR * max(float(power.sum(axis=1).mean()), 1e-12)
    tone = np.log(power @ _tone_filters(slow_hz, _samples(_TONE_FRAME_S, slow_hz)).T + 10 * floor)
    return np.repeat(tone, _TONE_EVERY, axis=0)[:frames]


def _hop(rate_hz: int) -> int:
    """Return the samples of a hop: so many that the slower frames keep step with the others."""
    return round(HOP_S * rate_hz / 2) * 2


def _samples(length_s: float, rate_hz: int) -> int:
    return 2 * round(length_s * rate_hz / 2)


def _power(sound: NDArray[np.float32], rate_hz: int, frame_s: float, hop: int) -> Doubles:
    """Return power spectra, shape (frames, bins), of frames around every hop; silence lies around it."""
    frame = _samples(frame_s, rate_hz)
    padded = np.pad(sound, frame // 2)
    windowed = sliding_window_view(padded, frame)[::hop] * np.hanning(frame).astype(np.float32)
    power: Doubles = np.square(np.abs(rfft(windowed, axis=1)))
    return power


@lru_cache(maxsize=8)
def _mel_filters(rate_hz: int, frame: int) -> Doubles:
    mels = np.linspace(_mel(_LOW_HZ), _mel(min(_HIGH_HZ, rate_hz / 2)), _MEL_BANDS + 2)
    return _triangles(700 * (10 ** (mels / 2595) - 1), rate_hz, frame)


@lru_cache(maxsize=8)
def _tone_filters(rate_hz: int, frame: int) -> Doubles:
    return _triangles(_TONE_LOW_HZ * 2 ** (np.arange(-1, _SEMITONES + 1) / 12), rate_hz, frame)


@lru_cache(maxsize=8)
def _band_filters(rate_hz: int, frame: int) -> Doubles:
    hz = np.fft.rfftfreq(frame, 1 / rate_hz)
    band = np.searchsorted(_BORDERS_HZ, hz)
    own = [(band == number).astype(np.float64) for number in range(len(_BORDERS_HZ) + 1)]
    return np.stack([*own, np.ones(len(hz))])


def _mel(hz: float) -> float:
    return float(2595 * np.log10(1 + hz / 700))


def _triangles(corners_hz: Doubles, rate_hz: int, frame: int) -> Doubles:
    """Return triangular filters between corners, shape (corners - 2, bins), each with at least one bin."""
    hz = np.fft.rfftfreq(frame, 1 / rate_hz)
    low, middle, high = (corners_hz[at : len(corners_hz) - 2 + at, None] for at in range(3))
    filters = np.clip(np.minimum((hz - low) / (middle - low), (high - hz) / (high - middle)), 0, None)
    nearest = np.abs(hz[None] - middle).argmin(axis=1)
    filters[np.arange(len(filters)), nearest] = np.maximum(filters[np.arange(len(filters)), nearest], 0.5)
    return filters
