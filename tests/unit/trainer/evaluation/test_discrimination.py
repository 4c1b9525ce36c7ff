import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.trainer.evaluation.discrimination import concordance, draw_false, head_levels_db
from services.trainer.evaluation.exams import successors
from tests.unit.trainer.evaluation.songs import coded_edges

SONGS, PLACES = (part.astype(np.int64) for part in np.divmod(np.random.default_rng(0).permutation(40), 10))
PAIRS = successors(SONGS, PLACES)


def drawn(twins=None, levels_db=None, count=6):
    twins = np.eye(40, dtype=np.bool_) if twins is None else twins
    levels_db = np.zeros(40) if levels_db is None else levels_db
    return draw_false(PAIRS, SONGS, PLACES, twins, levels_db, count=count, seed=0)


def test_pairs_are_those_that_follow_one_another():
    assert len(PAIRS) == 36
    assert (SONGS[PAIRS[:, 0]] == SONGS[PAIRS[:, 1]]).all()
    assert (PLACES[PAIRS[:, 0]] + 1 == PLACES[PAIRS[:, 1]]).all()


def test_every_kind_is_what_it_says():
    found, chunks = drawn(), PAIRS[:, :1]

    assert (SONGS[found["random_song"]] != SONGS[chunks]).all()
    assert (SONGS[found["level_matched"]] != SONGS[chunks]).all()
    assert (SONGS[found["same_song"]] == SONGS[chunks]).all()
    assert (np.abs(PLACES[found["same_song"]] - PLACES[chunks]) > 1).all()
    assert (found["reversed_pair"] == chunks).all()
    assert all(len(set(row)) == 6 for row in found["same_song"])
    assert all((found[kind] == drawn()[kind]).all() for kind in found)


def test_the_level_matched_begin_most_alike_in_level():
    levels_db = np.random.default_rng(1).normal(0, 10, 40)

    found = drawn(levels_db=levels_db, count=3)["level_matched"]

    for (chunk, target), chosen in zip(PAIRS, found, strict=True):
        others = np.flatnonzero(SONGS[chunk] != SONGS)
        steps_db = np.sort(np.abs(levels_db[others] - levels_db[target]))[:3]
        assert np.abs(levels_db[chosen] - levels_db[target]) == pytest.approx(steps_db)


def test_no_false_successor_is_a_twin_of_the_true_one():
    target = PAIRS[0, 1]
    twins = np.eye(40, dtype=np.bool_)
    twins[target] = twins[:, target] = SONGS != 3

    found = drawn(twins, count=20)

    for kind in ("random_song", "level_matched"):
        assert set(SONGS[found[kind][0]]) <= {3}
    assert SONGS[target] == 0
    assert (found["same_song"][0] == -1).all()
    assert found["reversed_pair"][0] == -1


def test_too_few_are_repeated():
    found = drawn(count=20)["same_song"]

    assert found.shape == (36, 20)
    assert (found >= 0).all()
    assert all(len(set(row)) in (7, 8) for row in found)


def test_the_level_of_a_head_is_its_mean_power():
    edges = coded_edges(0, 3, np.random.default_rng(0))
    edges.heads[:] = np.log(np.array([0.01, 0.1, 1]))[:, None, None, None]

    assert head_levels_db(edges) == pytest.approx([-20, -10, 0], abs=0.05)


@given(st.integers(1, 12), st.integers(1, 5), st.integers(0, 99))
def test_concordance_under_equal_weights_is_the_auc(transitions, false_each, seed):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 6, transitions).astype(np.float32)
    false = rng.integers(0, 5, (transitions, false_each)).astype(np.float32)

    found = concordance(true, false).mean()

    wins = [(t > f) + 0.5 * (t == f) for t in true for f in false.ravel()]
    assert found == pytest.approx(np.mean(wins))


def test_the_weighted_auc_is_that_of_the_resample():
    rng = np.random.default_rng(0)
    true, false = rng.normal(size=6), rng.normal(size=(6, 4))
    taken = np.array([0, 0, 3, 5, 5, 5])
    weights = np.bincount(taken, minlength=6) / 6

    by_weights = weights @ concordance(true, false) @ weights

    assert by_weights == pytest.approx(concordance(true[taken], false[taken]).mean())
