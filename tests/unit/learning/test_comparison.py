import numpy as np
import pytest

from shared.learning import comparison
from shared.learning.approaches import get_approach
from shared.learning.comparison import Background, Candidates, Coordinates, Judges, compare
from shared.learning.practice import Sides
from tests.unit.learning.planted import planted_corpus

SEGUE = get_approach("segue")
EDGES = planted_corpus(5, songs=3, chunks=15).edges
OUT_OF_REACH = 2
"""Groups of skips that a long passage of so short chunks has no room for."""


@pytest.fixture(scope="module")
def judges():
    settings = SEGUE.resolve({"random_cuts_per_song": 100, "candidates": 8})
    return Judges.from_arrays(SEGUE.constants(planted_corpus(0, songs=4, chunks=20), settings))


@pytest.fixture(scope="module")
def pool(judges):
    sides = Sides.of_edges(EDGES)
    return sides, Coordinates.of(judges, sides)


def base_of(coordinates, chunks):
    everyone = np.arange(chunks)
    return comparison.without_self(coordinates.base(everyone), everyone)


def test_background_is_the_mean_of_the_ten_highest_on_both_sides(pool, monkeypatch):
    sides, coordinates = pool
    scores = base_of(coordinates, len(sides))
    monkeypatch.setattr(comparison, "_ROWS_AT_ONCE", 7)
    background = Background.of(coordinates)
    np.testing.assert_allclose(background.tails, np.sort(scores, axis=1)[:, -10:].mean(axis=1), rtol=1e-4)
    np.testing.assert_allclose(background.heads, np.sort(scores, axis=0)[-10:].mean(axis=0), rtol=1e-4)


def test_candidates_are_the_best_in_falling_order_and_never_the_chunk_itself(pool, monkeypatch):
    sides, coordinates = pool
    background = Background.of(coordinates)
    monkeypatch.setattr(comparison, "_ROWS_AT_ONCE", 7)
    found = Candidates.of(coordinates, background, 6)
    everyone = np.arange(len(sides))
    corrected = background.correct(base_of(coordinates, len(sides)), everyone)
    np.testing.assert_array_equal(found.chunks, np.argsort(-corrected, axis=1, kind="stable")[:, :6])
    assert (found.chunks != everyone[:, None]).all()
    assert (np.diff(found.base, axis=1) <= 0).all()


def test_a_pool_smaller_than_the_candidates_gives_all_others(judges):
    sides = Sides.of_edges(planted_corpus(6, songs=1, chunks=4).edges)
    coordinates = Coordinates.of(judges, sides)
    found = Candidates.of(coordinates, Background.of(coordinates), 60)
    assert sorted(found.chunks[2].tolist()) == [0, 1, 3]


def test_every_number_is_finite_and_there_are_as_many_as_said(judges, pool):
    sides, coordinates = pool
    found = Candidates.of(coordinates, Background.of(coordinates), 6)
    numbers = compare(judges, sides, coordinates, found)
    assert numbers.shape == (len(sides), 6, comparison.FEATURES)
    assert numbers.dtype == np.float32
    assert np.isfinite(numbers).all()
    assert (numbers.reshape(-1, comparison.FEATURES).std(axis=0) == 0).sum() == OUT_OF_REACH


def test_the_order_of_a_pool_changes_no_pairs_numbers(judges, pool):
    sides, coordinates = pool
    order = np.random.default_rng(0).permutation(len(sides))
    shuffled = Sides.of_edges(EDGES.select(order))
    again = Coordinates.of(judges, shuffled)
    numbers = []
    for one, where, chunks in ((coordinates, sides, np.arange(len(sides))), (again, shuffled, order)):
        found = Candidates.of(one, Background.of(one), 6)
        described = compare(judges, where, one, found).reshape(-1, comparison.FEATURES)
        by_pair = {
            (chunks[tail], chunks[head]): values
            for (tail, head), values in zip(found.pairs, described, strict=True)
        }
        numbers.append(by_pair)
    assert numbers[0].keys() == numbers[1].keys()
    for pair, values in numbers[0].items():
        np.testing.assert_allclose(values, numbers[1][pair], rtol=1e-3, atol=1e-3)


def test_the_best_by_head_looks_at_all_tails():
    chunks = np.array([[1, 2], [0, 2], [1, 0]])
    scores = np.array([[5, 1], [3, 4], [2, 6]], np.float32)
    np.testing.assert_array_equal(comparison.best_by_head(scores, chunks), [[5, 4], [6, 4], [5, 6]])
