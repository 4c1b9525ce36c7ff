"""What a song's beats, bars, key and sections are found in: measured while the song streams by.

All is measured of the mean of the channels at `RATE_HZ`, in blocks, so that what is held grows by some
350 kB per minute of song and no faster.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

import librosa
import numpy as np
import soxr
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from shared.sound.samples import Float32, Samples, to_mono

__all__ = [
    "CHROMA_S",
    "ONSET_HOP",
    "ONSET_LAG_S",
    "ONSET_S",
    "RATE_HZ",
    "Heard",
    "listen",
    "onset_times_s",
    "onsets_near",
]

RATE_HZ = 22_050

ONSET_HOP, ONSET_WINDOW = 128, 512
ONSET_S = ONSET_HOP / RATE_HZ
"""Onsets are told every 5.8 ms."""

ONSET_LAG_S = 0.0047
"""A rise shows this long before the click that makes it, as windows reach ahead; measured on clicks."""

CHROMA_HOP, CHROMA_WINDOW = 1024, 4096
CHROMA_S = CHROMA_HOP / RATE_HZ
"""Pitch classes and timbre are told every 46 ms."""

BANDS = 40
LOW_BANDS = 4
"""The lowest bands, up to some 200 Hz, hold kick and bass."""

_FLOOR = 1e-7
"""Power of a band below which nothing is heard, in the unit of samples in [-1, 1]."""
_LOWEST_PITCH_HZ = 55.0
_TUNED_S = 60.0
_BLOCK_HOPS = 64
"""Chroma hops that are measured at a time: 3 s."""


@dataclass(frozen=True)
class Heard:
    """What was measured of a song.

    Attributes:
        onsets: float32, shape (n,): how much louder bands became, in dB, every `ONSET_S`; see
            `onset_times_s`.
        low_onsets: float32, shape (n,): the same of the low bands alone.
        chroma: float32, shape (m, 12): power of the pitch classes from C on, every `CHROMA_S`; each row's
            largest is 1, or it is silent.
        timbre: float32, shape (m, BANDS): levels of mel bands, in dB.
    """

    onsets: Float32
    low_onsets: Float32
    chroma: Float32
    timbre: Float32

    @property
    def duration_s(self) -> float:
        """The length of what was heard."""
        return len(self.onsets) * ONSET_S


def onset_times_s(entries: int) -> NDArray[np.float64]:
    """Return the instants that so many entries of onsets tell of."""
    times_s: NDArray[np.float64] = np.arange(entries, dtype=np.float64) * ONSET_S + ONSET_LAG_S
    return times_s


def onsets_near(
    onsets: Float32, times_s: NDArray[np.float64], reach_s: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the entries of onsets around instants: places and values, shape (n, 2 * reach + 1) each."""
    reach = round(reach_s / ONSET_S)
    middles = np.round((times_s - ONSET_LAG_S) / ONSET_S).astype(np.int64)
    places = middles[:, None] + np.arange(-reach, reach + 1)
    return places, onsets[np.clip(places, 0, len(onsets) - 1)].astype(np.float64)


@dataclass
class _Framed:
    """Cuts a stream into overlapping windows, centred on every hop."""

    window: int
    hop: int
    _left: Float32 = field(init=False)

    def __post_init__(self) -> None:
        self._left = np.zeros(self.window // 2, np.float32)

    def feed(self, samples: Float32) -> Float32:
        """Take samples; return the windows that are whole by now: shape (k, window)."""
        joined = np.concatenate([self._left, samples])
        whole = max(0, (len(joined) - self.window) // self.hop + 1)
        self._left = joined[whole * self.hop :]
        if not whole:
            return np.zeros((0, self.window), np.float32)
        windows: Float32 = sliding_window_view(joined, self.window)[:: self.hop][:whole]
        return windows


def listen(blocks: Iterable[Samples], sample_rate_hz: int) -> Heard:
    """Measure a song.

    Args:
        blocks: int16 or float32, shape (any, channels), one after another.
        sample_rate_hz: of the song.
    """
    onset_frames, chroma_frames = _Framed(ONSET_WINDOW, ONSET_HOP), _Framed(CHROMA_WINDOW, CHROMA_HOP)
    flux = _Flux()
    rises: list[tuple[Float32, Float32]] = []
    tones: list[tuple[Float32, Float32]] = []
    tuning = _Tuning()
    for samples in _resampled(blocks, sample_rate_hz):
        rises.append(flux.feed(onset_frames.feed(samples)))
        tones.append(_tones(chroma_frames.feed(samples), tuning))
    onsets, low_onsets = (np.concatenate(column) for column in zip(*rises, strict=True))
    chroma, timbre = (np.concatenate(column) for column in zip(*tones, strict=True))
    return Heard(onsets, low_onsets, chroma, timbre)


def _resampled(blocks: Iterable[Samples], sample_rate_hz: int) -> Iterable[Float32]:
    """Yield the mean of the channels at `RATE_HZ`, some seconds at a time, then half a window of silence."""
    stream = soxr.ResampleStream(sample_rate_hz, RATE_HZ, 1, dtype="float32", quality="HQ")
    held: list[Float32] = []
    for block in blocks:
        held.append(stream.resample_chunk(to_mono(block)))
        if sum(map(len, held)) >= _BLOCK_HOPS * CHROMA_HOP:
            yield np.concatenate(held)
            held = []
    held.append(stream.resample_chunk(np.zeros(0, np.float32), last=True))
    yield np.concatenate([*held, np.zeros(CHROMA_WINDOW // 2, np.float32)])


class _Flux:
    """Spectral flux: by how many dB bands become louder from frame to frame, falls left out."""

    def __init__(self) -> None:
        self._last: Float32 | None = None

    def feed(self, windows: Float32) -> tuple[Float32, Float32]:
        """Return the rise of all bands and of the low ones, in the mean: float32, shape (k,) each."""
        levels = _levels(windows, ONSET_WINDOW)
        before = levels[:1] if self._last is None else self._last
        if len(levels):
            self._last = levels[-1:]
        rises = np.maximum(np.diff(levels, axis=0, prepend=before[: len(levels)]), 0)
        return rises.mean(axis=1), rises[:, :LOW_BANDS].mean(axis=1)


class _Tuning:
    """By how much a song is tuned off 440 Hz, in parts of a semitone: of its first minute with sound."""

    def __init__(self) -> None:
        self._told: list[tuple[float, float]] = []

    def of(self, power: Float32) -> float:
        """Return what is known with some more frames: shape (k, lines)."""
        if len(self._told) * _BLOCK_HOPS * CHROMA_S < _TUNED_S and power.max(initial=0) > _FLOOR:
            pitches, strengths = librosa.piptrack(S=np.sqrt(power.T), sr=RATE_HZ, n_fft=CHROMA_WINDOW)
            loud = strengths > np.median(strengths[strengths > 0]) if (strengths > 0).any() else strengths > 0
            if loud.any():
                self._told.append((float(librosa.pitch_tuning(pitches[loud])), float(loud.sum())))
        if not self._told:
            return 0.0
        # Tunings lie on a circle: half a semitone up is half a semitone down.
        offs, weights = np.array(self._told).T
        return float(np.angle((weights * np.exp(2j * np.pi * offs)).sum()) / (2 * np.pi))


def _tones(windows: Float32, tuning: _Tuning) -> tuple[Float32, Float32]:
    """Return pitch classes and levels of bands: shapes (k, 12), (k, BANDS)."""
    if not len(windows):
        return np.zeros((0, 12), np.float32), np.zeros((0, BANDS), np.float32)
    power = _power(windows, CHROMA_WINDOW)
    chroma = power @ _pitch_classes(round(tuning.of(power), 1)).T
    largest = chroma.max(axis=1, keepdims=True)
    chroma = np.where(largest > _FLOOR, chroma / np.maximum(largest, _FLOOR), 0).astype(np.float32)
    return chroma, _in_db(power @ _mel(CHROMA_WINDOW).T)


def _levels(windows: Float32, window: int) -> Float32:
    return _in_db(_power(windows, window) @ _mel(window).T)


def _in_db(power: Float32) -> Float32:
    return (10 * np.log10(np.maximum(power, _FLOOR))).astype(np.float32)


def _power(windows: Float32, window: int) -> Float32:
    """Return the power spectrum, a full-scale sine at 1/4: float32, shape (k, window // 2 + 1)."""
    from scipy.fft import rfft

    taper = np.hanning(window + 1)[:-1].astype(np.float32)
    spectrum = rfft(windows * (taper / taper.sum()), axis=1)
    return (spectrum.real**2 + spectrum.imag**2).astype(np.float32)


@lru_cache(maxsize=4)
def _mel(window: int) -> Float32:
    return librosa.filters.mel(sr=RATE_HZ, n_fft=window, n_mels=BANDS, norm=None).astype(np.float32)


@lru_cache(maxsize=32)
def _pitch_classes(tuning: float) -> Float32:
    filters = librosa.filters.chroma(sr=RATE_HZ, n_fft=CHROMA_WINDOW, tuning=tuning, ctroct=4.0, octwidth=2)
    filters[:, np.fft.rfftfreq(CHROMA_WINDOW, 1 / RATE_HZ) < _LOWEST_PITCH_HZ] = 0
    return filters.astype(np.float32)
