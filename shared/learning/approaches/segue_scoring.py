"""Scoring with `segue`: all candidates of a pool are compared once, when it is prepared."""

from __future__ import annotations

import numpy as np

from shared.learning.approaches.base import Scorer, sigmoid
from shared.learning.comparison import (
    LONG,
    LONG_WEIGHT,
    MEL,
    Background,
    Candidates,
    Coordinates,
    Judges,
    compare,
)
from shared.learning.corpus import Floats, Indices
from shared.learning.practice import Sides
from shared.sound.features import Edges
from shared.store.arrays import Arrays

_LEAST_BELIEF = 1e-30
_FARTHEST = 6.0
"""Standard deviations beyond which a number says nothing more."""


class LikelihoodScorer(Scorer):
    """Scores are the sum of likelihoods that chooses candidates."""

    space = ("mel_tails", "mel_heads", "long_tails", "long_heads")

    def __init__(self, judges: Judges) -> None:
        self.judges = judges

    def prepare(self, edges: Edges, songs: Indices | None = None) -> Arrays:
        """Return the coordinates of both sides: float32, shape (n, pairs) each."""
        return self.coordinates_of(Coordinates.of(self.judges, Sides.of_edges(edges)))

    def coordinates_of(self, coordinates: Coordinates) -> Arrays:
        """Return what `scores` needs of the coordinates for all likelihoods."""
        places = {"mel": MEL, "long": LONG}
        tails = {f"{name}_tails": coordinates.tails[place] for name, place in places.items()}
        return tails | {f"{name}_heads": coordinates.heads[place] for name, place in places.items()}

    def scores(
        self, prepared: Arrays, reference: int, candidates: Indices, step: int | None = None
    ) -> Floats:
        """Return the sums of one row."""
        return self.rows(prepared, np.array([reference]), candidates)[0]

    def dense(self, prepared: Arrays, chunks: int) -> Floats:
        """Return all sums as two matrix products."""
        everyone = np.arange(chunks)
        return self.rows(prepared, everyone, everyone)

    def rows(self, prepared: Arrays, references: Indices, candidates: Indices) -> Floats:
        """Return the sums of several tails before several heads: float32, shape (r, c)."""
        mel = self.judges.mel[0].ratios(prepared["mel_tails"][references], prepared["mel_heads"][candidates])
        long = self.judges.long[0].ratios(
            prepared["long_tails"][references], prepared["long_heads"][candidates]
        )
        return mel + np.float32(LONG_WEIGHT) * long


class SegueScorer(Scorer):
    """Scores are logarithms of shares: how much of all belief in a head comes from this tail.

    What the network believes of a tail's candidates is a softmax; each is divided by what all tails together
    believe of the head (inverted softmax; Smith et al. 2017, "Offline bilingual word vectors"). Who is no
    candidate comes after all who are, in the order of the likelihoods.
    """

    space = LikelihoodScorer.space
    background = True

    def __init__(self, candidates: int, weights: Arrays) -> None:
        self._candidates, self._weights = candidates, weights
        self._base = LikelihoodScorer(Judges.from_arrays(weights))

    def without_background(self) -> Scorer:
        """Return the sum of likelihoods alone."""
        return self._base

    def prepare(self, edges: Edges, songs: Indices | None = None) -> Arrays:
        """Choose and compare the candidates of every chunk.

        Returns:
            What the likelihoods need; `background`, float32, shape (n,), of each head; `chunks`, int64, and
            `shares`, float32, shape (n, k): the candidates; `floor`, float32, shape (n,): added to the
            likelihoods of those who are none, so that they come after.
        """
        sides = Sides.of_edges(edges)
        coordinates = Coordinates.of(self._base.judges, sides)
        prepared = self._base.coordinates_of(coordinates)
        if len(edges) < 2:
            return {**prepared, **_NO_CANDIDATES, "background": np.zeros(len(edges), np.float32)}
        background = Background.of(coordinates)
        found = Candidates.of(coordinates, background, self._candidates)
        shares = _shares(self._logits(compare(self._base.judges, sides, coordinates, found)), found.chunks)
        # The row's part of the background is the same for all of its candidates.
        lowest = found.base[:, -1] + background.tails / 2
        return {
            **prepared,
            "background": background.heads,
            "chunks": found.chunks,
            "shares": shares,
            "floor": shares.min(axis=1) - lowest,
        }

    def scores(
        self, prepared: Arrays, reference: int, candidates: Indices, step: int | None = None
    ) -> Floats:
        """Return the logarithms of shares of one row."""
        base = self._base.scores(prepared, reference, candidates) - prepared["background"][candidates] / 2
        if not prepared["chunks"].size:
            return base.astype(np.float32)
        scores = base + prepared["floor"][reference]
        order = np.argsort(prepared["chunks"][reference])
        chosen = prepared["chunks"][reference][order]
        place = np.minimum(np.searchsorted(chosen, candidates), len(chosen) - 1)
        compared = prepared["shares"][reference][order][place]
        return np.where(chosen[place] == candidates, compared, scores).astype(np.float32)

    def display(self, scores: Floats) -> Floats:
        """Return the shares themselves, at most 1."""
        return np.exp(np.minimum(scores, 0))

    def _logits(self, numbers: Floats) -> Floats:
        """Run the network, which is small enough to need no TensorFlow: float32, shape (n, k)."""
        inputs, weights = standardised(numbers, self._weights), self._weights
        hidden = inputs @ weights["network/hidden/kernel"] + weights["network/hidden/bias"]
        hidden *= sigmoid(hidden)
        logits = inputs @ weights["network/linear/kernel"] + hidden @ weights["network/nonlinear/kernel"]
        chosen: Floats = logits[:, :, 0]
        return chosen


_NO_CANDIDATES: Arrays = {
    "chunks": np.zeros((0, 0), np.int64),
    "shares": np.zeros((0, 0), np.float32),
    "floor": np.zeros(0, np.float32),
}


def standardised(numbers: Floats, constants: Arrays) -> Floats:
    """Return a comparison's numbers as the network sees them: float32, of the same shape."""
    standard = (numbers - constants["mean"]) * constants["scale"]
    return np.clip(standard, -_FARTHEST, _FARTHEST).astype(np.float32)


def _shares(logits: Floats, chunks: Indices) -> Floats:
    """Return the logarithm of each pair's share of its head: float32, shape (n, k)."""
    beliefs = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    # No belief is above 1, and few heads are believed in by all: the sum stays far from the limits.
    total = np.bincount(chunks.ravel(), weights=np.exp(beliefs).ravel(), minlength=len(chunks))
    return (beliefs - np.log(np.maximum(total, _LEAST_BELIEF))[chunks]).astype(np.float32)
