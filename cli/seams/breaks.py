"""What breaks where sound is joined: partials that do not go on in phase, bands that all step at once.

A note that is held goes on in phase; a splice keeps neither its phase nor, for all bands at once, its level.
Where another note begins, both change as well, so they, too, are held against the rest of the window.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.fft import rfft
from scipy.signal import resample_poly

from cli.seams.spectra import HOP_S
from cli.seams.windows import Heard

__all__ = ["Phases", "even_step"]

Doubles = NDArray[np.float64]

FRAMES_S = (0.04, 0.1)
"""Frames of so long: short ones part attacks from what is held, long ones part low notes from each other."""

_SLOWER = 4
_LEAST_HZ, _MOST_HZ = 80.0, 4000.0
_GAP_FRAMES = 1
"""Hops between the frames on either side of a place, and it."""
_TURN_FRAMES = 2
"""A partial's frequency is told by how its phase turns within so many hops."""
_TINY = 1e-9


@dataclass(frozen=True, eq=False)
class Phases:
    """How far partials are out of phase across every instant of a window.

    Attributes:
        off: from 0, where all go on, to 1 and more where none does: float64, shape (frames,); NaN near the
            ends.
        step: by how much those that go on get louder or softer together, beside how unlike each other they
            are in that, of the same shape.
    """

    off: Doubles
    step: Doubles

    @classmethod
    def of(cls, heard: Heard, frame_s: float, frames: int) -> Phases:
        """Measure a window, every `HOP_S` from its beginning.

        Args:
            heard: the window.
            frame_s: how much is looked at on either side of an instant.
            frames: instants.
        """
        rate_hz = heard.sample_rate_hz / _SLOWER
        sound = np.concatenate([heard.before, heard.after])
        slow = resample_poly(sound, 1, _SLOWER).astype(np.float32) if len(sound) else sound
        hop, frame = HOP_S * rate_hz, round(frame_s * rate_hz)
        off, step = np.full(frames, np.nan), np.full(frames, np.nan)
        # The frames before an instant, after it, and those that tell frequencies, in samples from it.
        apart = frame + 2 * _GAP_FRAMES * hop
        reach = round(apart / 2 + frame / 2 + _TURN_FRAMES * hop) + 1
        at = np.round(np.arange(frames) * hop).astype(np.int64)
        inside = (at >= reach) & (at + reach <= len(slow))
        if not inside.any():
            return cls(off, step)
        windows, taper = sliding_window_view(slow, frame), np.hanning(frame)
        freqs_hz = np.arange(frame // 2 + 1) * rate_hz / frame
        kept = (freqs_hz >= _LEAST_HZ) & (freqs_hz <= _MOST_HZ)

        def spectra(from_s: float) -> NDArray[np.complex128]:
            starts = at[inside] + round(from_s)
            found: NDArray[np.complex128] = rfft(windows[starts] * taper, axis=1)[:, kept]
            return found

        turn = round(_TURN_FRAMES * hop)
        early, late = round(-apart / 2 - frame / 2), round(apart / 2 - frame / 2)
        before, after = spectra(early), spectra(late)
        turns = spectra(early - turn), spectra(late + turn)
        expected = 2 * np.pi * freqs_hz[kept] * turn / rate_hz
        rates = [
            _wrapped(np.angle(later * earlier.conj()) - expected) / turn
            for earlier, later in ((turns[0], before), (after, turns[1]))
        ]
        distance = late - early
        turned = np.exp(1j * (2 * np.pi * freqs_hz[kept] / rate_hz + (rates[0] + rates[1]) / 2) * distance)
        weights = np.minimum(np.abs(before), np.abs(after))
        unit = (after / (np.abs(after) + _TINY)) * (before / (np.abs(before) + _TINY)).conj() / turned
        off[inside] = 1 - (weights * unit.real).sum(axis=1) / (weights.sum(axis=1) + _TINY)
        goes_on = weights * np.maximum(unit.real, 0) ** 2
        goes_on /= goes_on.sum(axis=1, keepdims=True) + _TINY
        louder = np.log((np.abs(after) + _TINY) / (np.abs(before) + _TINY))
        mean = (goes_on * louder).sum(axis=1)
        spread = np.sqrt((goes_on * np.square(louder - mean[:, None])).sum(axis=1))
        step[inside] = np.abs(mean) / (0.1 + spread)
        return cls(off, step)


def even_step(steps: Doubles) -> Doubles:
    """Return by how much most bands step alike: float64, shape (frames,).

    Args:
        steps: of each band, mean after less mean before, shape (frames, bands).
    """
    low, middle, high = np.quantile(steps, [0.25, 0.5, 0.75], axis=1)
    even: Doubles = np.abs(middle) / (0.2 + high - low)
    return even


def _wrapped(angle: Doubles) -> Doubles:
    return (angle + np.pi) % (2 * np.pi) - np.pi
