"""Log-mel edges as a vector of statistics at several distances from the cut.

Means over growing stretches from the cut and over stretches further away, and standard deviations over
a short and a long one: the features of `linear`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.learning.corpus import Floats

_MEANS = ((0, 1), (0, 3), (0, 8), (0, 16), (0, 32), (0, 64), (0, 128), (16, 32), (32, 64), (64, 128))
_DEVIATIONS = ((0, 16), (0, 128))
STATISTICS = len(_MEANS) + len(_DEVIATIONS)
"""Statistics per band."""

_BLOCK = 256


def edge_statistics(spectra: NDArray[Any]) -> Floats:
    """Return the statistics of edges: float32, shape (n, STATISTICS * bands).

    Args:
        spectra: log-mel power, shape (n, frames, bands), index 0 at the cut, at least 128 frames.
    """
    blocks = [
        _of_block(spectra[start : start + _BLOCK].astype(np.float32))
        for start in range(0, len(spectra), _BLOCK)
    ]
    return np.concatenate(blocks) if blocks else np.empty((0, STATISTICS * spectra.shape[2]), np.float32)


def _of_block(spectra: Floats) -> Floats:
    means = [spectra[:, first:end].mean(axis=1) for first, end in _MEANS]
    deviations = [spectra[:, first:end].std(axis=1) for first, end in _DEVIATIONS]
    return np.concatenate([*means, *deviations], axis=1)
