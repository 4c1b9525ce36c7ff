"""Sections of a song: where what sounds becomes something new.

Novelty after Foote 2000, "Automatic audio segmentation using a measure of audio novelty": a checkerboard
kernel slid along the diagonal of the self-similarity matrix. With inner products as similarity and a kernel
whose taper is a product, that sum is the squared distance of the tapered means before and after each instant,
so the matrix is never made.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d
from scipy.signal import find_peaks

from services.chunker.listening import CHROMA_S, Heard
from shared.sound.samples import Float32

__all__ = ["find_sections"]

Doubles = NDArray[np.float64]

STEP_HOPS = 11
STEP_S = STEP_HOPS * CHROMA_S
"""Music is compared in steps of half a second."""

KERNEL_S = 8.0
"""What comes before and after is looked at so far, tapered."""

LEAST_S = 6.0
"""Sections are at least so long."""

HARMONY_SHARE = 0.5
PROMINENCE = 0.3
"""A boundary stands out of the novelty around it by so many of its standard deviations."""

SNAPPED_S = 2.5
"""A boundary is moved to a bar no farther away than this."""


def find_sections(heard: Heard, bars_s: Doubles | None = None) -> Doubles:
    """Find where sections begin.

    Args:
        heard: what was measured of the song.
        bars_s: where its bars begin, rising, or None.

    Returns:
        Rising seconds, float64, shape (k,), the first 0: sections' beginnings.
    """
    novelty = _novelty(_features(heard))
    spread = novelty.std()
    if spread <= 0:
        return np.zeros(1)
    peaks, _ = find_peaks(novelty, distance=max(1, round(LEAST_S / STEP_S)), prominence=PROMINENCE * spread)
    found_s = peaks * STEP_S
    if bars_s is not None and len(bars_s):
        nearest = bars_s[np.abs(bars_s[None, :] - found_s[:, None]).argmin(axis=1)]
        found_s = np.where(np.abs(nearest - found_s) <= SNAPPED_S, nearest, found_s)
    inside = (found_s >= LEAST_S) & (found_s <= heard.duration_s - LEAST_S)
    return np.concatenate([[0.0], np.unique(found_s[inside])])


def _features(heard: Heard) -> Doubles:
    """Return what is compared, step by step: shape (steps, 12 + bands), each half of equal weight."""
    steps = len(heard.chroma) // STEP_HOPS
    parts = [_stepwise(each, steps) for each in (heard.chroma, heard.timbre)]
    scaled = []
    for part, share in zip(parts, (HARMONY_SHARE, 1 - HARMONY_SHARE), strict=True):
        centred = part - part.mean(axis=0) if steps else part
        size = np.sqrt(np.square(centred).sum(axis=1).mean()) if steps else 0.0
        scaled.append(np.sqrt(share) * centred / size if size > 0 else centred)
    return np.concatenate(scaled, axis=1)


def _stepwise(features: Float32, steps: int) -> Doubles:
    whole = features[: steps * STEP_HOPS].astype(np.float64)
    return whole.reshape(steps, STEP_HOPS, features.shape[1]).mean(axis=1)


def _novelty(features: Doubles) -> Doubles:
    """Return the squared distance of what comes before and after each step's beginning: shape (steps,)."""
    reach = round(KERNEL_S / STEP_S)
    if len(features) < 2:
        return np.zeros(len(features))
    taper = np.exp(-0.5 * np.square((np.arange(reach) + 0.5) / (reach / 2)))
    taper /= taper.sum()
    kernel = np.concatenate([-taper[::-1], taper])
    difference = correlate1d(features, kernel, axis=0, mode="nearest")
    return np.square(difference).sum(axis=1)
