"""Loudness as it is heard: ITU-R BS.1770-5, integrated over a song or momentary at a place."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from shared.sound.samples import Float32, Samples, to_float32

Doubles = NDArray[np.float64]

GATE_LUFS = -70.0
"""What is quieter is silence."""

MOMENTARY_S = 0.4
_RELATIVE_GATE_LU = 10.0
_STEPS_PER_S = 10
_STEPS_PER_BLOCK = 4
"""Blocks of 400 ms begin every 100 ms."""

_OFFSET_LU = -0.691
_STEREO = 2


class LoudnessMeter:
    """Measure a song's integrated loudness while it streams by; memory is a number for every 100 ms.

    A mono song counts as it sounds in a stereo mix: on both sides.

    Args:
        sample_rate_hz: of the song.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self._rate_hz = sample_rate_hz
        self._state: Doubles | None = None
        self._rest: Doubles = np.empty(0)
        self._powers: list[Doubles] = []

    def feed(self, samples: Samples) -> None:
        """Take the next samples: int16 or float32 in [-1, 1], shape (n, channels)."""
        from scipy.signal import sosfilt  # The gateway knows modules that know this one, and never measures.

        sound = to_float32(samples).astype(np.float64)
        if self._state is None:
            self._state = np.zeros((len(_weighting(self._rate_hz)), 2, sound.shape[1]))
        weighted, self._state = sosfilt(_weighting(self._rate_hz), sound, axis=0, zi=self._state)
        power = np.concatenate([self._rest, _power(weighted)])
        step = self._rate_hz // _STEPS_PER_S
        whole = len(power) // step * step
        self._powers.append(power[:whole].reshape(-1, step).mean(axis=1))
        self._rest = power[whole:]

    def integrated_lufs(self) -> float | None:
        """Return the gated loudness so far; None where there is nothing but silence, or less than 0.4 s."""
        powers = np.concatenate([np.empty(0), *self._powers])
        if len(powers) < _STEPS_PER_BLOCK:
            return None
        blocks = np.convolve(powers, np.full(_STEPS_PER_BLOCK, 1 / _STEPS_PER_BLOCK), mode="valid")
        heard = blocks[_lufs(blocks) > GATE_LUFS]
        if not len(heard):
            return None
        gate_lufs = _lufs(heard.mean()) - _RELATIVE_GATE_LU
        return float(_lufs(heard[_lufs(heard) > gate_lufs].mean()))


def loudness_of(sound: Float32, sample_rate_hz: int, *, settled: int = 0) -> float:
    """Return the loudness of a short stretch, ungated, in LUFS; -inf where there is no sound.

    Args:
        sound: float32 in [-1, 1], shape (n, channels).
        sample_rate_hz: of the sound.
        settled: samples at its beginning that only settle the filter, and are not counted.
    """
    from scipy.signal import sosfilt

    weighted = sosfilt(_weighting(sample_rate_hz), sound.astype(np.float64), axis=0)[settled:]
    return float(_lufs(_power(weighted).mean())) if len(weighted) else -np.inf


def hop_powers(sound: Float32, sample_rate_hz: int, hop: int) -> Doubles:
    """Return the power of each hop of a stretch as it is heard: float64, shape (len(sound) // hop,)."""
    from scipy.signal import sosfilt

    weighted = sosfilt(_weighting(sample_rate_hz), sound.astype(np.float64), axis=0)
    power = _power(weighted[: len(sound) // hop * hop])
    means: Doubles = power.reshape(-1, hop).mean(axis=1)
    return means


def lufs_of(powers: Doubles) -> Doubles:
    """Return the loudness of powers in LUFS; -inf where there is no sound."""
    return _lufs(powers)


def _power(weighted: Doubles) -> Doubles:
    # NumPy's sum over an axis of two takes several times as long.
    total: Doubles = np.einsum("nc,nc->n", weighted, weighted)
    return total * (_STEREO / weighted.shape[1])


def _lufs(power: Doubles | np.float64) -> Doubles:
    with np.errstate(divide="ignore"):
        loudness: Doubles = _OFFSET_LU + 10 * np.log10(power)
    return loudness


@lru_cache(maxsize=16)
def _weighting(sample_rate_hz: int) -> Doubles:
    """Return the K-weighting of a rate, two sections: a shelf for the head, a high pass.

    The recommendation gives coefficients at 48 kHz; these are the analogue filters that they come from.
    """
    shelf = _section(1681.974450955533, 0.7071752369554196, sample_rate_hz, gain_db=3.999843853973347)
    return np.stack([shelf, _section(38.13547087602444, 0.5003270373238773, sample_rate_hz)])


def _section(corner_hz: float, quality: float, rate_hz: int, *, gain_db: float | None = None) -> Doubles:
    """Return one section, (b0, b1, b2, 1, a1, a2): a high shelf, or without a gain a high pass."""
    k = np.tan(np.pi * corner_hz / rate_hz)
    norm = 1 + k / quality + k * k
    feedback = [1.0, 2 * (k * k - 1) / norm, (1 - k / quality + k * k) / norm]
    if gain_db is None:
        return np.array([1.0, -2.0, 1.0, *feedback])
    high = 10 ** (gain_db / 20)
    middle = high**0.4996667741545416
    forward = [high + middle * k / quality + k * k, 2 * (k * k - high), high - middle * k / quality + k * k]
    return np.array([*(each / norm for each in forward), *feedback])
