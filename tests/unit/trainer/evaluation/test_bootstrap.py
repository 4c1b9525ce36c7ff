import numpy as np
import pytest

from services.trainer.evaluation.bootstrap import Resamples
from services.trainer.evaluation.discrimination import concordance


def test_whole_songs_are_drawn_where_there_are_five():
    five, four = np.repeat(np.arange(5), 3), np.repeat(np.arange(4), 3)

    assert Resamples.of(five, seed=0).draws.shape == (1000, 5)
    assert Resamples.of(four, seed=0).draws.shape == (1000, 12)
    assert (Resamples.of(five, seed=0).draws.sum(axis=1) == 5).all()


def test_a_resample_is_the_mean_over_the_songs_drawn():
    songs, values = np.array([0, 0, 1, 2, 3, 4]), np.array([1.0, 3, 5, 7, 9, 11])
    resamples = Resamples.of(songs, seed=0)
    drawn = [np.repeat(np.arange(5), row.astype(int)) for row in resamples.draws]

    found = resamples.mean(values)
    by_hand = [np.concatenate([values[songs == song] for song in row]).mean() for row in drawn]

    assert found.value == values.mean()
    assert (found.low, found.high) == pytest.approx(np.quantile(by_hand, [0.025, 0.975]))


@pytest.mark.parametrize("figure", ["mean", "median", "song_mean"])
@pytest.mark.parametrize("songs", [2, 40])
def test_the_interval_covers_as_often_as_it_says(figure, songs):
    """Of 200 experiments with a true figure of 0, about 95 % of the intervals hold it.

    With two songs transitions are drawn, and these are independent here.
    """
    rng, hits = np.random.default_rng(0), 0
    each = 240 // songs
    numbers = np.repeat(np.arange(songs), each)
    for experiment in range(200):
        of_song = rng.normal(0, 1, songs)[numbers] if songs > 2 else 0
        values = of_song + rng.normal(0, 0.5, len(numbers))
        found = getattr(Resamples.of(numbers, seed=experiment, count=300), figure)(values)
        hits += found.low <= 0 <= found.high
    assert 176 <= hits <= 200


def test_the_auc_of_a_resample_is_that_of_the_songs_drawn():
    rng = np.random.default_rng(0)
    songs = np.repeat(np.arange(5), 2)
    true, false = rng.normal(size=10), rng.normal(size=(10, 4))
    resamples = Resamples.of(songs, seed=0, count=100)

    found = resamples.concordance(concordance(true, false))
    drawn = [np.repeat(np.arange(10), row[songs].astype(int)) for row in resamples.draws]
    by_hand = [concordance(true[row], false[row]).mean() for row in drawn]

    assert (found.low, found.high) == pytest.approx(np.quantile(by_hand, [0.025, 0.975]))


def test_the_interval_of_an_auc_covers():
    rng, hits = np.random.default_rng(0), 0
    for experiment in range(200):
        shares = concordance(rng.normal(size=60), rng.normal(size=(60, 8)))
        found = Resamples.of(np.zeros(60, np.int64), seed=experiment).concordance(shares)
        hits += found.low <= 0.5 <= found.high
    assert 180 <= hits <= 200
