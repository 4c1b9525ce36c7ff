"""Figures of seams: steps of level, clicks, steps of loudness, and how level the fades are.

Each is taken of natural places, too, where no seam is: music steps by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import firwin, oaconvolve

from cli.seams.material import Seam, Whole, Window, natural_windows
from shared.sound.audio import AudioReader
from shared.sound.loudness import GATE_LUFS, loudness_of
from shared.sound.samples import Float32, to_float32, to_mono
from shared.sound.seams import Joints, Threshold

__all__ = ["SHORT_TERM_S", "Measured", "fade_errors_db", "made_clicks", "measured_at", "threshold_of"]

Doubles = NDArray[np.float64]

NOMINAL_FADE_S = 0.08
"""Hard joins and natural places are measured as far from their middle as fades of so long are."""

MADE_CLICK = 4.0
"""6 dB: two sounds that meet in phase have 3 dB more than both, and seams change levels by up to 3 dB."""

MOMENTARY_S, SHORT_TERM_S = 0.4, 3.0
_SETTLING_S = 0.3
_EXCERPT_S = 60.0
_ERROR_S = 0.02
_BESIDE = 5
"""So many stretches beside a fade tell the level of a song in the mix."""
BORDERS_HZ = (150.0, 2500.0)
"""Of the bands that fade for different lengths."""
_FILTER_S = 0.04
_QUIET = 1e-6
"""-60 dBFS, as power: where a fade is quieter, its level means nothing."""


@dataclass(frozen=True, eq=False)
class Measured:
    """Figures of n places.

    Attributes:
        jolts: the largest step of level at the beginning, middle and end of a fade, shape (n,).
        clicks: the most power above 10 kHz within 50 ms, shape (n,).
        momentary_lu, short_term_lu: by how much what comes after the fade is louder than what came before it,
            over 0.4 s and over 3 s, shape (n,); NaN where so much is not there.
    """

    jolts: Doubles
    clicks: Doubles
    momentary_lu: Doubles
    short_term_lu: Doubles

    @classmethod
    def concatenate(cls, parts: Sequence[Measured]) -> Measured:
        """Bring figures together, at least one part."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__annotations__))

    def summary(self, threshold: Threshold) -> dict[str, float]:
        """Return shares and medians, by name; NaN where there are no places."""
        if not len(self.jolts):
            return dict.fromkeys(("places", "jolting", "clicking", "momentary_lu", "short_term_lu"), np.nan)
        return {
            "places": float(len(self.jolts)),
            "jolting": float((self.jolts > threshold.jolt).mean()),
            "clicking": float((self.clicks > threshold.click).mean()),
            "momentary_lu": _median(np.abs(self.momentary_lu)),
            "short_term_lu": _median(np.abs(self.short_term_lu)),
        }


def made_clicks(
    clicks: Doubles, seams: Sequence[Seam], whole: Whole, sound: AudioReader, threshold: Threshold
) -> int:
    """Count the seams that click though neither of their songs does there: what joined them does.

    Music clicks by itself, so only what has `MADE_CLICK` times the treble of both songs together counts.

    Args:
        clicks: of the seams, see `Measured`.
        seams: the seams.
        whole: where the songs lie in a mix of whole songs.
        sound: that mix.
        threshold: what songs hardly ever have.
    """
    made = 0
    for click, seam in zip(clicks, seams, strict=True):
        if not click > threshold.click:
            continue
        windows = [window for _, window in natural_windows(seam, whole)]
        own = measured_at(sound, windows, [seam.fade_s] * len(windows)).clicks
        made += bool(click > MADE_CLICK * np.nansum(own))
    return made


def threshold_of(whole: Whole, sound: AudioReader) -> Threshold:
    """Measure what nearly all places inside songs stay below, in the middle minute of each at most."""
    rate_hz, excerpts = sound.sample_rate_hz, []
    for spans in whole.spans.values():
        _, start_s, end_s = max(spans, key=lambda span: span[2] - span[1])
        middle_s, half_s = (start_s + end_s) / 2, min(_EXCERPT_S, end_s - start_s) / 2
        start, stop = (round(at_s * rate_hz) for at_s in (middle_s - half_s, middle_s + half_s))
        excerpts.append(to_mono(sound.read_range(start, stop)))
    return Threshold.of(excerpts, rate_hz)


def measured_at(sound: AudioReader, windows: Sequence[Window], fades_s: Sequence[float]) -> Measured:
    """Measure places of a sound.

    Args:
        sound: a mix.
        windows: the places, and how far they may be looked at for loudness.
        fades_s: length of each one's fade; 0: as of a hard join.
    """
    found = [_figures(sound, window, fade_s) for window, fade_s in zip(windows, fades_s, strict=True)]
    return Measured(*np.array(found, dtype=np.float64).reshape(-1, 4).T)


def _figures(sound: AudioReader, window: Window, fade_s: float) -> tuple[float, float, float, float]:
    rate_hz = sound.sample_rate_hz
    at, half = round(window.at_s * rate_hz), round((fade_s or NOMINAL_FADE_S) / 2 * rate_hz)
    reach = round((SHORT_TERM_S + _SETTLING_S) * rate_hz) + half
    start, stop = max(0, at - reach), min(sound.n_samples, at + reach)
    samples = to_float32(sound.read_range(start, stop))
    joints = Joints.at(to_mono(samples), rate_hz, [at - start - half, at - start, at - start + half])
    if not len(joints):
        return np.nan, np.nan, np.nan, np.nan
    # What is heard around a hard join begins and ends right there.
    off = round(fade_s / 2 * rate_hz)
    before, after = samples[: at - start - off], samples[at - start + off :]
    steps = [_step_lu(before, after, rate_hz, length_s) for length_s in (MOMENTARY_S, SHORT_TERM_S)]
    return float(joints.jolts().max()), float(joints.clicks().max()), steps[0], steps[1]


def _step_lu(before: Float32, after: Float32, rate_hz: int, length_s: float) -> float:
    """Return by how much the first seconds of one sound are louder than the last of another."""
    length, settling = round(length_s * rate_hz), round(_SETTLING_S * rate_hz)
    if min(len(before), len(after)) < length:
        return np.nan
    # Backwards, the power of a beginning is the same, and the filter settles in what comes later.
    sides = [side[-(length + settling) :] for side in (before, after[::-1])]
    ends, begins = (max(loudness_of(side, rate_hz, settled=len(side) - length), GATE_LUFS) for side in sides)
    return begins - ends


def fade_errors_db(mix: AudioReader, seams: Sequence[Seam], whole: Whole, sound: AudioReader) -> Doubles:
    """Return by how much fades are louder than they should be, every 20 ms: shape (stretches,), in dB.

    What should be there is known from both songs, as they sound in a mix of whole songs: their powers, band
    by band, going from the one's to the other's by squared cosine and sine. Each is first brought to the
    level that it has in the mix, by what lies right beside the fade.
    """
    errors = [_errors(mix, seam, whole, sound) for seam in seams if seam.fade_s > 0]
    return np.concatenate([np.empty(0), *errors])


def _errors(mix: AudioReader, seam: Seam, whole: Whole, sound: AudioReader) -> Doubles:
    windows = [window for _, window in natural_windows(seam, whole)]
    rate_hz, stretch = mix.sample_rate_hz, round(_ERROR_S * mix.sample_rate_hz)
    half = round(seam.fade_s / 2 * rate_hz) // stretch * stretch
    beside = _BESIDE * stretch
    if len(windows) < 2 or half == 0 or sound.sample_rate_hz != rate_hz:
        return np.empty(0)
    places = [(mix, seam.at_s), *((sound, window.at_s) for window in windows)]
    powers = [_powers(one, at_s, half + beside) for one, at_s in places]
    if any(power is None for power in powers):
        return np.empty(0)
    heard, left, entered = (power for power in powers if power is not None)
    total = heard.sum(axis=0)
    left = left * total[:beside].mean() / max(left[:, :beside].sum(axis=0).mean(), 1e-12)
    entered = entered * total[-beside:].mean() / max(entered[:, -beside:].sum(axis=0).mean(), 1e-12)
    inside = slice(beside, -beside)
    t = _angles(seam, half, rate_hz)
    expected = (np.cos(t) ** 2 * left[:, inside] + np.sin(t) ** 2 * entered[:, inside]).sum(axis=0)
    by_stretch = [power.reshape(-1, stretch).mean(axis=1) for power in (total[inside], expected)]
    loud = by_stretch[1] > _QUIET
    errors: Doubles = 10 * np.log10(np.maximum(by_stretch[0], 1e-12)[loud] / by_stretch[1][loud])
    return errors


def _angles(seam: Seam, half: int, rate_hz: int) -> Doubles:
    """Return how far each band's fade is, from 0 to a right angle: shape (bands, 2 * half)."""
    lengths_s = np.array(seam.fades_s or [seam.fade_s] * (len(BORDERS_HZ) + 1))
    at_s = (np.arange(-half, half) + 0.5) / rate_hz
    angles: Doubles = np.pi / 2 * np.clip(at_s / lengths_s[:, None] + 0.5, 0, 1)
    return angles


def _powers(sound: AudioReader, at_s: float, reach: int) -> Doubles | None:
    """Return the power of each band around an instant: shape (bands, 2 * reach); None: less is there."""
    at, rate_hz = round(at_s * sound.sample_rate_hz), sound.sample_rate_hz
    if at < reach or at + reach > sound.n_samples:
        return None
    # Filtered with what lies beside it, where there is something.
    more = round(_FILTER_S * rate_hz)
    start, stop = max(0, at - reach - more), min(sound.n_samples, at + reach + more)
    samples = to_float32(sound.read_range(start, stop)).astype(np.float64)
    below = [
        oaconvolve(samples, firwin(2 * more + 1, border_hz, fs=rate_hz)[:, None], mode="same", axes=0)
        for border_hz in BORDERS_HZ
    ]
    bands = np.stack([below[0], below[1] - below[0], samples - below[1]])
    powers: Doubles = np.square(bands).mean(axis=2)[:, at - reach - start : at + reach - start]
    # The bands' powers do not quite add up to the sound's where they overlap: that is shared out.
    whole = np.square(samples).mean(axis=1)[at - reach - start : at + reach - start]
    shared: Doubles = powers * whole / np.maximum(powers.sum(axis=0), 1e-12)
    return shared


def _median(values: Doubles) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan
