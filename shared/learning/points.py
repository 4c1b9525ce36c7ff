"""Raw points at the cut, as the study's networks see a chunk: 1,260 Hz, both channels, normalised."""

from __future__ import annotations

from typing import Literal

import numpy as np

from shared.learning.corpus import Floats, Indices
from shared.sound.features import Edges

Normalisation = Literal["chunk_peak", "chunk_l2", "song", "none"]

_SILENCE = 1e-6


def trimmed_points(
    edges: Edges, edge_size: int, normalise: Normalisation, *, channel: int, songs: Indices | None = None
) -> tuple[Floats, Floats]:
    """Return the points on both sides of the cuts, in the order in which they sound.

    Normalisation looks at the whole chunk, or song, before it is trimmed. A chunk shorter than the edge
    is laid at the cut and filled up with zeros.

    Args:
        edges: n chunks.
        edge_size: points on each side.
        normalise: `chunk_peak` to [-1, 1], `chunk_l2` to unit energy, `song` to the peak of the song.
        channel: which channel to see.
        songs: int64, shape (n,), rising: the song of each chunk; None: they are all of one song.

    Returns:
        Tails and heads: float32, shape (n, edge_size, 1) each.
    """
    points = np.append(normalised_points(edges, normalise, channel=channel, songs=songs), np.float32(0))
    starts, ends = edges.offsets[:-1, None], edges.offsets[1:, None]
    filling = len(points) - 1
    span = np.arange(edge_size, dtype=np.int64)
    tails, heads = ends - edge_size + span, starts + span
    return (
        points[np.where(tails < starts, filling, tails)][:, :, None],
        points[np.where(heads >= ends, filling, heads)][:, :, None],
    )


def squeezed_points(
    edges: Edges, size: int, normalise: Normalisation, *, channel: int, songs: Indices | None = None
) -> Floats:
    """Return every whole chunk squeezed to so many points: the means of that many equal stretches of it.

    Means keep what is too fast for the new rate from folding back; a chunk of fewer points is stretched
    to steps.

    Args:
        edges: n chunks; one without points is squeezed to zeros.
        size: points of a squeezed chunk.
        normalise: as in `trimmed_points`.
        channel: which channel to see.
        songs: int64, shape (n,), rising: the song of each chunk; None: they are all of one song.

    Returns:
        float32, shape (n, size, 1).
    """
    points = normalised_points(edges, normalise, channel=channel, songs=songs)
    # The mean over any stretch, whole points or not, is a difference of the running sum.
    running = np.concatenate([np.zeros(1), np.cumsum(points, dtype=np.float64)])
    counts = edges.points_per_chunk[:, None]
    borders = edges.offsets[:-1, None] + counts / size * np.arange(size + 1)
    sums = np.diff(np.interp(borders, np.arange(len(running)), running), axis=1)
    return (sums / (np.maximum(counts, 1) / size)).astype(np.float32)[:, :, None]


def normalised_points(
    edges: Edges, normalise: Normalisation, *, channel: int, songs: Indices | None = None
) -> Floats:
    """Return all points of one channel, chunk after chunk, normalised: float32, shape (total,)."""
    gain = _gain(edges, normalise, channel, songs)
    return edges.points[:, channel] * np.repeat(gain, edges.points_per_chunk)


def _gain(edges: Edges, normalise: Normalisation, channel: int, songs: Indices | None) -> Floats:
    """Return the factor of each chunk, float32, shape (n,)."""
    if normalise == "none":
        return np.ones(len(edges), dtype=np.float32)
    # A zero after the last point lets an empty chunk at the end be reduced like any other.
    points = np.append(edges.points[:, channel].astype(np.float64), 0.0)
    starts = edges.offsets[:-1]
    if normalise == "chunk_l2":
        size = np.sqrt(np.add.reduceat(np.square(points), starts))
    else:
        size = np.maximum.reduceat(np.abs(points), starts)
        if normalise == "song":
            size = _peak_by_song(size, np.zeros(len(edges), dtype=np.int64) if songs is None else songs)
    return (1 / np.maximum(size, _SILENCE)).astype(np.float32)


def _peak_by_song(peaks: np.ndarray[tuple[int], np.dtype[np.float64]], songs: Indices) -> Floats:
    highest = np.zeros(int(songs.max()) + 1)
    np.maximum.at(highest, songs, peaks)
    return highest[songs].astype(np.float32)
