"""Sounds whose truth is known beforehand: int16 or float32 in [-1, 1], shape (n, channels)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shared.sound.samples import Float32, Int16, to_int16


def silence(duration_s: float, rate_hz: int, channels: int = 1) -> Float32:
    return np.zeros((round(duration_s * rate_hz), channels), np.float32)


def sine(
    frequency_hz: float, duration_s: float, rate_hz: int, *, amplitude: float = 0.5, channels: int = 1
) -> Float32:
    phase = 2 * np.pi * frequency_hz * np.arange(round(duration_s * rate_hz)) / rate_hz
    return np.repeat((amplitude * np.sin(phase)).astype(np.float32)[:, None], channels, axis=1)


def noise(
    duration_s: float, rate_hz: int, *, amplitude: float = 0.1, channels: int = 1, seed: int = 0
) -> Float32:
    """White and Gaussian; channels are independent; `amplitude` is the RMS."""
    rng = np.random.default_rng(seed)
    shape = (round(duration_s * rate_hz), channels)
    return (amplitude * rng.standard_normal(shape)).astype(np.float32)


def clicks(
    at_s: Sequence[float], duration_s: float, rate_hz: int, *, amplitude: float = 0.9, channels: int = 1
) -> Float32:
    """One sample high at each instant, silence elsewhere."""
    sound = silence(duration_s, rate_hz, channels)
    sound[[round(instant * rate_hz) for instant in at_s]] = amplitude
    return sound


def joined(*parts: Float32) -> Float32:
    return np.concatenate(parts)


def int16(sound: Float32) -> Int16:
    return to_int16(sound)


def random_int16(n: int, channels: int, *, seed: int, levels_dbfs: Sequence[float], every: int) -> Int16:
    """Noise whose level steps through `levels_dbfs`, a new one each `every` samples."""
    rng = np.random.default_rng(seed)
    gains: NDArray[np.float64] = 10 ** (np.asarray(levels_dbfs) / 20)
    envelope = np.resize(np.repeat(gains, every), n)
    return to_int16((rng.uniform(-1, 1, (n, channels)) * envelope[:, None]).astype(np.float32))
