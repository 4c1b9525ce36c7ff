"""How much likelier a head is after a tail than anywhere: canonical correlations, in closed form.

Both sides are whitened, and the singular value decomposition of their cross-covariance gives pairs of
directions with correlations s. Were the features Gaussian, the log-likelihood ratio of "B follows A" to "B is
any chunk" would be, with a and b the coordinates of A's tail and B's head along a pair (Bach and Jordan 2005,
"A probabilistic interpretation of canonical correlation analysis"; the ratio is that of a bivariate normal to
its margins),

    sum over pairs of   a b s / (1 - s²)  -  (a² + b²) / 2 · s² / (1 - s²)

less a constant: a bilinear form, so one matrix product scores a whole pool. Music has heavier tails than
that: `student_ratios` is the same with Student's t for every direction, at the price of a sum per pair.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.learning.corpus import Floats, Indices
from shared.store.arrays import Arrays

_Doubles = NDArray[np.float64]

_LEAST_DEVIATION = 1e-3
_HIGHEST_CORRELATION = 0.999
_FREEDOM = 5.0
"""Degrees of freedom of Student's t: of 2, 5 and the Gaussian, 5 ranked best."""

_PAIRS_AT_ONCE = 8192


@dataclass(frozen=True, eq=False)
class Likelihood:
    """A solution: standardisation, directions and their correlations, all float32.

    Attributes:
        mean: shape (features,).
        tail_directions: shape (features, pairs), with the standardisation's scale in them.
        head_directions: the same shape.
        correlations: shape (pairs,), falling, in [0, 1).
    """

    mean: Floats
    tail_directions: Floats
    head_directions: Floats
    correlations: Floats

    @classmethod
    def of_cuts(cls, tails: _Doubles, heads: _Doubles, *, ridge: float, pairs: int) -> Likelihood:
        """Solve for both sides of m cuts.

        Args:
            tails: float64, shape (m, features).
            heads: float64, shape (m, features).
            ridge: added to every standardised variance.
            pairs: kept at most.
        """
        mean = (tails.mean(axis=0) + heads.mean(axis=0)) / 2
        deviation = np.sqrt((tails.var(axis=0) + heads.var(axis=0)) / 2)
        scale = 1 / np.maximum(deviation, _LEAST_DEVIATION)
        left, right, correlations = canonical_directions(
            (tails - mean) * scale, (heads - mean) * scale, ridge=ridge, pairs=pairs
        )
        found = (mean, scale[:, None] * left, scale[:, None] * right, correlations)
        return cls(*(array.astype(np.float32) for array in found))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.float32]], prefix: str = "") -> Likelihood:
        """Restore a solution from what `to_arrays` gave."""
        return cls(*(arrays[prefix + name] for name in cls.__dataclass_fields__))

    def to_arrays(self, prefix: str = "") -> Arrays:
        """Return the arrays by name, to be stored."""
        return {prefix + name: getattr(self, name) for name in self.__dataclass_fields__}

    def tails(self, features: Floats) -> Floats:
        """Return the coordinates of tails: float32, shape (n, pairs)."""
        return _single((features - self.mean) @ self.tail_directions)

    def heads(self, features: Floats) -> Floats:
        """Return the coordinates of heads: float32, shape (n, pairs)."""
        return _single((features - self.mean) @ self.head_directions)

    def ratios(self, tails: Floats, heads: Floats) -> Floats:
        """Return the ratio of every head after every tail: float32, shape (tails, heads)."""
        shared = self.correlations**2
        own = shared / (1 - shared) / 2
        together = (tails * (self.correlations / (1 - shared))) @ heads.T
        return _single(together - (np.square(tails) @ own)[:, None] - (np.square(heads) @ own)[None, :])

    def ratios_of(self, tails: Floats, heads: Floats, pairs: Indices) -> Floats:
        """Return the ratios of some pairs, (m, 2): float32, shape (m,)."""
        shared = self.correlations**2
        own = shared / (1 - shared) / 2
        weighted = tails * (self.correlations / (1 - shared))
        together = np.concatenate(
            [np.einsum("mp,mp->m", weighted[block[:, 0]], heads[block[:, 1]]) for block in _blocks(pairs)]
        )
        alone = (np.square(tails) @ own)[pairs[:, 0]] + (np.square(heads) @ own)[pairs[:, 1]]
        return _single(together - alone)

    def student_ratios_of(self, tails: Floats, heads: Floats, pairs: Indices) -> Floats:
        """Return the ratios of some pairs, (m, 2), under Student's t, each side given the other, averaged."""
        spread = np.sqrt(1 - self.correlations**2)
        tails_alone, heads_alone = _surprise(tails).sum(axis=1), _surprise(heads).sum(axis=1)
        given_other = np.empty(len(pairs), np.float32)
        for at, block in zip(range(0, len(pairs), _PAIRS_AT_ONCE), _blocks(pairs), strict=True):
            tail, head = tails[block[:, 0]], heads[block[:, 1]]
            surprise = _surprise((head - self.correlations * tail) / spread)
            surprise += _surprise((tail - self.correlations * head) / spread)
            given_other[at : at + len(block)] = surprise.sum(axis=1)
        alone = tails_alone[pairs[:, 0]] + heads_alone[pairs[:, 1]]
        return _single((alone - given_other) / 2 - np.log(spread).sum())


def canonical_directions(
    tails: _Doubles, heads: _Doubles, *, ridge: float, pairs: int
) -> tuple[_Doubles, _Doubles, _Doubles]:
    """Solve for the canonical correlations of two centred views, regularised by a ridge.

    Args:
        tails: float64, shape (m, features), standardised.
        heads: float64, shape (m, features), standardised.
        ridge: added to every variance.
        pairs: kept at most; fewer where m or the features give fewer.

    Returns:
        Directions of tails and of heads, shape (features, pairs) each, along which the views have unit
        variance (but for the ridge), and the correlations, shape (pairs,), falling, in [0, 1).
    """
    whiten_tails = _whitening(tails, ridge)
    whiten_heads = _whitening(heads, ridge)
    cross = whiten_tails.T @ (tails.T @ heads / len(tails)) @ whiten_heads
    left, correlations, right = np.linalg.svd(cross)
    kept = min(pairs, len(tails) - 1, len(correlations))
    return (
        whiten_tails @ left[:, :kept],
        whiten_heads @ right[:kept].T,
        np.clip(correlations[:kept], 0, _HIGHEST_CORRELATION),
    )


def _whitening(view: _Doubles, ridge: float) -> _Doubles:
    """Return W, shape (features, features), with Wᵀ (covariance + ridge) W the identity."""
    variances, directions = np.linalg.eigh(view.T @ view / len(view))
    return directions / np.sqrt(np.maximum(variances, 0) + ridge)


def _surprise(coordinates: NDArray[Any]) -> Floats:
    """Return minus the log density of Student's t, less its constant."""
    return _single((_FREEDOM + 1) / 2 * np.log1p(np.square(coordinates) / _FREEDOM))


def _single(array: NDArray[Any]) -> Floats:
    return array.astype(np.float32, copy=False)


def _blocks(pairs: Indices) -> list[Indices]:
    return [pairs[at : at + _PAIRS_AT_ONCE] for at in range(0, max(1, len(pairs)), _PAIRS_AT_ONCE)]
