"""`linear`: canonical correlations between both sides of a cut, solved in closed form in seconds.

Tails and heads become statistics of their log-mel frames, both are whitened, and the singular value
decomposition of their cross-covariance gives pairs of directions with correlations s. Were the statistics
Gaussian, the log-likelihood ratio of "B follows A" to "B is any chunk" would be, with a and b the
coordinates of A's tail and B's head along a pair (Bach and Jordan 2005, "A probabilistic interpretation of
canonical correlation analysis"; the ratio is that of a bivariate normal to its margins),

    sum over pairs of   a b s / (1 - s²)  -  (a² + b²) / 2 · s² / (1 - s²)

less a constant: a bilinear form, so one matrix product scores a whole pool.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from shared.learning.approaches.base import ClosedForm, Scorer, Settings
from shared.learning.corpus import Corpus, Cuts, Floats, Indices, need_examples
from shared.learning.statistics import edge_statistics
from shared.sound.features import Edges, mix_channels
from shared.store.arrays import Arrays

_Doubles = NDArray[np.float64]

_LEAST_CUTS = 8
_LEAST_DEVIATION = 1e-3
_HIGHEST_CORRELATION = 0.999


class LinearSettings(Settings):
    """How many cuts are learned from, and how much is kept of what they show."""

    random_cuts_per_song: int = Field(
        500,
        ge=0,
        le=20_000,
        description="Cuts at random places of each training song; 0: the chunks' own transitions alone.",
    )
    ridge: float = Field(
        0.1, gt=0, le=10, description="Added to the variance of each standardised statistic before whitening."
    )
    canonical_pairs: int = Field(128, ge=1, le=512, description="Pairs of directions kept, at most.")


class Linear(ClosedForm[LinearSettings]):
    """Learn from cuts of the training songs which directions of both sides go together."""

    name: ClassVar[str] = "linear"
    summary: ClassVar[str] = (
        "Closed form, fits in seconds: canonical correlations of spectral statistics on both sides of a cut."
    )
    settings_type = LinearSettings

    def solve(self, corpus: Corpus, settings: LinearSettings, *, seed: int) -> Arrays:
        """Return standardisation, directions and correlations, float32.

        Raises:
            NothingToLearn: songs and chunks give fewer than 8 cuts.
        """
        tails, heads = _statistics_at_cuts(corpus, settings.random_cuts_per_song, seed)
        need_examples(len(tails), _LEAST_CUTS)
        mean = (tails.mean(axis=0) + heads.mean(axis=0)) / 2
        deviation = np.sqrt((tails.var(axis=0) + heads.var(axis=0)) / 2)
        scale = 1 / np.maximum(deviation, _LEAST_DEVIATION)
        left, right, correlations = canonical_directions(
            (tails - mean) * scale,
            (heads - mean) * scale,
            ridge=settings.ridge,
            pairs=settings.canonical_pairs,
        )
        weights = {
            "mean": mean,
            "tail_directions": scale[:, None] * left,
            "head_directions": scale[:, None] * right,
            "correlations": correlations,
        }
        return {name: array.astype(np.float32) for name, array in weights.items()}

    def scorer(self, settings: LinearSettings, weights: Arrays) -> Scorer:
        """Return the scorer of a solution."""
        return LinearScorer(weights)


class LinearScorer(Scorer):
    """Scores are log-likelihood ratios."""

    def __init__(self, weights: Arrays) -> None:
        self._weights = weights
        shared = weights["correlations"] ** 2
        self._cross = weights["correlations"] / (1 - shared)
        self._own = shared / (1 - shared) / 2

    def prepare(self, edges: Edges, songs: Indices | None = None) -> Arrays:
        """Embed tails and heads: float32, shape (n, pairs) each, and what each adds alone, shape (n,)."""
        tails = self._embed(edges.tails, self._weights["tail_directions"])
        heads = self._embed(edges.heads, self._weights["head_directions"])
        return {
            "tails": tails * self._cross,
            "heads": heads,
            "tail_alone": np.square(tails) @ self._own,
            "head_alone": np.square(heads) @ self._own,
        }

    def scores(
        self, prepared: Arrays, reference: int, candidates: Indices, step: int | None = None
    ) -> Floats:
        """Return the ratios of one row."""
        together = prepared["heads"][candidates] @ prepared["tails"][reference]
        return together - prepared["head_alone"][candidates] - prepared["tail_alone"][reference]

    def dense(self, prepared: Arrays, chunks: int) -> Floats:
        """Return all ratios as one matrix product."""
        together = prepared["tails"] @ prepared["heads"].T
        return together - prepared["tail_alone"][:, None] - prepared["head_alone"][None, :]

    def _embed(self, spectra: NDArray[np.float16], directions: Floats) -> Floats:
        return (edge_statistics(mix_channels(spectra)) - self._weights["mean"]) @ directions


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


def _statistics_at_cuts(corpus: Corpus, per_song: int, seed: int) -> tuple[_Doubles, _Doubles]:
    """Return the statistics of both sides of random cuts; of the chunks' transitions where there are none."""
    sides = [_both_sides(cuts) for cuts in corpus.random_cuts(per_song, np.random.default_rng(seed))]
    if not sides:
        pairs = corpus.successors()
        edges = corpus.edges
        sides = [
            _both_sides(Cuts(mix_channels(edges.tails[pairs[:, 0]]), mix_channels(edges.heads[pairs[:, 1]])))
        ]
    tails, heads = zip(*sides, strict=True)
    return np.concatenate(tails).astype(np.float64), np.concatenate(heads).astype(np.float64)


def _both_sides(cuts: Cuts) -> tuple[Floats, Floats]:
    return edge_statistics(cuts.tails), edge_statistics(cuts.heads)
