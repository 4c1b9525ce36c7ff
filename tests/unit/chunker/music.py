"""Music whose beats, bars, keys and sections are known, for what finds them."""

from __future__ import annotations

import numpy as np

from services.chunker.listening import Heard, listen
from shared.sound.samples import Float32

RATE_HZ = 22_050


def clicks_at(times_s, duration_s: float, *, levels=None, rate_hz: int = RATE_HZ) -> Float32:
    """Return short bursts of noise at instants: float32, shape (n, 1)."""
    burst = np.random.default_rng(1).normal(size=rate_hz // 50) * np.exp(
        -np.arange(rate_hz // 50) * 400 / rate_hz
    )
    sound = np.zeros(round(duration_s * rate_hz) + len(burst))
    for time_s, level in zip(times_s, np.ones(len(times_s)) if levels is None else levels, strict=True):
        at = round(time_s * rate_hz)
        sound[at : at + len(burst)] += 0.3 * level * burst
    return sound.astype(np.float32)[:, None]


def chords(pitches_hz: list[list[float]], seconds_each: float, *, rate_hz: int = RATE_HZ) -> Float32:
    """Return chords one after another: float32, shape (n, 1)."""
    at = np.arange(round(seconds_each * rate_hz)) / rate_hz
    ends = np.minimum(1, np.minimum(at, at[::-1]) / 0.01)
    return np.concatenate(
        [ends * sum(0.1 * np.sin(2 * np.pi * pitch * at) for pitch in chord) for chord in pitches_hz]
    ).astype(np.float32)[:, None]


def hear(sound: Float32, rate_hz: int = RATE_HZ) -> Heard:
    return listen([sound], rate_hz)
