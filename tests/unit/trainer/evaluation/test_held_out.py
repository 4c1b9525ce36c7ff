import numpy as np
import pytest

from services.trainer.datasets import Dataset
from services.trainer.evaluation.held_out import Questions, evaluate, judge
from shared.errors import ModelDiverged
from shared.learning.approaches import Scorer
from tests.unit.learning.planted import planted_corpus


class Oracle(Scorer):
    """Scores (i, i + 1) and all else as it was told."""

    def __init__(self, true, other):
        self.true, self.other = true, other

    def prepare(self, edges, songs=None):
        return {}

    def scores(self, prepared, reference, candidates, step=None):
        return np.where(candidates == reference + 1, self.true, self.other).astype(np.float32)


def judged(scorer, *, songs=2, chunks=10):
    corpus = planted_corpus(0, songs=songs, chunks=chunks)
    questions = Questions.about(corpus, most=100, most_ranked=100, seed=0)
    return judge(scorer, corpus, questions, seed=0, check=lambda: None)


def test_a_scorer_that_knows_is_perfect():
    figures = judged(Oracle(1, 0))

    found = (figures.auc.value, figures.auc.low, figures.mrr.value, figures.r_at_1)
    assert found == pytest.approx((1, 1, 1, 1))


def test_a_scorer_that_knows_the_opposite_is_last():
    figures = judged(Oracle(0, 1))

    assert figures.auc.value == 0
    assert figures.mrr.value == pytest.approx(1 / 19)
    assert (figures.r_at_1, figures.r_at_10) == (0, 0)


def test_a_constant_scorer_gains_nothing():
    """All of 19 candidates tie, so each true successor has the rank 1 + 18 / 2."""
    figures = judged(Oracle(0, 0))

    assert (figures.auc.value, figures.auc.low, figures.auc.high) == pytest.approx((0.5, 0.5, 0.5))
    assert figures.mrr.value == pytest.approx(1 / 10)
    assert figures.r_at_1 == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite_fail(bad):
    with pytest.raises(ModelDiverged, match="not finite"):
        judged(Oracle(bad, 0))


def test_questions_are_the_same_for_the_same_seed_and_bounded():
    corpus = planted_corpus(0, songs=3, chunks=10)

    one, same = (Questions.about(corpus, most=12, most_ranked=5, seed=4) for _ in range(2))

    assert np.array_equal(one.pairs, same.pairs)
    assert np.array_equal(one.false, same.false)
    assert (one.pairs.shape, one.false.shape, one.ranked.shape) == ((12, 2), (12, 8), (5,))
    assert (one.pairs[:, 1] == one.pairs[:, 0] + 1).all()


def dataset(held_out):
    corpus = planted_corpus(0, songs=4, chunks=8)
    names = tuple("abcd")
    return Dataset(corpus, names, names, np.array(held_out))


def test_a_report_has_the_baselines_beside_the_model():
    report = evaluate(Oracle(3, -3), "binary", dataset([False, False, True, True]))

    assert set(report.held_out) == {"random", "spectral", "linear", "binary"}
    assert (report.songs, report.chunks, report.transitions) == (2, 16, 14)
    assert report.other_channel_auc == 1
    assert report.held_out["linear"].auc.low > 0.7
    assert report.held_out["random"].auc.low < 0.5 < report.held_out["random"].auc.high
    summary = report.summary()
    assert summary["held_out_auc"] == summary["held_out_mrr"] == 1


def test_without_held_out_songs_the_report_says_why():
    report = evaluate(Oracle(1, 0), "binary", dataset([False] * 4))

    assert report.held_out is None
    assert "none is held out" in report.reason
    assert report.summary()["held_out_auc"] is None


def test_an_evaluation_can_be_stopped():
    def stop():
        raise InterruptedError

    with pytest.raises(InterruptedError):
        evaluate(Oracle(1, 0), "binary", dataset([False, False, True, True]), check=stop)
