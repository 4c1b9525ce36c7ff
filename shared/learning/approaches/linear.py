"""`linear`: canonical correlations between both sides of a cut, solved in closed form in seconds.

Tails and heads become statistics of their log-mel frames; `shared.learning.likelihood` tells how much
likelier a head is after a tail than anywhere.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from shared.learning.approaches.base import ClosedForm, Scorer, Settings, Shortlist
from shared.learning.corpus import Corpus, Cuts, Floats, Indices, need_examples
from shared.learning.likelihood import Likelihood
from shared.learning.neighbours import HeadIndex
from shared.learning.statistics import edge_statistics
from shared.sound.features import Edges, mix_channels
from shared.store.arrays import Arrays

_Doubles = NDArray[np.float64]

_LEAST_CUTS = 8

_SHORTLIST = 50
"""Unused chunks that a step looks for in a large pool, where one is taken."""


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
        solution = Likelihood.of_cuts(tails, heads, ridge=settings.ridge, pairs=settings.canonical_pairs)
        return solution.to_arrays()

    def scorer(self, settings: LinearSettings, weights: Arrays) -> Scorer:
        """Return the scorer of a solution."""
        return LinearScorer(weights)


class LinearScorer(Scorer):
    """Scores are log-likelihood ratios."""

    def __init__(self, weights: Arrays) -> None:
        self._likelihood = Likelihood.from_arrays(weights)

    def prepare(self, edges: Edges, songs: Indices | None = None) -> Arrays:
        """Return the coordinates of tails and heads: float32, shape (n, pairs) each."""
        return {
            "tails": self._likelihood.tails(edge_statistics(mix_channels(edges.tails))),
            "heads": self._likelihood.heads(edge_statistics(mix_channels(edges.heads))),
        }

    def scores(
        self, prepared: Arrays, reference: int, candidates: Indices, step: int | None = None
    ) -> Floats:
        """Return the ratios of one row."""
        return self._likelihood.ratios(prepared["tails"][reference][None], prepared["heads"][candidates])[0]

    def index(self, prepared: Arrays) -> Arrays:
        """Return the cells and codes of a large pool's heads."""
        return HeadIndex.build(self._likelihood, prepared["heads"]).to_arrays()

    def shortlist(self, prepared: Arrays) -> Shortlist | None:
        """Return the search in a pool that was indexed."""
        index = HeadIndex.from_arrays(self._likelihood, prepared["heads"], prepared)
        if index.exact:
            return None
        return lambda reference, unused: index.candidates(prepared["tails"][reference], _SHORTLIST, unused)

    def dense(self, prepared: Arrays, chunks: int) -> Floats:
        """Return all ratios as one matrix product."""
        return self._likelihood.ratios(prepared["tails"], prepared["heads"])


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
