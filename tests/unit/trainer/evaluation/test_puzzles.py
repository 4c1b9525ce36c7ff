from itertools import permutations
from math import factorial

import numpy as np
import pytest

from services.trainer.evaluation.puzzles import SIZES, draw_puzzles, solve, summarise

SONGS, PLACES = (part.astype(np.int64) for part in np.divmod(np.random.default_rng(0).permutation(60), 20))
APART = np.eye(60, dtype=np.bool_)


def solved(scores):
    return solve(np.asarray(scores, np.float32), np.zeros(len(scores), np.int64))


@pytest.mark.parametrize("size", SIZES)
def test_who_knows_solves_all(size):
    found = solved([np.eye(size, k=1)] * 3)

    assert found.exact.tolist() == found.neighbours.tolist() == [1, 1, 1]


@pytest.mark.parametrize("size", SIZES)
def test_who_says_always_the_same_is_at_chance(size):
    found = solved(np.full((2, size, size), 0.7))

    assert found.exact == pytest.approx([1 / factorial(size)] * 2)
    assert found.neighbours == pytest.approx([1 / size] * 2)


def test_random_scores_are_at_chance():
    found = solved(np.random.default_rng(0).normal(size=(3000, 3, 3)))

    assert found.exact.mean() == pytest.approx(1 / 6, abs=0.02)
    assert found.neighbours.mean() == pytest.approx(1 / 3, abs=0.02)


def test_the_best_order_is_that_of_the_highest_sum():
    scores = np.random.default_rng(1).normal(size=(20, 5, 5))

    found = solved(scores)

    for number, table in enumerate(scores):
        best = max(
            permutations(range(5)), key=lambda order: sum(table[order[i], order[i + 1]] for i in range(4))
        )
        assert found.exact[number] == (best == tuple(range(5)))
        assert found.neighbours[number] == np.mean(np.diff(best) == 1)


def test_backwards_has_no_neighbour_right():
    found = solved([np.eye(5, k=-1)])

    assert (found.exact[0], found.neighbours[0]) == (0, 0)


@pytest.mark.parametrize("size", SIZES)
def test_puzzles_are_runs_of_a_song_and_share_no_chunk(size):
    found = draw_puzzles(SONGS, PLACES, APART, size=size, most=1000, seed=0)

    assert len(found) >= 3 * ((20 - size + 1) // size)
    assert (np.diff(PLACES[found], axis=1) == 1).all()
    assert (SONGS[found] == SONGS[found[:, :1]]).all()
    assert len(np.unique(found)) == found.size
    few = draw_puzzles(SONGS, PLACES, APART, size=size, most=2, seed=0)
    assert (few == found[:2]).all()


def test_no_puzzle_holds_twins_or_misses_a_chunk():
    twins = APART.copy()
    one, other = (np.flatnonzero((SONGS == 0) & (place == PLACES))[0] for place in (9, 10))
    twins[one, other] = twins[other, one] = True
    there = PLACES != 5

    found = draw_puzzles(SONGS[there], PLACES[there], twins[there][:, there], size=3, most=1000, seed=1)

    places = PLACES[there][found]
    assert (np.diff(places, axis=1) == 1).all()
    of_first = places[SONGS[there][found[:, 0]] == 0]
    assert not ((of_first == 9).any(axis=1) & (of_first == 10).any(axis=1)).any()


def test_the_summary_tells_chance():
    found = summarise(solved([np.eye(8, k=1)] * 6), size=8, seed=0, count=100)

    assert (found.puzzles, found.exact.value, found.neighbours.low) == (6, 1, 1)
    assert found.chance_exact == pytest.approx(0.000025, rel=0.01)
    assert summarise(None, size=8) is None
