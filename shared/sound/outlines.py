"""Outlines: the course of a whole chunk, coarsely, so that what is played once can be found elsewhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shared.sound.mel import BANDS

Float16 = NDArray[np.float16]

OUTLINE_HOPS = 4
"""Hops of the mel grid in one step of an outline: 46 ms."""


def outline_of(frames: Float16) -> Float16:
    """Average log-mel frames of one passage, channels mixed, over steps.

    Args:
        frames: float16, shape (..., hops, BANDS), on the hop grid.

    Returns:
        float16, shape (..., hops // OUTLINE_HOPS, BANDS); what is left over at the end is dropped.
    """
    steps = frames.shape[-2] // OUTLINE_HOPS
    whole = frames[..., : steps * OUTLINE_HOPS, :]
    parted = whole.reshape(*frames.shape[:-2], steps, OUTLINE_HOPS, BANDS)
    averaged: Float16 = parted.mean(axis=-2, dtype=np.float32).astype(np.float16)
    return averaged
