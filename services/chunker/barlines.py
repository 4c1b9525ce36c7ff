"""Where a song is cut on beats: every few bars, right before the attack. Pure, like `cutting`."""

from __future__ import annotations

import numpy as np

from services.chunker.cutting import Boundaries, merge_short
from shared.sound.rhythm import Rhythm

__all__ = ["bar_boundaries"]

EARLY_S = 0.008
"""A cut lies this long before the beat, so that the attack is whole."""

BEATS_PER_BAR = 4
"""Beats that are taken for a bar where bars were not found."""


def bar_boundaries(
    rhythm: Rhythm, n_samples: int, *, sample_rate_hz: int, bars: int, min_chunk_ms: int
) -> Boundaries:
    """Find where a song is cut into chunks of so many bars.

    Args:
        rhythm: of the song; it has beats.
        n_samples: length of the song.
        sample_rate_hz: of the song.
        bars: in a chunk.
        min_chunk_ms: shorter chunks join a neighbour.

    Returns:
        int64, shape (cuts,), rising: positions in samples, 0 and n left out.
    """
    lines_s = rhythm.beats_s[rhythm.downbeats] if rhythm.downbeats.any() else rhythm.beats_s[::BEATS_PER_BAR]
    found = np.round((lines_s[::bars] - EARLY_S) * sample_rate_hz).astype(np.int64)
    inside = found[(found > 0) & (found < n_samples)]
    return merge_short(inside, n_samples, sample_rate_hz=sample_rate_hz, min_chunk_ms=min_chunk_ms)
