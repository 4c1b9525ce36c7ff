"""Log-mel frames at the cut, as small networks see a chunk: whitened over the training songs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shared.learning.corpus import Floats
from shared.sound.features import BANDS, Edges, mix_channels
from shared.store.arrays import Arrays

_RIDGE = 1.0
_LEAST_DEVIATION = 1e-2


def band_whitening(edges: Edges, frames: int, *, channel: int) -> Arrays:
    """Learn to whiten frames: neighbouring bands say much the same, and would count for it again and again.

    Args:
        edges: chunks of the training songs.
        frames: of each head, from the cut on.
        channel: which channel to learn from.

    Returns:
        `band_mean`, float32, shape (BANDS,), and `band_mixing`, shape (BANDS, BANDS), for `whitened`.
    """
    seen = edges.heads[:, channel, :frames].reshape(-1, BANDS).astype(np.float64)
    mean, deviation = seen.mean(axis=0), np.maximum(seen.std(axis=0), _LEAST_DEVIATION)
    standard = (seen - mean) / deviation
    variances, directions = np.linalg.eigh(standard.T @ standard / len(standard))
    # Without a ridge, directions that hardly vary would be noise as loud as all others.
    mixing = directions / np.sqrt(variances + _RIDGE) / deviation[:, None]
    return {"band_mean": mean.astype(np.float32), "band_mixing": mixing.astype(np.float32)}


def whitened(frames: NDArray[np.float16], constants: Arrays) -> Floats:
    """Return frames whitened: float32, of the same shape, (..., BANDS)."""
    centred: Floats = frames.astype(np.float32) - constants["band_mean"]
    return centred @ constants["band_mixing"]


def frame_edges(
    edges: Edges, frames: int, constants: Arrays, *, channel: int | None
) -> tuple[Floats, Floats]:
    """Return the whitened frames on both sides of the cuts, in the order in which they sound.

    Args:
        edges: n chunks.
        frames: on each side.
        constants: what `band_whitening` returned.
        channel: which channel to see; None: the mix of both.

    Returns:
        Tails and heads: float32, shape (n, frames, BANDS) each.
    """
    sides = (edges.tails[:, :, :frames], edges.heads[:, :, :frames])
    tails, heads = (mix_channels(side) if channel is None else side[:, channel] for side in sides)
    return whitened(tails, constants)[:, ::-1], whitened(heads, constants)
