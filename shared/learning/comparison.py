"""Candidates compared with one another: what tells the true successor from those that are nearly as likely.

The likelihoods of `shared.learning.likelihood` choose the best candidates of every chunk. Each of these is
then described by a few dozen numbers: what every likelihood says of it, how far that is from the best for the
same tail and from the best for the same head, and how level, spectrum and movement step at the cut.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.learning.corpus import Floats, Indices
from shared.learning.likelihood import Likelihood
from shared.learning.practice import Sides
from shared.learning.recurrence import PASSAGE_STEPS, SKIPS, Memory, PassageSpace
from shared.learning.statistics import edge_statistics
from shared.store.arrays import Arrays

GAPS = (0, 2)
"""What the likelihoods were fitted with left out at the cut: nothing, and 0.19 s (in places of 93 ms)."""

MEL, LONG = 0, len(GAPS)
"""The likelihoods among all of them whose sum chooses candidates."""

LONG_WEIGHT = 0.8
"""Of the long spectra beside the statistics of the frames, in the sum that chooses candidates."""

NEIGHBOURS = 10
"""Scores averaged to tell a chunk that is like all others (CSLS)."""

_ROWS_AT_ONCE = 256
_STRETCHES = (1, 3, 8, 16, 43, 128)
_MOVING = 64
_NEAR, _FURTHER = 8, 32


@dataclass(frozen=True, eq=False)
class Judges:
    """What is solved for in closed form: likelihoods and spaces of passages.

    Attributes:
        mel: likelihoods of the frames, by what was left out when they were fitted.
        long: likelihoods of the long spectra, likewise.
        passages: by their length.
    """

    mel: Mapping[int, Likelihood]
    long: Mapping[int, Likelihood]
    passages: Mapping[int, PassageSpace]

    def to_arrays(self) -> Arrays:
        """Return all solutions as arrays by name."""
        arrays: Arrays = {}
        for gap in GAPS:
            arrays |= self.mel[gap].to_arrays(f"mel_{gap}/")
            arrays |= self.long[gap].to_arrays(f"long_{gap}/")
        for steps in PASSAGE_STEPS:
            arrays |= self.passages[steps].to_arrays(f"passages_{steps}/")
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Judges:
        """Restore them."""
        return cls(
            {gap: Likelihood.from_arrays(arrays, f"mel_{gap}/") for gap in GAPS},
            {gap: Likelihood.from_arrays(arrays, f"long_{gap}/") for gap in GAPS},
            {steps: PassageSpace.from_arrays(arrays, f"passages_{steps}/") for steps in PASSAGE_STEPS},
        )


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Where the tails and heads of n chunks lie for every likelihood.

    Attributes:
        likelihoods: in one order: frames by gap, then long spectra by gap.
        tails: by likelihood float32, shape (n, pairs).
        heads: by likelihood float32, shape (n, pairs).
    """

    likelihoods: tuple[Likelihood, ...]
    tails: tuple[Floats, ...]
    heads: tuple[Floats, ...]

    @classmethod
    def of(cls, judges: Judges, sides: Sides) -> Coordinates:
        """Place the chunks of a pool."""
        mel_tails, mel_heads = edge_statistics(sides.tails), edge_statistics(sides.heads)
        long_tails = sides.long_tails.astype(np.float32)
        long_heads = sides.long_heads.astype(np.float32)
        seen = [(judges.mel[gap], mel_tails, mel_heads) for gap in GAPS]
        seen += [(judges.long[gap], long_tails, long_heads) for gap in GAPS]
        return cls(
            tuple(one for one, _, _ in seen),
            tuple(one.tails(tails) for one, tails, _ in seen),
            tuple(one.heads(heads) for one, _, heads in seen),
        )

    def base(self, rows: slice | Indices) -> Floats:
        """Return the sum that chooses candidates, of some tails before all heads: shape (rows, n)."""
        mel, long = (
            self.likelihoods[one].ratios(self.tails[one][rows], self.heads[one]) for one in (MEL, LONG)
        )
        return mel + np.float32(LONG_WEIGHT) * long


@dataclass(frozen=True, eq=False)
class Background:
    """How well each chunk does with the whole pool, so that one that suits all is not preferred (CSLS).

    Conneau et al. 2018, "Word translation without parallel data".

    Attributes:
        tails: float32, shape (n,): the mean of the highest scores after each tail.
        heads: float32, shape (n,): the mean of the highest scores before each head.
    """

    tails: Floats
    heads: Floats

    @classmethod
    def of(cls, coordinates: Coordinates) -> Background:
        """Look at all pairs, block by block."""
        chunks = len(coordinates.tails[0])
        kept = min(NEIGHBOURS, max(1, chunks - 1))
        tails = np.empty(chunks, np.float32)
        best = np.full((kept, chunks), -np.inf, np.float32)
        for at in range(0, chunks, _ROWS_AT_ONCE):
            rows = np.arange(at, min(at + _ROWS_AT_ONCE, chunks))
            scores = without_self(coordinates.base(rows), rows)
            tails[rows] = _highest(scores, kept, axis=1).mean(axis=1)
            best = _highest(np.concatenate([best, scores]), kept, axis=0)
        return cls(tails, np.where(np.isfinite(best), best, 0).mean(axis=0))

    def correct(self, scores: Floats, rows: Indices) -> Floats:
        """Return scores of some tails before all heads without what these have with everyone."""
        corrected = scores - self.tails[rows, None] / 2 - self.heads[None, :] / 2
        return corrected.astype(np.float32, copy=False)


@dataclass(frozen=True, eq=False)
class Candidates:
    """The best candidates of every chunk of a pool.

    Attributes:
        chunks: int64, shape (n, k): the candidates of each chunk, the best first.
        base: float32, shape (n, k): their corrected sum of likelihoods.
    """

    chunks: Indices
    base: Floats

    @classmethod
    def of(cls, coordinates: Coordinates, background: Background, count: int) -> Candidates:
        """Choose at most so many, never the chunk itself."""
        total = len(coordinates.tails[0])
        count = min(count, total - 1)
        chunks = np.empty((total, count), np.int64)
        base = np.empty((total, count), np.float32)
        for at in range(0, total, _ROWS_AT_ONCE):
            rows = np.arange(at, min(at + _ROWS_AT_ONCE, total))
            scores = without_self(background.correct(coordinates.base(rows), rows), rows)
            some = np.argpartition(-scores, count - 1, axis=1)[:, :count]
            values = np.take_along_axis(scores, some, axis=1)
            # Of equal scores the lower index comes first, so that the same pool gives the same order.
            order = np.lexsort((some, -values), axis=1)
            chunks[rows] = np.take_along_axis(some, order, axis=1)
            base[rows] = np.take_along_axis(values, order, axis=1)
        return cls(chunks, base)

    @property
    def pairs(self) -> Indices:
        """Every chunk with each of its candidates: int64, shape (n * k, 2)."""
        count = self.chunks.shape[1]
        return np.stack([np.repeat(np.arange(len(self.chunks)), count), self.chunks.ravel()], axis=1)


def compare(judges: Judges, sides: Sides, coordinates: Coordinates, candidates: Candidates) -> Floats:
    """Describe every candidate: float32, shape (n, k, FEATURES)."""
    pairs, shape = candidates.pairs, candidates.chunks.shape
    judged = [candidates.base.ravel()]
    for one, tails, heads in zip(coordinates.likelihoods, coordinates.tails, coordinates.heads, strict=True):
        judged.append(one.ratios_of(tails, heads, pairs))
    for place in (MEL, LONG):
        judged.append(
            coordinates.likelihoods[place].student_ratios_of(
                coordinates.tails[place], coordinates.heads[place], pairs
            )
        )
    ranks = np.log1p(np.broadcast_to(np.arange(shape[1], dtype=np.float32), shape))
    columns = [ranks, _rank_among_tails(candidates)]
    for scores in judged:
        columns += _beside_the_others(scores.reshape(shape), candidates.chunks)
    columns += [step.reshape(shape) for step in _steps(sides, pairs)]
    for space in judges.passages.values():
        columns += _hints(Memory.of(space, sides), candidates.chunks)
    return np.stack(columns, axis=2).astype(np.float32)


_OF_PASSAGES = len(SKIPS) + 5
FEATURES = 2 + 7 * 3 + 3 * len(_STRETCHES) + 5 + _OF_PASSAGES * len(PASSAGE_STEPS)
"""Numbers that describe a candidate."""


def without_self(scores: Floats, rows: Indices) -> Floats:
    """Return scores of some tails before all heads where no chunk is its own candidate."""
    scores[np.arange(len(rows)), rows] = -np.inf
    return scores


def best_by_head(scores: Floats, chunks: Indices) -> Floats:
    """Return the highest score that each candidate has with anyone: shape (n, k), scores at candidates."""
    highest = np.full(len(chunks), -np.inf, np.float32)
    np.maximum.at(highest, chunks.ravel(), scores.ravel())
    return highest[chunks]


def _beside_the_others(scores: Floats, chunks: Indices) -> list[Floats]:
    """Return scores beside the tail's best, beside its best ten, and then beside the head's best."""
    some = min(NEIGHBOURS, scores.shape[1])
    own = scores - _highest(scores, some, axis=1).mean(axis=1, keepdims=True)
    return [scores - scores.max(axis=1, keepdims=True), own, own - best_by_head(own, chunks)]


def _hints(memory: Memory, chunks: Indices) -> list[Floats]:
    """Return what recurrence says, by length of passage."""
    by_skip, recalled = memory.hints(chunks)
    best = by_skip.max(axis=0)
    near_and_far = [hints - hints.max(axis=1, keepdims=True) for hints in by_skip]
    return [
        *near_and_far,
        best,
        *_beside_the_others(best, chunks),
        np.broadcast_to(recalled[:, None], best.shape),
    ]


def _rank_among_tails(candidates: Candidates) -> Floats:
    """Return the logarithm of each pair's rank among all pairs of its head."""
    heads, scores = candidates.chunks.ravel(), candidates.base.ravel()
    order = np.lexsort((-scores, heads))
    first = np.searchsorted(heads[order], heads[order])
    ranks = np.empty(len(heads), np.float32)
    ranks[order] = np.log1p(np.arange(len(heads)) - first)
    return ranks.reshape(candidates.chunks.shape)


def _steps(sides: Sides, pairs: Indices) -> list[NDArray[np.float32]]:
    """Return how level and spectrum step at each cut over several stretches, and how both sides move."""
    tails, heads = pairs[:, 0], pairs[:, 1]
    found = []
    for stretch in _STRETCHES:
        before = sides.tails[:, :stretch].mean(axis=1, dtype=np.float32)
        after = sides.heads[:, :stretch].mean(axis=1, dtype=np.float32)
        rise = after.mean(axis=1)[heads] - before.mean(axis=1)[tails]
        distance = np.concatenate(
            [
                np.sqrt(np.square(before[block[:, 0]] - after[block[:, 1]]).mean(axis=1))
                for block in np.array_split(pairs, max(1, len(pairs) // 8192))
            ]
        )
        found += [np.abs(rise), rise, distance]
    moving = [
        side[:, :_MOVING].std(axis=1, dtype=np.float32).mean(axis=1) for side in (sides.tails, sides.heads)
    ]
    slope = [
        side[:, :_NEAR].mean(axis=(1, 2), dtype=np.float32)
        - side[:, _NEAR:_FURTHER].mean(axis=(1, 2), dtype=np.float32)
        for side in (sides.tails, sides.heads)
    ]
    difference = np.abs(moving[0][tails] - moving[1][heads])
    return [*found, moving[0][tails], moving[1][heads], difference, slope[0][tails], slope[1][heads]]


def _highest(scores: Floats, count: int, *, axis: int) -> Floats:
    """Return the `count` highest along an axis, in any order."""
    total = scores.shape[axis]
    return np.take(np.partition(scores, total - count, axis=axis), np.arange(total - count, total), axis=axis)
