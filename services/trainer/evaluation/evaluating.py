"""The whole evaluation: choose the songs, set an exam at every gap, ask every approach."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from services.trainer.evaluation.bootstrap import are_enough
from services.trainer.evaluation.exams import Exam, Pool, set_exam
from services.trainer.evaluation.judging import (
    Answers,
    Marks,
    figures,
    heat_map,
    mark,
    middling_song,
    sample_scores,
)
from services.trainer.evaluation.ranking import chance_mrr
from services.trainer.evaluation.reports import (
    LINEAR,
    ApproachFigures,
    Evaluation,
    GapFigures,
    HeatMap,
    PoolFacts,
    Retrieval,
    ScoreSamples,
    digest_of,
    gap_name,
)
from services.trainer.evaluation.selecting import Selection, select
from services.trainer.evaluation.trials import LearnedSong, Trial
from shared.judging import Protocol
from shared.learning.approaches import Scorer

Progress = Callable[[int, int], None]


def evaluate(
    trials: Sequence[Trial],
    scorers: Mapping[str, Scorer],
    protocol: Protocol,
    *,
    learned: Sequence[LearnedSong] = (),
    check: Callable[[], None] = lambda: None,
    progress: Progress = lambda done, steps: None,
) -> Evaluation:
    """Judge approaches on songs that they have not learned from.

    Args:
        trials: the songs, with edges at every gap of the protocol.
        scorers: of fitted approaches, by name; `linear` is what the others are compared to.
        protocol: how they are judged.
        learned: every song that any of them has learned from.
        check: called between steps; raises to stop.
        progress: called with the steps done and all steps; each approach takes one at each gap.

    Raises:
        TooFewSongs: fewer than two songs are left to judge.
        BadSetting: at some gap no transition is left to judge.
        ModelDiverged: a score is not finite.
    """
    progress(0, len(scorers) * len(protocol.gaps_s))
    selection = select(trials, learned, protocol, check=check)
    pool = Pool.of(selection, protocol, check=check)
    course = _Course(scorers, protocol, pool.trials, check, progress)
    for gap_s in protocol.gaps_s:
        check()
        course.sit(set_exam(pool, gap_s, scorers.values(), protocol))
    return Evaluation(
        protocol=protocol,
        pool=_pool_facts(selection, pool, course.asked, protocol),
        approaches={name: course.result(name) for name in scorers},
    )


@dataclass(frozen=True)
class _Asked:
    """What the report says of an exam, whose arrays are let go."""

    chunks: int
    transitions: int
    twin_share: float


def _pool_facts(
    selection: Selection, pool: Pool, asked: Mapping[str, _Asked], protocol: Protocol
) -> PoolFacts:
    chunks_by_gap = {gap: exam.chunks for gap, exam in asked.items()}
    at_the_cut = asked[gap_name(protocol.gaps_s[0])]
    return PoolFacts(
        songs=len(pool.trials),
        chunks=len(pool.songs),
        chunks_per_song=selection.chunks_per_song,
        transitions=at_the_cut.transitions,
        titles=[trial.title for trial in pool.trials],
        left_out=list(selection.left_out),
        gaps_s=list(protocol.gaps_s),
        chunks_by_gap=chunks_by_gap,
        twin_share=at_the_cut.twin_share,
        chance_mrr=chance_mrr(at_the_cut.chunks),
        resampled="songs" if are_enough(len(pool.trials)) else "transitions",
        digest=digest_of(pool.digest(), protocol.model_dump(mode="json"), chunks_by_gap),
    )


class _Course:
    """All approaches on their way through the exams."""

    def __init__(
        self,
        scorers: Mapping[str, Scorer],
        protocol: Protocol,
        trials: Sequence[Trial],
        check: Callable[[], None],
        progress: Progress,
    ) -> None:
        self._scorers, self._protocol, self._trials = scorers, protocol, trials
        self._check, self._progress = check, progress
        self._done = 0
        self.asked: dict[str, _Asked] = {}
        self._by_gap: dict[str, dict[str, GapFigures]] = {name: {} for name in scorers}
        self._scores: dict[str, ScoreSamples] = {}
        self._heat_maps: dict[str, HeatMap] = {}

    def sit(self, exam: Exam) -> None:
        """Put one exam to every approach, to `linear` first, since the others are compared to it."""
        gap = gap_name(exam.gap_s)
        self.asked[gap] = _Asked(len(exam.songs), len(exam.pairs), exam.twin_share)
        linear: Marks | None = None
        song: int | None = None
        for name in sorted(self._scorers, key=lambda name: name != LINEAR):
            scorer = self._scorers[name]
            own = self._shortened(exam, scorer)
            answers, marks = self._ask(scorer, own, name)
            linear = marks if name == LINEAR else linear
            bare = None
            if scorer.background:
                bare = self._ask(scorer.without_background(), own, name)[1]
            found = figures(marks, own, self._protocol, linear=linear, bare=bare)
            self._by_gap[name][gap] = found
            if exam.gap_s == self._protocol.headline_gap_s:
                # One song for all approaches, so that their maps can be compared.
                song = middling_song(marks) if song is None else song
                self._scores[name] = sample_scores(marks)
                trial = self._trials[song]
                self._heat_maps[name] = heat_map(answers, own, song, name=trial.song, title=trial.title)
            self._done += 1
            self._progress(self._done, len(self._scorers) * len(self._protocol.gaps_s))

    def result(self, name: str) -> ApproachFigures:
        """Return what an approach scored in all exams."""
        by_gap = self._by_gap[name]
        headline = by_gap[gap_name(self._protocol.headline_gap_s)]
        at_the_cut = by_gap[gap_name(self._protocol.gaps_s[0])]
        return ApproachFigures(
            **{
                **dict(at_the_cut),
                "vs_linear": headline.vs_linear,
                "headline": Retrieval(
                    **{field: getattr(headline, field) for field in Retrieval.model_fields}
                ),
                "gap_mrr": {gap: found.mrr for gap, found in by_gap.items()},
                "gap_intervals": {gap: found.intervals["mrr"] for gap, found in by_gap.items()},
                "by_gap": by_gap,
                "scores": self._scores[name],
                "heat_map": self._heat_maps[name],
                "pairwise": self._scorers[name].pairwise,
                "background": self._scorers[name].background,
            }
        )

    def _ask(self, scorer: Scorer, exam: Exam, name: str) -> tuple[Answers, Marks]:
        self._check()
        answers = Answers(scorer, exam, name=name, check=self._check)
        return answers, mark(answers, exam, check=self._check)

    def _shortened(self, exam: Exam, scorer: Scorer) -> Exam:
        if not scorer.pairwise:
            return exam
        return exam.first(self._protocol.pairwise_queries, self._protocol.pairwise_puzzles)
