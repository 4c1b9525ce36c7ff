"""Chunks with gaps left out: what is judged must not be told by what lies right beside the cut.

Of every chunk a gap is left out on both sides, and its edges are measured from what is left alone: the
trimmed samples, before any filter. So no figure here knows a sample of a neighbour, nor one of the gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import soxr
from numpy.typing import NDArray

from shared.sound.edges import Edges
from shared.sound.features import WINDOW_HOPS, edges_of, hop_samples
from shared.sound.openings import OPENING_RATE_HZ, OPENING_SAMPLES
from shared.sound.samples import Int16, to_int16, to_mono


def gapped_edges(
    chunks: Iterable[Int16], sample_rate_hz: int, *, gap_s: float
) -> tuple[Edges, NDArray[np.bool_]]:
    """Measure the edges of chunks of one rate, a gap left out on both sides; one chunk is held at a time.

    Args:
        chunks: int16, each of shape (samples, channels), in order.
        sample_rate_hz: rate of the chunks.
        gap_s: left out on each side.

    Returns:
        The edges of all n chunks, and which of them are long enough, bool, shape (n,): those of which a
        window of the analysis is left. The edges of the others are those of silence.
    """
    gap, least = round(gap_s * sample_rate_hz), WINDOW_HOPS * hop_samples(sample_rate_hz)
    long_enough: list[bool] = []

    def trimmed() -> Iterator[Int16]:
        for chunk in chunks:
            left = chunk[gap : max(gap, len(chunk) - gap)]
            long_enough.append(len(left) >= least)
            yield left if long_enough[-1] else np.zeros((1, chunk.shape[1]), np.int16)

    return edges_of(trimmed(), sample_rate_hz), np.array(long_enough, dtype=np.bool_)


def openings(chunks: Iterable[Int16], sample_rate_hz: int) -> Int16:
    """Return how each chunk begins, mono: what tells whether two chunks are the same sound.

    Args:
        chunks: int16, each of shape (samples, channels), in order, nothing left out.
        sample_rate_hz: rate of the chunks.

    Returns:
        int16, shape (n, OPENING_SAMPLES), at OPENING_RATE_HZ; a shorter chunk is filled up with zeros.
    """
    found = [_opening(chunk, sample_rate_hz) for chunk in chunks]
    return np.stack(found) if found else np.zeros((0, OPENING_SAMPLES), np.int16)


def _opening(chunk: Int16, sample_rate_hz: int) -> Int16:
    first = chunk[: round(sample_rate_hz * OPENING_SAMPLES / OPENING_RATE_HZ)]
    mono = to_mono(first)[:, None]
    resampled = to_int16(soxr.resample(mono, sample_rate_hz, OPENING_RATE_HZ))[:OPENING_SAMPLES, 0]
    return np.pad(resampled, (0, OPENING_SAMPLES - len(resampled)))
