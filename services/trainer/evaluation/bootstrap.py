"""Percentile bootstrap: how far a figure may be off, by drawing the songs anew.

Transitions of a song are alike, so whole songs are drawn; with fewer than five songs that says nothing, and
transitions are drawn instead (Davison and Hinkley 1997, "Bootstrap Methods and their Application", 3.8).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.trainer.evaluation.reports import Estimate, Interval
from shared.learning.corpus import Indices

Doubles = NDArray[np.float64]

LEAST_SONGS = 5
"""Fewer songs than this are not drawn; transitions are."""


@dataclass(frozen=True, eq=False)
class Resamples:
    """How often each of c clusters (songs, or single transitions) was drawn in each of b resamples.

    Attributes:
        songs: int64, shape (m,): the song of each transition, from 0 without holes.
        clusters: int64, shape (m,): the cluster of each transition.
        draws: float64, shape (b, c): each row sums to c.
    """

    songs: Indices
    clusters: Indices
    draws: Doubles

    @classmethod
    def of(cls, songs: Indices, *, seed: int, count: int = 1000) -> Resamples:
        """Draw the songs of m transitions, at least one, so many times."""
        numbered = np.unique(songs, return_inverse=True)[1].astype(np.int64)
        clusters = numbered
        if not are_enough(int(numbered.max(initial=-1)) + 1):
            clusters = np.arange(len(songs), dtype=np.int64)
        size = int(clusters.max(initial=-1)) + 1
        rng = np.random.default_rng(seed)
        draws = rng.multinomial(size, np.full(size, 1 / size), size=count)
        return cls(numbered, clusters, draws.astype(np.float64))

    def mean(self, values: NDArray[Any]) -> Estimate:
        """Estimate the mean over transitions. `values` has the shape (m,)."""
        sums = self._by_cluster(values.astype(np.float64))
        return estimate(values.mean(), (self.draws @ sums) / (self.draws @ self._by_cluster(None)))

    def median(self, values: NDArray[Any]) -> Estimate:
        """Estimate the median over transitions: of a resample, the least value that half do not exceed."""
        order = np.argsort(values, kind="stable")
        weights = self.draws[:, self.clusters[order]].cumsum(axis=1)
        middle = (weights >= weights[:, -1:] / 2).argmax(axis=1)
        return estimate(np.median(values), values[order][middle])

    def song_mean(self, values: NDArray[Any]) -> Estimate:
        """Estimate the mean over songs of the mean over each song's transitions."""
        songs = int(self.songs.max()) + 1
        of_songs = np.bincount(self.songs, values, songs) / np.bincount(self.songs, minlength=songs)
        if are_enough(songs):
            return estimate(of_songs.mean(), self.draws @ of_songs / songs)
        is_of = (self.songs[:, None] == np.arange(songs)).astype(np.float64)
        drawn = self.draws @ is_of
        sums = self.draws @ (is_of * values[:, None])
        each = np.divide(sums, drawn, out=np.zeros_like(sums), where=drawn > 0)
        return estimate(of_songs.mean(), each.sum(axis=1) / (drawn > 0).sum(axis=1))

    def concordance(self, shares: Doubles) -> Estimate:
        """Estimate the AUC from what `concordance` of the true and the false scores gave, shape (m, m)."""
        size = self.draws.shape[1]
        is_of = (self.clusters[:, None] == np.arange(size)).astype(np.float64)
        sums = is_of.T @ shares @ is_of
        resampled = np.einsum("bc,bc->b", self.draws @ sums, self.draws)
        return estimate(shares.mean(), resampled / (self.draws @ self._by_cluster(None)) ** 2)

    def _by_cluster(self, values: Doubles | None) -> Doubles:
        """Sum values by cluster, shape (c,); None: count."""
        return np.bincount(self.clusters, values, self.draws.shape[1]).astype(np.float64)


def are_enough(songs: int) -> bool:
    """Say whether so many songs can be drawn from."""
    return songs >= LEAST_SONGS


def estimate(value: Any, resampled: NDArray[Any]) -> Estimate:
    """Return a figure with the middle 95 % of its resamples."""
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Estimate(value=float(value), low=float(low), high=float(high))


def interval(found: Estimate) -> Interval:
    """Return the interval without its figure."""
    return Interval(low=found.low, high=found.high)
