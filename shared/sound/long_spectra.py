"""Long spectra: which tones sound on either side of a cut, told apart as finely as the ear does.

Two windows of 0.41 s and 1.3 s begin at the cut and fade away from it, so that what is nearest counts most.
Their spectra are read at log-spaced bins, 12 and 24 to an octave, each the strongest of its lines: a held
tone stays in its bin whatever the drums do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from shared.sound.mel import analysis_at
from shared.sound.samples import Float32, Samples, to_mono

Float16 = NDArray[np.float16]

LONG_RATE_HZ = 11_025
"""What sound is resampled to before it is looked at."""

LONG_STEP_HOPS = 8
"""Hops of the mel grid between two places of a song that long spectra are kept for: 93 ms."""

_LOWEST_HZ, _HIGHEST_HZ = 40.0, 5_000.0
_POWER_FLOOR = 1e-8
_WINDOWS_AT_ONCE = 32


@dataclass(frozen=True)
class _Window:
    """One window of the two.

    Attributes:
        taper: float32, shape (samples,): a quarter of a squared cosine from the cut on, of unit energy.
        fft_size: to which it is filled up.
        edges: int64, shape (bins + 1,), rising: the first line of each bin, and the end of the last.
    """

    taper: Float32
    fft_size: int
    edges: NDArray[np.int64]

    @property
    def centres_hz(self) -> NDArray[np.float64]:
        """The middle of each bin: float64, shape (bins,)."""
        return (self.edges[:-1] + self.edges[1:] - 1) / 2 * LONG_RATE_HZ / self.fft_size

    @classmethod
    def of(cls, samples: int, fft_size: int, bins_per_octave: int) -> _Window:
        fade = np.cos(np.pi / 2 * np.arange(samples) / samples) ** 2
        octaves = np.log2(_HIGHEST_HZ / _LOWEST_HZ)
        borders_hz = _LOWEST_HZ * 2 ** (np.arange(int(octaves * bins_per_octave) + 1) / bins_per_octave)
        lines = np.searchsorted(np.fft.rfftfreq(fft_size, 1 / LONG_RATE_HZ), borders_hz)
        # Deep bins that hold no line of their own are left out.
        return cls((fade / np.sqrt(np.sum(fade**2))).astype(np.float32), fft_size, np.unique(lines))

    def spectra(self, sounds: Float32) -> Float32:
        """Return log power, shape (m, bins), of sounds, (m, samples), that begin at the cut."""
        from scipy.fft import rfft  # As in `mel`.

        reach = min(len(self.taper), sounds.shape[1])
        lines = rfft(sounds[:, :reach] * self.taper[:reach], self.fft_size)[:, : self.edges[-1]]
        power = lines.real**2 + lines.imag**2
        return np.log(np.maximum.reduceat(power, self.edges[:-1], axis=1) + np.float32(_POWER_FLOOR))


_WINDOWS = (_Window.of(4_520, 8_192, 12), _Window.of(14_333, 16_384, 24))
_REACH = max(len(window.taper) for window in _WINDOWS)

LONG_BINS = sum(len(window.edges) - 1 for window in _WINDOWS)
"""Bins of both windows together."""

PITCH_CLASSES = 12
_A4_HZ, _LOWEST_TONE_HZ = 440.0, 110.0
_SEMITONES = np.round(PITCH_CLASSES * np.log2(_WINDOWS[-1].centres_hz / _A4_HZ)).astype(np.int64)
_BIN_CLASSES = np.where(_WINDOWS[-1].centres_hz < _LOWEST_TONE_HZ, -1, _SEMITONES % PITCH_CLASSES)
"""The pitch class of each bin of the longer window, from A; -1 below, where bins are wider than a tone."""


def long_spectra(chunk: Samples, sample_rate_hz: int) -> tuple[Float16, Float16]:
    """Measure both sides of a chunk from its own samples alone.

    A chunk shorter than a window ends in silence.

    Args:
        chunk: int16 or float32 in [-1, 1], shape (n, channels), n > 0.
        sample_rate_hz: rate of the chunk.

    Returns:
        tail and head, natural logarithm of power, each float16, shape (LONG_BINS,).
    """
    reach = int(np.ceil(_REACH * sample_rate_hz / LONG_RATE_HZ)) + sample_rate_hz // 10
    head = _resampled(to_mono(chunk[:reach]), sample_rate_hz)
    tail = _resampled(to_mono(chunk[-reach:]), sample_rate_hz)
    both = np.zeros((2, _REACH), np.float32)
    both[0, : len(tail)] = tail[::-1][:_REACH]
    both[1, : len(head)] = head[:_REACH]
    measured = _measure(both)
    return measured[0], measured[1]


def song_long_spectra(blocks: Samples | Iterable[Samples], sample_rate_hz: int) -> tuple[Float16, Float16]:
    """Measure a whole song at every `LONG_STEP_HOPS`th hop of the mel grid, in both directions.

    Row i is what `long_spectra` gives of the sound before and after hop i * LONG_STEP_HOPS, to what the
    resampler's filter carries over the cut: under a millisecond.

    Args:
        blocks: the song, (n, channels), or its blocks in order; memory is that of a few blocks.
        sample_rate_hz: rate of the song.

    Returns:
        tails and heads, each float16, shape (places, LONG_BINS).
    """
    step = LONG_STEP_HOPS * analysis_at(sample_rate_hz).hop * LONG_RATE_HZ / sample_rate_hz
    tails, heads = [np.zeros((0, LONG_BINS), np.float16)], [np.zeros((0, LONG_BINS), np.float16)]
    sound = np.zeros(_REACH, np.float32)  # What lies before the song is silence.
    first, place = -_REACH, 0
    for block, is_last in _mono_blocks(blocks, sample_rate_hz):
        sound = np.concatenate([sound, block, np.zeros(_REACH if is_last else 0, np.float32)])
        ready = int((first + len(sound) - _REACH) / step) + 1
        if ready > place:
            at = np.round(np.arange(place, ready) * step).astype(np.int64) - first
            at = at[at + _REACH <= len(sound)]
            windows = sliding_window_view(sound, _REACH)
            tails.append(_measure(windows[at - _REACH][:, ::-1]))
            heads.append(_measure(windows[at]))
            place += len(at)
        keep_from = max(0, round(place * step) - _REACH - first)
        sound, first = sound[keep_from:], first + keep_from
    return np.concatenate(tails), np.concatenate(heads)


def pitch_class_levels(spectra: NDArray[Any]) -> Float32:
    """Tell which of the twelve tones of the octave stand out in long spectra: their key, roughly.

    Args:
        spectra: as `long_spectra` gives them, shape (n, LONG_BINS).

    Returns:
        float32, shape (n, PITCH_CLASSES), from A on: the mean log power of a tone in all its octaves of the
        longer window, less the mean of all twelve.
    """
    own = spectra[:, -len(_BIN_CLASSES) :].astype(np.float32)
    members = (_BIN_CLASSES[:, None] == np.arange(PITCH_CLASSES)).astype(np.float32)
    levels = own @ (members / np.maximum(members.sum(axis=0), 1))
    centred: Float32 = levels - levels.mean(axis=1, keepdims=True)
    return centred


def _measure(sounds: Float32) -> Float16:
    """Return the spectra of sounds that begin at their cuts, (m, _REACH): float16, shape (m, LONG_BINS)."""
    parts = [
        np.concatenate([window.spectra(sounds[at : at + _WINDOWS_AT_ONCE]) for window in _WINDOWS], axis=1)
        for at in range(0, len(sounds), _WINDOWS_AT_ONCE)
    ]
    return np.concatenate(parts).astype(np.float16) if parts else np.zeros((0, LONG_BINS), np.float16)


def _resampled(sound: Float32, sample_rate_hz: int) -> Float32:
    import soxr  # The gateway knows the approaches, and with them this module, but never resamples.

    resampled: Float32 = soxr.resample(sound, sample_rate_hz, LONG_RATE_HZ)
    return resampled


def _mono_blocks(blocks: Samples | Iterable[Samples], sample_rate_hz: int) -> Iterator[tuple[Float32, bool]]:
    """Yield the mean of the channels at LONG_RATE_HZ, block by block, and whether a block is the last."""
    import soxr

    resampler = soxr.ResampleStream(sample_rate_hz, LONG_RATE_HZ, 1, dtype="float32")
    for block in [blocks] if isinstance(blocks, np.ndarray) else blocks:
        yield resampler.resample_chunk(to_mono(block)), False
    yield resampler.resample_chunk(np.zeros(0, np.float32), last=True), True
