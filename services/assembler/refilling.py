"""Find chunks for free places of a mix, between neighbours that stay. Pure over numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from services.assembler.limits import Rules
from services.assembler.paths import Chunks, Wishes
from services.assembler.relaxing import in_force
from services.assembler.sequencing import Score, all_scores
from shared.parameters import NO_LIMITS, Limits

__all__ = ["Filled", "Keeping", "alternatives", "fill", "rows_of"]

Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

_WIDTH = 8
_TRIED = 64
"""So many of the best are looked at from both sides, and tried against the rules."""

_FIRST_TRIED = 2000
"""Where nothing comes before, every chunk is judged by what follows: one question of the scorer each."""


@dataclass(frozen=True)
class Keeping:
    """What a mix is to keep to while it is changed: what it was asked for, as far as it is so.

    Attributes:
        chunks: the pool.
        wishes: what was asked for; the start, the length and what is usable follow from each order.
        limits: as they were asked for; None: the mix knows none.
        first: bool, shape (n,): what replaces one of these where the mix begins is one; None: anything.
        last: bool, shape (n,): the same where it ends.
    """

    chunks: Chunks
    wishes: Wishes
    limits: Limits | None
    first: Mask | None = None
    last: Mask | None = None

    def at(self, place: int, order: Sequence[int]) -> Mask | None:
        """Return what keeps the form of a mix at its first or last place, where anything does."""
        ends = [(0, self.first), (len(order) - 1, self.last)]
        keeps = [kept for at, kept in ends if at == place and kept is not None and kept[order[place]]]
        return np.logical_and.reduce(keeps) if keeps else None

    def in_force(self, wishes: Wishes) -> Limits:
        """Return the limits as far as the pool can meet them."""
        return NO_LIMITS if self.limits is None else in_force(self.limits, self.chunks, wishes)

    def wishes_of(self, order: Sequence[int]) -> Wishes:
        """Return what an order is judged by."""
        usable = self.usable(order)
        return replace(self.wishes, start=order[0], usable=usable, chunks=len(order))

    def usable(self, order: Sequence[int]) -> Mask:
        """Return the chunks that may appear, and those of an order, whoever chose them: bool, shape (n,)."""
        usable = self.wishes.usable.copy()
        usable[list(order)] = True
        return usable

    def broken(self, order: Sequence[int]) -> frozenset[str]:
        """Return the names of the rules that an order does not keep."""
        wishes = self.wishes_of(order)
        rules = Rules(self.chunks, wishes, self.in_force(wishes))
        path = rules.begin()
        found: set[str] = set()
        for place, chunk in enumerate(order[1:], start=1):
            verdicts = rules.verdicts(path, np.array([chunk]), len(order) - place - 1)
            found.update(name for name, verdict in verdicts.items() if not verdict[0])
            path = rules.extend(path, chunk, 0.0)
        return frozenset(found)


@dataclass(frozen=True)
class Filled:
    """An order with its free places filled.

    Attributes:
        order: indices into the pool.
        broken: rules that were kept before and are not any more, as nothing else was found.
    """

    order: list[int]
    broken: frozenset[str]


def fill(
    score: Score, keeping: Keeping, order: Sequence[int], first: int, last: int, avoid: Sequence[Set[int]]
) -> Filled | None:
    """Choose chunks anew for a row of places, so that they fit each other and the neighbours on both sides.

    Of the best by the sum of scores, the first is taken that breaks no rule which the order keeps; if all do,
    the best.

    Args:
        score: judges candidates against a reference; see `Score`.
        keeping: what the mix is to keep to.
        order: the mix as it is, none twice.
        first: the first of the places.
        last: the last.
        avoid: for each place, the chunks that are not to be taken for it.

    Returns:
        None where too few chunks are left.
    """
    best: Filled | None = None
    for filled in _filled(score, keeping, order, first, last, avoid):
        if not filled.broken:
            return filled
        best = best or filled
    return best


def alternatives(
    score: Score, keeping: Keeping, order: Sequence[int], place: int, avoid: Set[int], *, most: int
) -> list[Filled]:
    """Return what else could stand at a place: what `fill` would take comes first, and so on.

    Args:
        score: judges candidates against a reference; see `Score`.
        keeping: what the mix is to keep to.
        order: the mix as it is, none twice.
        place: in it.
        avoid: the chunks that are not to be taken.
        most: so many, at most.

    Returns:
        Those that break no rule which the order keeps, then others, each by the sum of scores.
    """
    found: list[list[Filled]] = [[], []]
    for filled in _filled(score, keeping, order, place, place, [avoid]):
        found[bool(filled.broken)].append(filled)
        if len(found[0]) == most:
            break
    return list(islice((*found[0], *found[1]), most))


def _filled(
    score: Score, keeping: Keeping, order: Sequence[int], first: int, last: int, avoid: Sequence[Set[int]]
) -> Iterator[Filled]:
    """Yield an order with other chunks in a row of places, those with the highest scores first."""
    free = keeping.wishes.usable.copy()
    free[list(order)] = False
    before = keeping.broken(order)
    frees = [
        _kept(free, keeping.at(place, order), order, avoid[place - first]) for place in range(first, last + 1)
    ]
    rows = _rows(score, order, first, last, frees, avoid)
    for row in rows:
        filled = [*order[:first], *row, *order[last + 1 :]]
        yield Filled(filled, keeping.broken(filled) - before)


def _kept(free: Mask, kept: Mask | None, order: Sequence[int], avoid: Set[int]) -> Mask:
    """Return what may come to a place: of what keeps the form there, as far as there is any."""
    if kept is None:
        return free
    kept = kept.copy()
    kept[[*order, *avoid]] = False
    return kept if kept.any() else free


def _rows(
    score: Score,
    order: Sequence[int],
    first: int,
    last: int,
    frees: Sequence[Mask],
    avoid: Sequence[Set[int]],
) -> list[tuple[int, ...]]:
    """Return rows of chunks for the places, the best first."""
    paths: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    for place in range(first, last + 1):
        kept = _TRIED if place == last else _WIDTH
        steps = [
            step
            for path in paths
            for step in _steps(score, order, place, path, frees[place - first], avoid[place - first])
        ]
        if place == 0 == last:
            kept = _FIRST_TRIED
        paths = sorted(steps, key=lambda step: (-step[0], step[1]))[:kept]
    if last + 1 < len(order):
        after = np.array([order[last + 1]])
        paths = [(total + float(score(row[-1], after, last)[0]), row) for total, row in paths]
        paths.sort(key=lambda path: (-path[0], path[1]))
    return [row for _, row in paths[:_TRIED]]


def _steps(
    score: Score,
    order: Sequence[int],
    place: int,
    path: tuple[float, tuple[int, ...]],
    free: Mask,
    avoid: Set[int],
) -> Iterator[tuple[float, tuple[int, ...]]]:
    """Yield a path with the most promising chunks at a place."""
    total, row = path
    allowed = free.copy()
    allowed[[*row, *avoid]] = False
    candidates = np.flatnonzero(allowed)
    if not len(candidates):
        return
    before = row[-1] if row else order[place - 1] if place else None
    if before is None:
        evenly = np.linspace(0, len(candidates) - 1, min(len(candidates), _FIRST_TRIED)).astype(np.int64)
        yield from ((total, (*row, int(chunk))) for chunk in candidates[evenly])
        return
    scores = all_scores(score, before, candidates, max(0, place - 1)).astype(np.float64)
    best = np.argsort(-scores, kind="stable")[:_TRIED]
    yield from ((total + float(scores[at]), (*row, int(candidates[at]))) for at in best)


def rows_of(places: Sequence[int]) -> list[tuple[int, int]]:
    """Return the rows of neighbouring places, rising: the first and the last of each."""
    rows: list[tuple[int, int]] = []
    for place in places:
        if rows and rows[-1][1] == place - 1:
            rows[-1] = rows[-1][0], place
        else:
            rows.append((place, place))
    return rows
