"""`random`: the floor. Any chunk may follow any other."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from shared.learning.approaches.base import ClosedForm, Scorer, Settings
from shared.learning.corpus import Corpus, Floats, Indices
from shared.sound.features import Edges
from shared.store.arrays import Arrays


class RandomSettings(Settings):
    """`random` has nothing to set."""


class RandomOrder(ClosedForm[RandomSettings]):
    """Score every transition at random, the same for the same seed and the same places in the pool."""

    name: ClassVar[str] = "random"
    summary: ClassVar[str] = "No judgement: a random number per transition. The floor for comparisons."
    settings_type = RandomSettings

    def solve(self, corpus: Corpus, settings: RandomSettings, *, seed: int) -> Arrays:
        """Keep the seed; there is nothing to learn."""
        return {"seed": np.array(seed, dtype=np.int64)}

    def scorer(self, settings: RandomSettings, weights: Arrays) -> Scorer:
        """Return the scorer of a seed."""
        return RandomScorer(int(weights["seed"]))


class RandomScorer(Scorer):
    """Draws from (seed, reference), so that the order of asking changes nothing."""

    space = ()

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def prepare(self, edges: Edges, songs: Indices | None = None) -> Arrays:
        """Keep the number of chunks."""
        return {"chunks": np.array(len(edges), dtype=np.int64)}

    def scores(
        self, prepared: Arrays, reference: int, candidates: Indices, step: int | None = None
    ) -> Floats:
        """Return uniform numbers in [0, 1)."""
        rng = np.random.default_rng([self._seed, reference])
        return rng.random(int(prepared["chunks"]), dtype=np.float32)[candidates]

    def display(self, scores: Floats) -> Floats:
        """Return the scores, which lie in [0, 1) already."""
        return scores
