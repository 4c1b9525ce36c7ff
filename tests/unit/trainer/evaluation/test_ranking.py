import numpy as np
import pytest

from services.trainer.evaluation.bootstrap import Resamples
from services.trainer.evaluation.ranking import chance_mrr, gain_over, ranks_of, recall_curve, retrieval


def test_ties_count_half_and_only_rivals_count():
    scores = np.array([[9, 3, 2, 2, 1], [9, 3, 2, 2, 1], [0, 0, 0, 0, 0]], np.float32)
    allowed = np.array([[0, 1, 0, 1, 1], [1, 1, 0, 1, 1], [0, 1, 1, 1, 1]], np.bool_)

    assert ranks_of(np.array([2, 2, 0]), scores, allowed).tolist() == [2.5, 3.5, 3]


def test_figures_of_known_ranks():
    ranks, in_song = np.array([1.0, 2.0, 4.0, 20.0]), np.array([1.0, 1.0, 2.0, 5.0])
    songs = np.array([0, 0, 0, 1])

    found = retrieval(ranks, in_song, Resamples.of(songs, seed=0), gap_s=0.1)

    assert found.mrr == pytest.approx((1 + 0.5 + 0.25 + 0.05) / 4)
    assert (found.r_at_1, found.r_at_5, found.r_at_10) == (0.25, 0.75, 0.75)
    assert (found.median_rank, found.in_song_r_at_1) == (3, 0.5)
    assert found.mrr_songs == pytest.approx((1.75 / 3 + 0.05) / 2)
    assert found.r_at_10_songs == pytest.approx(0.5)
    assert (found.queries, found.gap_s) == (4, 0.1)
    for name, interval in found.intervals.items():
        assert interval.low <= getattr(found, name) <= interval.high, name


def test_the_recall_curve_counts_ranks():
    curve = recall_curve(np.array([1, 1.5, 2, 100, 101]))

    assert len(curve) == 100
    assert curve[:3] == pytest.approx([0.2, 0.6, 0.6])
    assert curve[-1] == pytest.approx(0.8)


def test_chance_is_what_random_orders_give():
    ranks = np.random.default_rng(0).integers(1, 50, 200_000)

    assert chance_mrr(50) == pytest.approx((1 / ranks).mean(), rel=0.02)


def test_a_paired_gain_is_narrower_than_two_intervals():
    """Ranks differ much between songs, and between approaches by the same everywhere."""
    songs = np.repeat(np.arange(20), 10)
    reference = 1 + np.random.default_rng(0).integers(1, 9, 20)[songs].astype(float)
    ranks = 1 / (1 / reference + 0.05)

    gain = gain_over(ranks, reference, songs, gap_s=0.1, seed=0, count=1000)

    assert gain.mrr_gain == pytest.approx(0.05)
    assert (gain.low, gain.high) == pytest.approx((0.05, 0.05))
    alone = Resamples.of(songs, seed=0).mean(1 / ranks)
    assert alone.high - alone.low > 0.05


def test_no_gain_over_itself():
    ranks = np.array([1.0, 5.0, 3.0])

    gain = gain_over(ranks, ranks, np.arange(3), gap_s=0.1, seed=0, count=100)

    assert (gain.mrr_gain, gain.low, gain.high) == (0, 0, 0)
