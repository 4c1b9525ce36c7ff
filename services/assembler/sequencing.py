"""Choose the order of a mix: pure over numbers, it knows neither songs nor models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.errors import BadSetting, ModelDiverged, PoolTooSmall

__all__ = ["OnStep", "Score", "Sequence", "Shortlist", "all_scores", "greedy"]

Score = Callable[[int, NDArray[np.int64], int], NDArray[np.float32]]
"""Given a reference chunk, candidates, int64 (m,), and which transition of the mix this is, from 0: how well
each candidate follows, float32 (m,)."""

Shortlist = Callable[[int, NDArray[np.bool_]], NDArray[np.int64]]
"""Given a reference chunk and which chunks are unused, (chunks,): the unused ones among whom the best is
sought, int64, rising, at least one."""

OnStep = Callable[[tuple[int, ...], int], None]
"""Told after each step of a search: the chunks of the best beginning so far, and how many the mix will have,
about so many where a time is asked for. It may raise to stop."""

BLOCK = 4096
"""Candidates are scored this many at a time, which bounds what a scorer holds."""

EARLY_BLOCK = 256
"""The same where the first good candidate is taken, so that few are scored beyond it."""


@dataclass(frozen=True)
class Sequence:
    """Chunks in the order of a mix.

    Attributes:
        order: int64, shape (length,): indices into the pool, none twice.
        scores: float32, shape (length - 1,): how well each chunk follows the one before.
    """

    order: NDArray[np.int64]
    scores: NDArray[np.float32]


def greedy(
    score: Score,
    *,
    chunks: int,
    start: int,
    length: int,
    accept_above: float | None = None,
    shortlist: Shortlist | None = None,
    on_step: OnStep = lambda placed, total: None,
) -> Sequence:
    """Append, again and again, the chunk that follows the last one best; none is taken twice.

    This is the study's assembly. Of equal scores the lowest index wins, so that the same numbers give
    the same order.

    Args:
        score: judges candidates against a reference; see `Score`.
        chunks: the size of the pool; its chunks are 0 to `chunks` - 1.
        start: the first chunk of the mix.
        length: chunks in the mix, `start` included.
        accept_above: take the first candidate, in the pool's order, that scores above this, as the
            study's code did with 0.99; where none does, or None: the best of all.
        shortlist: names the chunks that are scored at a step; None: all that are unused.
        on_step: told of each chunk that was placed; see `OnStep`.

    Raises:
        PoolTooSmall: `length` is more than `chunks`.
        BadSetting: `start` is not in the pool, or `length` is not positive.
        ModelDiverged: a score is not a number.
    """
    _check(chunks=chunks, start=start, length=length)
    order = np.empty(length, np.int64)
    scores = np.empty(length - 1, np.float32)
    unused = np.ones(chunks, np.bool_)
    order[0], unused[start] = start, False
    on_step((start,), length)
    for step in range(1, length):
        reference = int(order[step - 1])
        candidates = np.flatnonzero(unused) if shortlist is None else shortlist(reference, unused)
        chosen, scores[step - 1] = _choose(score, reference, candidates, step - 1, accept_above)
        order[step], unused[chosen] = chosen, False
        on_step(tuple(order[: step + 1].tolist()), length)
    return Sequence(order=order, scores=scores)


def all_scores(
    score: Score, reference: int, candidates: NDArray[np.int64], transition: int
) -> NDArray[np.float32]:
    """Score all candidates of a step, block by block: float32, shape (m,), m at least 1.

    Raises:
        ModelDiverged: a score is not a number.
    """
    blocks = [candidates[first : first + BLOCK] for first in range(0, len(candidates), BLOCK)]
    return np.concatenate([_scores_of(score, reference, block, transition) for block in blocks])


def _check(*, chunks: int, start: int, length: int) -> None:
    if length < 1:
        raise BadSetting(f"A mix has at least 1 chunk; asked for are {length}.")
    if length > chunks:
        raise PoolTooSmall(wanted=length, available=chunks)
    if not 0 <= start < chunks:
        raise BadSetting(f"The mix cannot start with chunk {start}: the pool has chunks 0 to {chunks - 1}.")


def _choose(
    score: Score, reference: int, candidates: NDArray[np.int64], transition: int, accept_above: float | None
) -> tuple[int, np.float32]:
    """Return the chosen candidate and its score."""
    size = BLOCK if accept_above is None else EARLY_BLOCK
    best, best_score = -1, np.float32(-np.inf)
    for first in range(0, len(candidates), size):
        block = candidates[first : first + size]
        scores = _scores_of(score, reference, block, transition)
        if accept_above is not None and (above := scores > accept_above).any():
            taken = int(above.argmax())
            return int(block[taken]), scores[taken]
        top = int(scores.argmax())
        if best < 0 or scores[top] > best_score:
            best, best_score = int(block[top]), scores[top]
    return best, best_score


def _scores_of(
    score: Score, reference: int, block: NDArray[np.int64], transition: int
) -> NDArray[np.float32]:
    scores = np.asarray(score(reference, block, transition), np.float32)
    if scores.shape != block.shape:
        raise ValueError(f"{len(block)} candidates were given scores of shape {scores.shape}")
    if (wrong := int(np.isnan(scores).sum())) > 0:
        raise ModelDiverged(f"{wrong} of {len(scores)} scores after chunk {reference} are not numbers")
    return scores
