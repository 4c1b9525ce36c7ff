"""Search for the order of a mix within limits: pure over numbers, it knows neither songs nor models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.assembler.limits import Rules
from services.assembler.paths import Path
from services.assembler.sequencing import OnStep, Score, Sequence, Shortlist, all_scores
from shared.errors import WishesContradict

__all__ = ["Draws", "Strays", "search"]

Strays = Callable[[Path, NDArray[np.int64]], NDArray[np.float64]]
"""Given a beginning and chunks, int64 (m,): how far each strays from a wish, float64 (m,), from 0 to 1."""

STRAYING_COSTS = 2.0
"""What straying by 1 costs, in distances from the median of a step's scores to their 90th percentile. With 1
twelve mixes strayed by 0.10 on average, with 2 by 0.06, with 4 by 0.04, and scored 0.30, 0.26 and 0.17."""

_GUMBEL_SPREAD = 1.884
"""From the median of the Gumbel distribution to its 90th percentile."""

_WIDER = (1, 4, 16)
"""A search that ends in the middle is made again, so many times wider, before it is given up."""
_DRAWS = 16
"""Times that a mix is drawn anew when it ends in the middle."""


@dataclass(frozen=True)
class Draws:
    """How chunks are drawn: by a softmax of their scores, divided by a temperature."""

    temperature: float
    seed: int


_Proposals = tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True)
class _Found:
    """What a search came to: a mix, or the longest path that nothing could follow."""

    mix: Path | None
    stuck: Path


def search(
    score: Score,
    rules: Rules,
    *,
    stricter: Rules | None = None,
    width: int = 8,
    draws: Draws | None = None,
    shortlist: Shortlist | None = None,
    strays: Strays | None = None,
    total: int,
    on_step: OnStep = lambda placed, total: None,
) -> Sequence:
    """Find a sequence with a high sum of scores that keeps to the rules.

    A beam search: of all paths of one length, those with the highest sums go on, and always the one that
    took the best chunk at every step. Of equal sums the earlier path wins, and in it the lowest index.
    Where mixes differ in their number of chunks, the highest mean wins.

    Args:
        score: judges candidates against a reference; see `Score`.
        rules: what may follow what.
        stricter: the same with more asked for, kept to if the first search by them finds a sequence.
        width: paths that go on.
        draws: draw each chunk in place of taking the best; then one path is followed.
        shortlist: names those of the chunks that may follow that are scored; None: all.
        strays: what chunks that stray from a wish are held back by; None: nothing.
        total: chunks in the mix, about so many where a time is asked for.
        on_step: told of each step; see `OnStep`.

    Raises:
        WishesContradict: no sequence was found; which rule was in the way.
        ModelDiverged: a score is not a number.
    """
    generator = None if draws is None else np.random.default_rng(draws.seed)
    temperature = 1.0 if draws is None else draws.temperature
    widths = [1] * _DRAWS if draws is not None else [width * times for times in _WIDER]
    attempts = [(rules, now) for now in widths]
    if stricter is not None:
        attempts = [(stricter, widths[0]), *attempts]
    stuck = rules.begin()
    for kept, now in attempts:
        one = _Search(score, kept, now, shortlist, strays, generator, temperature)
        found = one.run(lambda best: on_step(best.order, total))
        if found.mix is not None:
            return Sequence(np.array(found.mix.order, np.int64), np.array(found.mix.scores, np.float32))
        stuck = max(stuck, found.stuck, key=lambda path: len(path.order))
    raise _contradiction(rules.obstacle(stuck), placed=len(stuck.order), total=total)


class _Search:
    """One search, of one width."""

    def __init__(
        self,
        score: Score,
        rules: Rules,
        width: int,
        shortlist: Shortlist | None,
        strays: Strays | None,
        generator: np.random.Generator | None,
        temperature: float,
    ) -> None:
        self._score, self._rules, self._width = score, rules, width
        self._shortlist, self._strays = shortlist, strays
        self._generator, self._temperature = generator, temperature

    def run(self, on_step: Callable[[Path], None]) -> _Found:
        """Extend paths until all have ended."""
        first = self._rules.begin()
        on_step(first)
        if self._rules.ended(first):
            return _Found(first, first)
        paths, stuck, mix = [first], first, None
        # The first path is the one that took the best chunk at every step, until it cannot go on.
        greedy = True
        while paths:
            stuck = paths[0]
            paths, greedy, ended = self._step(paths, greedy=greedy)
            if ended is not None and (mix is None or _mean(ended) > _mean(mix)):
                mix = ended
            if (best := paths[0] if paths else ended) is not None:
                on_step(best)
        return _Found(mix, stuck)

    def _step(self, paths: list[Path], *, greedy: bool) -> tuple[list[Path], bool, Path | None]:
        """Return the paths that go on, whether the first is still the greedy one, and the best that ended."""
        proposals = list(self._proposals(paths))
        of = np.repeat(np.arange(len(paths)), [len(chunks) for chunks, _, _, _ in proposals])
        chunks, ends, scores, merits = (np.concatenate(column) for column in zip(*proposals, strict=True))
        totals = np.array([path.merit for path in paths])[of] + merits
        if self._generator is not None:
            # The largest of scores with Gumbel noise is a draw by their softmax.
            totals = merits / self._temperature + self._generator.gumbel(size=len(merits))
        if not len(totals):
            return [], False, None
        order = np.argsort(-totals, kind="stable")
        if greedy and (own := np.count_nonzero(of == 0)):
            best = int(totals[:own].argmax())
            order = np.concatenate([[best], order[order != best]])
        else:
            greedy = False
        if self._generator is not None:
            order = order[:1]
        ending = order[ends[order]]
        going = order[~ends[order]][: self._width]
        extended = [
            self._rules.extend(paths[of[at]], int(chunks[at]), float(scores[at]), float(merits[at]))
            for at in going.tolist()
        ]
        if not len(ending):
            return extended, greedy, None
        last = int(ending[totals[ending].argmax()])
        ended = self._rules.extend(
            paths[of[last]], int(chunks[last]), float(scores[last]), float(merits[last])
        )
        return extended, greedy and not ends[order[0]], ended

    def _proposals(self, paths: list[Path]) -> Iterator[_Proposals]:
        """Yield for each path what may follow, which of it ends the mix, its scores and its merits."""
        for path, (chunks, ends, scores) in zip(paths, self._scored(paths), strict=True):
            merits = scores
            if self._strays is not None and len(chunks):
                spread = _spread(scores)
                if self._generator is not None:
                    spread += _GUMBEL_SPREAD * self._temperature
                merits = scores - STRAYING_COSTS * spread * self._strays(path, chunks)
            yield chunks, ends, scores, merits

    def _scored(
        self, paths: list[Path]
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.float64]]]:
        """Yield for each path what may follow, which of it ends the mix, and the scores.

        Paths that end alike share a row of scores.
        """
        transition = len(paths[0].order) - 1
        rows: dict[int, NDArray[np.float64]] = {}
        lasts = [path.order[-1] for path in paths]
        for path, last in zip(paths, lasts, strict=True):
            chunks, ends = self._rules.followers(path)
            if not len(chunks):
                yield chunks, ends, np.zeros(0)
                continue
            if self._shortlist is not None:
                allowed = np.zeros(len(path.unused), np.bool_)
                allowed[chunks] = True
                listed = self._shortlist(last, allowed)
                ends, chunks = ends[np.searchsorted(chunks, listed)], listed
            if self._shortlist is not None or lasts.count(last) == 1:
                yield chunks, ends, all_scores(self._score, last, chunks, transition).astype(np.float64)
                continue
            if last not in rows:
                everyone = np.arange(len(path.unused))
                rows[last] = all_scores(self._score, last, everyone, transition).astype(np.float64)
            yield chunks, ends, rows[last][chunks]


def _spread(scores: NDArray[np.float64]) -> float:
    """Return by how much good scores are better than most: neither the best few nor the worst decide it."""
    middle, high = np.quantile(scores, [0.5, 0.9])
    return float(high - middle)


def _mean(path: Path) -> float:
    return path.merit / max(1, len(path.scores))


def _contradiction(rule: str, *, placed: int, total: int) -> WishesContradict:
    return WishesContradict(
        f"`{rule}`",
        "the length of the mix",
        found=f"after {placed} of {total} chunks the search found none that may follow",
        remedy="Loosen it, ask for a shorter mix, or add songs",
    )
