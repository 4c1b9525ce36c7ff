"""Edges: what a network sees of a chunk. The one function for cutting, fitting and scoring.

A chunk has two edges, its tail (before a cut) and its head (after one), each as log-mel spectra, and its
points, the study's own features. All are made from the chunk's own samples alone, at its own rate, so that
no filter carries a neighbour across the cut; the same sound has the same figures at every rate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from shared.sound.edges import CHANNELS, EDGE_FRAMES, POINTS_RATE_HZ, Edges, Float16
from shared.sound.long_spectra import LONG_BINS, LONG_STEP_HOPS, long_spectra, song_long_spectra
from shared.sound.mel import BANDS, WINDOW_HOPS, Analysis, analysis_at
from shared.sound.outlines import OUTLINE_HOPS, outline_of
from shared.sound.samples import BLOCK_FRAMES, Float32, Samples, to_float32

__all__ = [
    "BANDS",
    "EDGE_FRAMES",
    "LONG_BINS",
    "LONG_STEP_HOPS",
    "OUTLINE_HOPS",
    "POINTS_RATE_HZ",
    "WINDOW_HOPS",
    "Edges",
    "edge_spectra",
    "edges_of",
    "hop_samples",
    "long_spectra",
    "mix_channels",
    "outline_of",
    "points",
    "song_frames",
    "song_long_spectra",
]


_MIXED_AT_ONCE = 16
"""Edges whose channels are mixed at a time: they stay in a core's cache."""


def hop_samples(sample_rate_hz: int) -> int:
    """Return the hop between frames at a rate, in samples: 11.6 ms, 512 at 44.1 kHz."""
    return analysis_at(sample_rate_hz).hop


def edge_spectra(chunk: Samples, sample_rate_hz: int) -> tuple[Float16, Float16]:
    """Measure both edges of a chunk of n samples.

    Frame k of the head covers [k * hop, k * hop + window); frame k of the tail, which is read backwards,
    [n - window - k * hop, n - k * hop): index 0 is at the cut. A chunk with fewer frames than an edge
    repeats its last one, one shorter than a window is filled up with silence away from the cut, and mono
    repeats its channel.

    Args:
        chunk: int16 or float32 in [-1, 1], shape (n, channels), n > 0.
        sample_rate_hz: rate of the chunk.

    Returns:
        tail and head, log-mel, natural logarithm, each float16, shape (2, EDGE_FRAMES, BANDS).
    """
    analysis = analysis_at(sample_rate_hz)
    longest = analysis.samples_of(EDGE_FRAMES)
    # Backwards in time and forwards again inside each window: a spectrum's power is the same either way.
    return _first_frames(chunk[::-1][:longest], analysis), _first_frames(chunk[:longest], analysis)


def _first_frames(samples: Samples, analysis: Analysis) -> Float16:
    channels = _by_channel(samples)
    missing = max(0, analysis.window - len(samples))
    filled = np.pad(channels, ((0, 0), (0, missing))) if missing else channels
    return _as_edge(analysis.mel_power(_windows(filled, analysis)))


def _as_edge(power: Float32) -> Float16:
    """Return an edge of the power of its frames from the cut on, (channels, at most EDGE_FRAMES, BANDS)."""
    frames = np.log(power)
    padded = np.pad(frames, ((0, 0), (0, EDGE_FRAMES - frames.shape[1]), (0, 0)), mode="edge")
    return np.broadcast_to(padded, (CHANNELS, EDGE_FRAMES, BANDS)).astype(np.float16)


def _by_channel(samples: Samples) -> Float32:
    """Lay out samples, (n, channels), one channel after the other: windows of such are read far faster."""
    return np.ascontiguousarray(to_float32(samples).T)


def _windows(channels: Float32, analysis: Analysis) -> Float32:
    """View samples, (channels, n), as overlapping windows: (channels, frames, window)."""
    return sliding_window_view(channels, analysis.window, axis=1)[:, :: analysis.hop]


def _powers(blocks: Samples | Iterable[Samples], analysis: Analysis) -> Iterator[Float32]:
    """Yield the power of a song's frames, whole windows only: (channels, some frames, BANDS) each."""
    rest: Float32 | None = None
    for block in _bounded(blocks):
        channels = _by_channel(block)
        channels = channels if rest is None else np.concatenate([rest, channels], axis=1)
        frames = max(0, (channels.shape[1] - analysis.window) // analysis.hop + 1)
        if frames:
            yield analysis.mel_power(_windows(channels, analysis))
        rest = channels[:, frames * analysis.hop :]


def song_frames(blocks: Samples | Iterable[Samples], sample_rate_hz: int) -> Float16:
    """Measure a whole song on the hop grid, its channels mixed by energy.

    Frame i covers [i * hop, i * hop + window), whole windows only, and window is 4 * hop. So at a cut at
    sample j * hop the head's frames are `frames[j : j + EDGE_FRAMES]`, and the tail's, from the cut
    backwards, `frames[j - 4 - k]` for k = 0, 1, ...: `mix_channels` of what `edge_spectra` gives.

    Args:
        blocks: the song, (n, channels), or its blocks in order; memory is that of a block and the result.
        sample_rate_hz: rate of the song.

    Returns:
        float16, shape (frames, BANDS); no frame where the song is shorter than a window.
    """
    powers = _powers(blocks, analysis_at(sample_rate_hz))
    return np.concatenate([np.zeros((0, BANDS), np.float16), *map(_mixed_frames, powers)])


def _mixed_frames(power: Float32) -> Float16:
    return np.log(power.mean(axis=0)).astype(np.float16)


def _bounded(blocks: Samples | Iterable[Samples]) -> Iterator[Samples]:
    for block in [blocks] if isinstance(blocks, np.ndarray) else blocks:
        for start in range(0, len(block), BLOCK_FRAMES):
            yield block[start : start + BLOCK_FRAMES]


def mix_channels(spectra: NDArray[Any]) -> NDArray[Any]:
    """Mix the two channels of log spectra by energy: log((e^a + e^b) / 2).

    Args:
        spectra: shape (..., 2, frames, BANDS).

    Returns:
        The same type, shape (..., frames, BANDS).
    """
    mixed = np.empty((*spectra.shape[:-3], *spectra.shape[-2:]), spectra.dtype)
    flat, flat_mixed = spectra.reshape(-1, *spectra.shape[-3:]), mixed.reshape(-1, *spectra.shape[-2:])
    for at in range(0, len(flat), _MIXED_AT_ONCE):
        block = flat[at : at + _MIXED_AT_ONCE].astype(np.float32)
        left, right = block[:, 0], block[:, 1]
        # From the louder one and the difference: `logaddexp` takes one number at a time, three times as long.
        quieter_by = np.abs(left - right)
        louder = np.log1p(np.exp(-quieter_by)) + np.maximum(left, right) - np.float32(np.log(2))
        flat_mixed[at : at + _MIXED_AT_ONCE] = louder
    return mixed


def points(chunk: Samples, sample_rate_hz: int) -> Float32:
    """Resample a chunk to 1,260 Hz, a reduction of 35 at 44.1 kHz: the study's data points, not normalised.

    Args:
        chunk: int16 or float32 in [-1, 1], shape (n, channels).
        sample_rate_hz: rate of the chunk.

    Returns:
        float32, shape (round(n * 1260 / rate), 2); mono repeats its channel.
    """
    import soxr  # The gateway knows the approaches, and with them this module, but never resamples.

    count = round(len(chunk) * POINTS_RATE_HZ / sample_rate_hz)
    resampled = soxr.resample(to_float32(chunk), sample_rate_hz, POINTS_RATE_HZ)[:count]
    # The resampler's own rounding may leave out a last point: it holds the one before.
    missing = count - len(resampled)
    if missing:
        resampled = np.pad(resampled, ((0, missing), (0, 0)), mode="edge" if len(resampled) else "constant")
    return np.ascontiguousarray(np.broadcast_to(resampled, (count, CHANNELS)), dtype=np.float32)


def edges_of(chunks: Iterable[Samples], sample_rate_hz: int) -> Edges:
    """Measure the edges and points of chunks of one rate, in order; one chunk is held at a time."""
    return Edges.laid_out(_edges_of_one(chunk, sample_rate_hz) for chunk in chunks)


def _edges_of_one(chunk: Samples, sample_rate_hz: int) -> Edges:
    tail, head, outline = _spectra_of_one(chunk, analysis_at(sample_rate_hz))
    long_tail, long_head = long_spectra(chunk, sample_rate_hz)
    return Edges.of_one(tail, head, points(chunk, sample_rate_hz), long_tail, long_head, outline)


def _spectra_of_one(chunk: Samples, analysis: Analysis) -> tuple[Float16, Float16, Float16]:
    """Return tail, head and outline of a chunk; its head is the beginning of what its outline is made of."""
    longest = analysis.samples_of(EDGE_FRAMES)
    tail = _first_frames(chunk[::-1][:longest], analysis)
    begun = np.zeros((chunk.shape[1], 0, BANDS), np.float32)
    frames = [np.zeros((0, BANDS), np.float16)]
    for power in _powers(chunk, analysis):
        begun = np.concatenate([begun, power[:, : EDGE_FRAMES - begun.shape[1]]], axis=1)
        frames.append(_mixed_frames(power))
    head = _as_edge(begun) if begun.shape[1] else _first_frames(chunk, analysis)
    return tail, head, outline_of(np.concatenate(frames))
