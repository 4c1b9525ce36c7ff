import numpy as np
import pytest

from shared.learning.likelihood import Likelihood


def sides(count, *, seed=0, correlation=0.9):
    """Three directions that go together, hidden among eight that do not."""
    rng = np.random.default_rng(seed)
    tails, heads = rng.normal(size=(2, count, 8))
    heads[:, :3] = correlation * tails[:, :3] + np.sqrt(1 - correlation**2) * heads[:, :3]
    return tails, heads


@pytest.fixture(scope="module")
def solution():
    return Likelihood.of_cuts(*sides(4000), ridge=0.01, pairs=5)


@pytest.fixture(scope="module")
def placed(solution):
    tails, heads = (side.astype(np.float32) for side in sides(300, seed=1))
    return solution.tails(tails), solution.heads(heads)


ALL = np.stack(np.meshgrid(np.arange(300), np.arange(300), indexing="ij"), axis=-1).reshape(-1, 2)


def test_it_finds_what_goes_together(solution):
    assert solution.correlations[:3] == pytest.approx([0.9] * 3, abs=0.03)
    assert solution.correlations[3] < 0.15


def test_the_true_head_is_the_likeliest_more_often_than_chance(solution, placed):
    ratios = solution.ratios(*placed)
    assert ratios.dtype == np.float32
    assert (ratios.argmax(axis=1) == np.arange(300)).mean() > 0.1  # 0.003 by chance.


def test_pairs_are_scored_as_the_whole_matrix_is(solution, placed):
    of_pairs = solution.ratios_of(*placed, ALL)
    np.testing.assert_allclose(of_pairs.reshape(300, 300), solution.ratios(*placed), rtol=1e-4, atol=1e-4)


def test_students_ratio_is_that_of_its_densities(solution, placed):
    """Each side given the other, written out for one pair."""
    pair = np.array([[3, 8]])
    tail, head, s = placed[0][3], placed[1][8], solution.correlations

    def log_density(x, spread):
        return -3 * np.log1p((x / spread) ** 2 / 5) - np.log(spread)

    spread = np.sqrt(1 - s**2)
    expected = log_density(head - s * tail, spread) - log_density(head, 1)
    expected += log_density(tail - s * head, spread) - log_density(tail, 1)
    assert solution.student_ratios_of(*placed, pair)[0] == pytest.approx(expected.sum() / 2, rel=1e-4)


def test_an_outlier_costs_student_less_than_gauss(solution, placed):
    tails, heads = placed[0].copy(), placed[1].copy()
    pair = np.array([[0, 0]])
    heads[0] = solution.correlations * tails[0]
    fitting = solution.ratios_of(tails, heads, pair), solution.student_ratios_of(tails, heads, pair)
    heads[0, 0] += 12
    spoilt = solution.ratios_of(tails, heads, pair), solution.student_ratios_of(tails, heads, pair)
    assert fitting[0] - spoilt[0] > 5 * (fitting[1] - spoilt[1]) > 0


def test_a_solution_comes_back_as_it_was(solution, placed):
    again = Likelihood.from_arrays(solution.to_arrays("mine/"), "mine/")
    np.testing.assert_array_equal(again.ratios(*placed), solution.ratios(*placed))
