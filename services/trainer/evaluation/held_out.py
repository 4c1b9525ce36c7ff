"""Quick figures after a fit: AUC and ranks on the held-out songs of the training set itself.

For every transition (i, i + 1) of a held-out song, false successors are drawn from the same song, none of
i, i + 1, i + 2: the AUC tells how well scores part true from false. And each true successor is ranked
among all held-out chunks.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from services.trainer.datasets import Dataset
from services.trainer.evaluation.bootstrap import Doubles, Resamples
from services.trainer.evaluation.discrimination import concordance
from services.trainer.evaluation.judging import need_finite
from services.trainer.evaluation.ranking import ranks_of
from services.trainer.evaluation.reports import Estimate
from shared.errors import NothingToLearn
from shared.learning.approaches import BASELINES, ClosedForm, Scorer, get_approach
from shared.learning.corpus import Corpus, Floats, Indices
from shared.store.arrays import Arrays

_FALSE_PER_TRANSITION = 8
_MOST_TRANSITIONS = 2000
_MOST_PAIRWISE = 200


class Figures(BaseModel):
    """What one approach scored."""

    model_config = ConfigDict(frozen=True)

    auc: Estimate = Field(description="Chance that a true successor outscores a false one of the same song.")
    mrr: Estimate = Field(description="Mean of 1 / rank of the true successor among all held-out chunks.")
    r_at_1: float = Field(description="Share of true successors ranked first.")
    r_at_10: float = Field(description="Share of true successors ranked tenth or better.")


class Report(BaseModel):
    """How good a model is, on songs it never saw and on the other channel of those it saw."""

    model_config = ConfigDict(frozen=True)

    approach: str
    other_channel_auc: float | None = Field(
        description="On the training songs' second channel; null: one chunk."
    )
    other_channel_accuracy: float | None = Field(
        description="Of a network, on its training pairs as the second channel has them; the study's figure."
    )
    held_out: dict[str, Figures] | None = Field(description="By approach; null where no song was held out.")
    reason: str | None = Field(description="Why there are no held-out figures.")
    songs: int = Field(description="Held-out songs.")
    chunks: int = Field(description="Held-out chunks, among which successors are ranked.")
    transitions: int = Field(description="Held-out transitions asked for the AUC.")
    queries: int = Field(description="Held-out transitions whose true successor was ranked.")
    illustration: dict[str, Any] | None = Field(
        None, description="Of a network: its layers and, of some approaches, what pictures are drawn from."
    )

    def summary(self) -> dict[str, float | None]:
        """Return the main figures, flat."""
        mine = self.held_out[self.approach] if self.held_out else None
        return {
            "other_channel_auc": self.other_channel_auc,
            "other_channel_accuracy": self.other_channel_accuracy,
            "held_out_auc": mine.auc.value if mine else None,
            "held_out_auc_low": mine.auc.low if mine else None,
            "held_out_auc_high": mine.auc.high if mine else None,
            "held_out_mrr": mine.mrr.value if mine else None,
            "held_out_r_at_1": mine.r_at_1 if mine else None,
            "held_out_r_at_10": mine.r_at_10 if mine else None,
        }


@dataclass(frozen=True)
class Questions:
    """Transitions to judge, the same for every approach.

    Attributes:
        pairs: int64, shape (m, 2): chunk and true successor.
        false: int64, shape (m, k): false successors of each.
        songs: int64, shape (m,): the song of each transition.
        ranked: int64, shape (q,): the rows of `pairs` whose successor is ranked among all chunks.
    """

    pairs: Indices
    false: Indices
    songs: Indices
    ranked: Indices

    @classmethod
    def about(cls, corpus: Corpus, *, most: int, most_ranked: int, seed: int) -> Questions:
        """Draw at most so many transitions of a corpus, with their false successors."""
        rng = np.random.default_rng(seed)
        pairs = corpus.successors()
        if len(pairs) > most:
            pairs = pairs[np.sort(rng.choice(len(pairs), most, replace=False))]
        false = corpus.false_successors(pairs[:, 0], _FALSE_PER_TRANSITION, rng)
        able = false[:, 0] >= 0
        pairs, false = pairs[able], false[able]
        ranked = np.sort(rng.permutation(len(pairs))[:most_ranked])
        return cls(pairs, false, corpus.songs[pairs[:, 0]], ranked)


def evaluate(
    scorer: Scorer,
    approach: str,
    dataset: Dataset,
    *,
    seed: int = 0,
    other_channel_accuracy: float | None = None,
    check: Callable[[], None] = lambda: None,
) -> Report:
    """Judge a fitted approach, and the baselines beside it.

    Args:
        scorer: of the fitted approach.
        approach: its name.
        dataset: what it was fitted on, with the songs held out.
        seed: of the questions and the bootstrap.
        other_channel_accuracy: of a network, from its history.
        check: called between steps; raises to stop.

    Raises:
        ModelDiverged: a score is not finite.
    """
    limit = _MOST_PAIRWISE if scorer.pairwise else _MOST_TRANSITIONS
    training, unseen = dataset.training(), dataset.unseen()
    questions = Questions.about(unseen, most=_MOST_TRANSITIONS, most_ranked=limit, seed=seed)
    figures, reason = None, None
    if len(questions.pairs):
        scorers = {**baselines(training, seed), approach: scorer}
        figures = {
            name: judge(each, unseen, questions, seed=seed, check=check) for name, each in scorers.items()
        }
    elif dataset.held_out.any():
        reason = "The held-out songs have fewer than four chunks each."
    else:
        reason = f"With {len(dataset.ids(held_out=False))} songs none is held out; add songs, at least three."
    return Report(
        approach=approach,
        other_channel_auc=_other_channel_auc(scorer, training, seed, check),
        other_channel_accuracy=other_channel_accuracy,
        held_out=figures,
        reason=reason,
        songs=unseen.song_count,
        chunks=len(unseen),
        transitions=len(questions.pairs),
        queries=len(questions.ranked),
    )


def judge(
    scorer: Scorer, corpus: Corpus, questions: Questions, *, seed: int, check: Callable[[], None]
) -> Figures:
    """Ask one scorer all questions."""
    prepared = scorer.prepare(corpus.edges, corpus.songs)
    true, false = _answers(scorer, prepared, questions, check)
    ranks = _ranks(scorer, prepared, len(corpus), questions.pairs[questions.ranked], check)
    of_ranked = Resamples.of(questions.songs[questions.ranked], seed=seed)
    return Figures(
        auc=Resamples.of(questions.songs, seed=seed).concordance(concordance(true, false)),
        mrr=of_ranked.mean(1 / ranks),
        r_at_1=float((ranks <= 1).mean()),
        r_at_10=float((ranks <= 10).mean()),
    )


def _answers(
    scorer: Scorer, prepared: Arrays, questions: Questions, check: Callable[[], None]
) -> tuple[Floats, Floats]:
    """Return the scores of true (m,) and of false (m, k) successors."""
    rows = []
    for (reference, true), false in zip(questions.pairs, questions.false, strict=True):
        check()
        scores = scorer.scores(prepared, int(reference), np.append(true, false))
        rows.append(need_finite(scores, "The fitted approach"))
    answers = np.stack(rows)
    return answers[:, 0], answers[:, 1:]


def _ranks(
    scorer: Scorer, prepared: Arrays, chunks: int, pairs: Indices, check: Callable[[], None]
) -> Doubles:
    """Return the rank of each true successor among all chunks but the reference."""
    ranks = [np.empty(0)]
    everyone = np.arange(chunks, dtype=np.int64)
    for reference, true in pairs:
        check()
        scores = need_finite(scorer.scores(prepared, int(reference), everyone), "The fitted approach")
        rivals = (everyone != reference) & (everyone != true)
        ranks.append(ranks_of(scores[true, None], scores[None], rivals[None]))
    return np.concatenate(ranks)


def _other_channel_auc(
    scorer: Scorer, training: Corpus, seed: int, check: Callable[[], None]
) -> float | None:
    corpus = training.only_channel(1)
    questions = Questions.about(corpus, most=_MOST_PAIRWISE, most_ranked=0, seed=seed)
    if not len(questions.pairs):
        return None
    true, false = _answers(scorer, scorer.prepare(corpus.edges, corpus.songs), questions, check)
    return float(concordance(true, false).mean())


def baselines(training: Corpus, seed: int) -> dict[str, Scorer]:
    """Return the baselines by name; `linear` is left out where it has too little to learn from."""
    scorers = {}
    for name in BASELINES:
        approach = get_approach(name)
        assert isinstance(approach, ClosedForm)
        settings = approach.resolve()
        with suppress(NothingToLearn):
            scorers[name] = approach.scorer(settings, approach.solve(training, settings, seed=seed))
    return scorers
