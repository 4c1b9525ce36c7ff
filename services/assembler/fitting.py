"""How unlike chunks sound where they would meet: a step of level or of timbre that no fade hides.

A model judges whether music could go on so; this, whether it sounds like the same recording. It holds chunks
back and forbids none, for the best step may be a bold one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from shared.learning.corpus import Floats, Indices
from shared.sound.edges import Edges
from shared.sound.features import mix_channels

__all__ = ["Fit", "edge_spectra"]

Doubles = NDArray[np.float64]

MET = np.log(2.0)
"""Power, as a natural logarithm, by which the coming sound is brought to the level of the other: 3 dB."""

LEVEL_WEIGHT = 0.3
"""What a step of power by a factor of e counts beside one of all bands against each other."""

_SAMPLED, _UNLIKE_PERCENTILE = 5000, 90.0
_ROWS = 512


@dataclass(frozen=True)
class Fit:
    """The ends and beginnings of n chunks, as spectra without their level, and as levels.

    Attributes:
        ends, begins: float32, shape (n, bands): natural logarithms of power, their mean taken off.
        end_levels, begin_levels: float32, shape (n,): of all bands together.
        unlike: what counts as unlike as any two: the 90th percentile of chunks drawn at random.
    """

    ends: Floats
    begins: Floats
    end_levels: Floats
    begin_levels: Floats
    unlike: float

    @classmethod
    def of(cls, ends: Floats, begins: Floats) -> Self:
        """Prepare spectra, float32, shape (n, bands), as `edge_spectra` gives them."""
        shapes = [spectra - spectra.mean(axis=1, keepdims=True) for spectra in (ends, begins)]
        levels = [np.log(np.exp(spectra.astype(np.float64)).sum(axis=1)) for spectra in (ends, begins)]
        end_levels, begin_levels = (level.astype(np.float32) for level in levels)
        fit = cls(shapes[0], shapes[1], end_levels, begin_levels, unlike=1.0)
        drawn = np.random.default_rng(0).integers(0, len(ends), (2, _SAMPLED))
        unlike = float(np.percentile(fit._distances(*drawn), _UNLIKE_PERCENTILE))
        return replace(fit, unlike=max(unlike, 1e-6))

    def strays(self, last: int, among: Indices) -> Doubles:
        """Return how unlike chunks begin to how one ends: float64, shape (m,), from 0 to 1."""
        return np.clip(self._distances(np.array([last]), among) / self.unlike, 0, 1)

    def _distances(self, before: Indices, after: Indices) -> Doubles:
        shape = np.sqrt(np.mean(np.square(self.ends[before] - self.begins[after], dtype=np.float64), axis=1))
        step = np.abs(self.end_levels[before] - self.begin_levels[after])
        return np.asarray(shape + LEVEL_WEIGHT * np.maximum(step - MET, 0), np.float64)


def edge_spectra(edges: Edges) -> tuple[Floats, Floats]:
    """Return the mean log-mel spectra of the ends and of the beginnings of n chunks: float32, (n, bands)."""
    found = []
    for spectra in (edges.tails, edges.heads):
        rows = [
            mix_channels(spectra[at : at + _ROWS]).astype(np.float32).mean(axis=1)
            for at in range(0, len(spectra), _ROWS)
        ]
        found.append(np.concatenate([np.zeros((0, spectra.shape[-1]), np.float32), *rows]))
    return found[0], found[1]
