"""Samples as arrays: int16 as stored, float32 in [-1, 1] as computed with; always (n, channels)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Int16 = NDArray[np.int16]
Float32 = NDArray[np.float32]
Samples = NDArray[np.int16] | NDArray[np.float32]
"""Shape (n, channels): int16, or float32 in [-1, 1]."""

FULL_SCALE = 32768.0
"""What 1.0 is in 16 bits."""

BLOCK_FRAMES = 65_536
"""Sound is streamed in blocks of this many frames: 1.5 s at 44.1 kHz."""


def to_int16(samples: NDArray[Any]) -> Int16:
    """Convert float samples to 16 bits, rounded and clipped; int16 is returned as it is.

    The inverse of `to_float32`, bit for bit. What is not a number becomes 0.
    """
    if samples.dtype == np.int16:
        return samples
    scaled = samples * np.float32(FULL_SCALE)
    np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1, out=scaled)
    np.rint(scaled, out=scaled)
    scaled[np.isnan(scaled)] = 0
    return scaled.astype(np.int16)


def to_float32(samples: Samples) -> Float32:
    """Convert 16-bit samples to float32 in [-1, 1); float32 is returned as it is."""
    if samples.dtype == np.int16:
        return samples * np.float32(1 / FULL_SCALE)
    return samples.astype(np.float32, copy=False)


def to_mono(samples: Samples) -> Float32:
    """Return the mean of the channels: float32 in [-1, 1], shape (n,)."""
    # Column by column: NumPy's mean over an axis of two takes ten times as long.
    total = to_float32(samples[:, 0])
    for channel in range(1, samples.shape[1]):
        total = total + to_float32(samples[:, channel])
    return total / np.float32(samples.shape[1])
