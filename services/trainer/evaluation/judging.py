"""Ask one approach all questions of an exam, and sum its answers up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.trainer.evaluation.bootstrap import Doubles, Resamples
from services.trainer.evaluation.discrimination import KINDS, MOST_COMPARED, concordance
from services.trainer.evaluation.exams import Exam
from services.trainer.evaluation.puzzles import SIZES, Solved, solve, summarise
from services.trainer.evaluation.ranking import gain_over, ranks_of, recall_curve, retrieval
from services.trainer.evaluation.reports import (
    Estimate,
    FalseKind,
    Gain,
    GapFigures,
    HeatMap,
    ScoreSamples,
)
from shared.errors import ModelDiverged
from shared.judging import Protocol
from shared.learning.approaches import Scorer
from shared.learning.corpus import Floats, Indices

_MOST_WHOLE = 6000
"""Of so many chunks all scores are held, 144 MB; of more, row by row."""

_ROWS = 256
_MOST_SAMPLES = 300

_FORWARD: tuple[FalseKind, ...] = ("random_song", "same_song", "level_matched")
"""The kinds whose scores lie in the row of the query."""


class Answers:
    """The scores of a pool: all at once where that is cheap, else as they are asked for.

    The scorer is told nothing of songs: they would tell it where to look.
    """

    def __init__(self, scorer: Scorer, exam: Exam, *, name: str, check: Callable[[], None]) -> None:
        self._scorer, self._check = scorer, check
        self._asked = f"{name}, with {exam.gap_s:g} s left out on each side,"
        self._chunks = len(exam.songs)
        self._prepared = scorer.prepare(exam.edges)
        self._whole: Floats | None = None
        if not scorer.pairwise and self._chunks <= _MOST_WHOLE:
            shape = (self._chunks, self._chunks)
            self._whole = self._finite(scorer.dense(self._prepared, self._chunks), shape)

    def rows(self, references: Indices) -> Floats:
        """Return the scores of all chunks after each reference: shape (r, n)."""
        if self._whole is not None:
            return self._whole[references]
        everyone = np.arange(self._chunks, dtype=np.int64)
        return self.at(references, np.broadcast_to(everyone, (len(references), self._chunks)))

    def at(self, references: Indices, candidates: Indices) -> Floats:
        """Return the scores of the candidates, shape (r, c), each row after its reference, shape (r,)."""
        if self._whole is not None:
            return self._whole[references[:, None], candidates]
        rows = []
        for reference, row in zip(references, candidates, strict=True):
            self._check()
            scores = self._scorer.scores(self._prepared, int(reference), row)
            rows.append(self._finite(scores, row.shape))
        return np.stack(rows)

    def _finite(self, scores: Floats, shape: tuple[int, ...]) -> Floats:
        if scores.shape != shape:
            raise ModelDiverged(f"{self._asked} gave scores of shape {scores.shape} where {shape} was asked")
        return need_finite(scores, self._asked)


@dataclass(frozen=True, eq=False)
class Marks:
    """What one approach answered to q transitions and its puzzles.

    Attributes:
        ranks, strict: float64, shape (q,): of the true successor, its twins left out and with them.
        in_song, strict_in_song: the same among the chunks of its song.
        true: shape (q,): scores of the true successors.
        false: by kind shape (m, k): scores of false ones.
        able: by kind int64, shape (m,): the transitions that have false successors of the kind.
        songs: int64, shape (q,): the song of each transition.
        puzzles: by size; None: there were none.
    """

    ranks: Doubles
    strict: Doubles
    in_song: Doubles
    strict_in_song: Doubles
    true: Floats
    false: dict[FalseKind, Floats]
    able: dict[FalseKind, Indices]
    songs: Indices
    puzzles: dict[int, Solved | None]


def mark(answers: Answers, exam: Exam, *, check: Callable[[], None]) -> Marks:
    """Ask all questions."""
    able = {kind: np.flatnonzero(chosen[:, 0] >= 0)[:MOST_COMPARED] for kind, chosen in exam.false.items()}
    ranks, true, forward = _ranked(answers, exam, check)
    false: dict[FalseKind, Floats] = {kind: forward[kind][able[kind]] for kind in _FORWARD}
    back = able["reversed_pair"]
    asked = exam.pairs[back, 1], exam.false["reversed_pair"][back]
    false["reversed_pair"] = answers.at(*asked) if len(back) else np.empty((0, 1), np.float32)
    puzzles = {size: _solved(answers, exam, size) for size in SIZES}
    return Marks(*ranks, true, false, able, exam.pair_songs, puzzles)


def figures(
    marks: Marks, exam: Exam, protocol: Protocol, *, linear: Marks | None, bare: Marks | None
) -> GapFigures:
    """Sum the answers up.

    Args:
        marks: of the approach.
        exam: what it was asked.
        protocol: seed and number of resamples.
        linear: what `linear` answered; None: it was not asked.
        bare: what the approach answered without background; None: it has none.
    """
    drawing = {"seed": protocol.seed, "count": protocol.resamples}
    resamples = Resamples.of(marks.songs, **drawing)
    main = retrieval(marks.ranks, marks.in_song, resamples, gap_s=exam.gap_s)
    extra = bare and retrieval(bare.ranks, bare.in_song, resamples, gap_s=exam.gap_s)
    return GapFigures(
        **dict(main),
        strict=retrieval(marks.strict, marks.strict_in_song, resamples, gap_s=exam.gap_s),
        without_background=extra,
        vs_linear=linear and compare(marks, linear, gap_s=exam.gap_s, **drawing),
        auc={kind: _auc(marks, kind, drawing) for kind in KINDS},
        puzzles={
            str(size): summarise(solved, size=size, **drawing) for size, solved in marks.puzzles.items()
        },
        recall_curve=recall_curve(marks.ranks),
    )


def compare(marks: Marks, linear: Marks, *, gap_s: float, **drawing: Any) -> Gain:
    """Compare two approaches on the transitions that both were asked: the first ones, of one of them all."""
    both = min(len(marks.ranks), len(linear.ranks))
    return gain_over(marks.ranks[:both], linear.ranks[:both], marks.songs[:both], gap_s=gap_s, **drawing)


def middling_song(marks: Marks) -> int:
    """Return the song whose mean 1 / rank is the median over songs, the lower of two."""
    songs = np.unique(marks.songs)
    means = [float((1 / marks.ranks[marks.songs == song]).mean()) for song in songs]
    return int(songs[np.argsort(means, kind="stable")[(len(songs) - 1) // 2]])


def heat_map(answers: Answers, exam: Exam, song: int, *, name: str, title: str) -> HeatMap:
    """Score all transitions within a song, given by its number and for people."""
    chunks = np.flatnonzero(exam.songs == song)
    chunks = chunks[np.argsort(exam.places[chunks])]
    scores = answers.at(chunks, np.broadcast_to(chunks, (len(chunks), len(chunks))))
    rows = [
        [None if chunk == other else float(score) for other, score in enumerate(row)]
        for chunk, row in enumerate(scores)
    ]
    return HeatMap(song=name, title=title, scores=rows)


def sample_scores(marks: Marks) -> ScoreSamples:
    """Return some scores of each kind."""
    return ScoreSamples(
        true=_some(marks.true),
        same_song=_some(marks.false["same_song"][:, 0]),
        random_song=_some(marks.false["random_song"][:, 0]),
    )


def need_finite(scores: Floats, asked: str) -> Floats:
    """Return the scores, all of them numbers.

    Raises:
        ModelDiverged: one is not.
    """
    wrong = int((~np.isfinite(scores)).sum())
    if wrong:
        raise ModelDiverged(f"{asked} gave {wrong} of {scores.size} scores that are not finite")
    return scores


def _ranked(
    answers: Answers, exam: Exam, check: Callable[[], None]
) -> tuple[tuple[Doubles, Doubles, Doubles, Doubles], Floats, Mapping[FalseKind, Floats]]:
    """Rank the true successors; return the four ranks, their scores, and those of all false ones."""
    ranks: list[tuple[Doubles, ...]] = []
    true: list[Floats] = []
    false: dict[FalseKind, list[Floats]] = {kind: [] for kind in _FORWARD}
    for start in range(0, len(exam.pairs), _ROWS):
        check()
        rows = slice(start, start + _ROWS)
        references, targets = exam.pairs[rows].T
        scores = answers.rows(references)
        here = np.arange(len(references))
        own = scores[here, targets]
        rivals = np.ones(scores.shape, dtype=np.bool_)
        rivals[here, references] = rivals[here, targets] = False
        # The query's own chunk is no candidate, though it may be a twin of its successor.
        others, at_home = rivals & ~exam.twins[targets], exam.songs[references][:, None] == exam.songs
        masks: tuple[NDArray[np.bool_], ...] = (others, rivals, others & at_home, rivals & at_home)
        ranks.append(tuple(ranks_of(own, scores, mask) for mask in masks))
        true.append(own)
        for kind, parts in false.items():
            parts.append(np.take_along_axis(scores, np.maximum(exam.false[kind][rows], 0), axis=1))
    main, strict, in_song, strict_in_song = (np.concatenate(each) for each in zip(*ranks, strict=True))
    joined = {kind: np.concatenate(parts) for kind, parts in false.items()}
    return (main, strict, in_song, strict_in_song), np.concatenate(true), joined


def _solved(answers: Answers, exam: Exam, size: int) -> Solved | None:
    puzzles = exam.puzzles[size]
    if not len(puzzles):
        return None
    scores = answers.at(puzzles.ravel(), np.repeat(puzzles, size, axis=0))
    return solve(scores.reshape(-1, size, size), exam.songs[puzzles[:, 0]])


def _auc(marks: Marks, kind: FalseKind, drawing: Mapping[str, int]) -> Estimate | None:
    able = marks.able[kind]
    if not len(able):
        return None
    shares = concordance(marks.true[able], marks.false[kind])
    return Resamples.of(marks.songs[able], **drawing).concordance(shares)


def _some(scores: Floats) -> list[float]:
    """Return the first so many, which stand in an order drawn by lot, rising."""
    return [float(score) for score in np.sort(scores[:_MOST_SAMPLES])]
