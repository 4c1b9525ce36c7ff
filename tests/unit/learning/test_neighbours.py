import subprocess
import sys

import numpy as np
import pytest

from shared.learning.likelihood import Likelihood
from shared.learning.neighbours import CODES, HeadIndex
from shared.store.arrays import pack_arrays, unpack_arrays

PAIRS, CLUSTERS, CHUNKS, QUERIES = 32, 3000, 30_000, 100


def clustered(count, *, seed):
    """Tails and heads of two chunks that often go together, in clusters that have no sharp edge."""
    rng = np.random.default_rng(seed)
    correlations = np.linspace(0.99, 0.2, PAIRS)
    centres = np.random.default_rng(0).normal(size=(CLUSTERS, PAIRS))
    shared = centres[rng.integers(0, CLUSTERS, count)]
    heads = shared + 0.5 * rng.normal(size=(count, PAIRS))
    tails = correlations * shared + np.sqrt(1 - correlations**2) * rng.normal(size=(count, PAIRS))
    return tails.astype(np.float32), heads.astype(np.float32)


@pytest.fixture(scope="module")
def likelihood():
    """The identity: features are coordinates."""
    one = np.eye(PAIRS, dtype=np.float32)
    return Likelihood(np.zeros(PAIRS, np.float32), one, one, np.linspace(0.99, 0.2, PAIRS, dtype=np.float32))


@pytest.fixture(scope="module")
def large(likelihood):
    return HeadIndex.build(likelihood, clustered(CHUNKS, seed=1)[1])


@pytest.fixture(scope="module")
def small(likelihood):
    return HeadIndex.build(likelihood, clustered(300, seed=1)[1])


def brute_force(index, tail, k, unused=None):
    """Sort all scores, of equals the lower index first."""
    ratios = index.likelihood.ratios(tail[None], index.heads)[0]
    left = [number for number in range(len(ratios)) if unused is None or unused[number]]
    return sorted(left, key=lambda number: (-ratios[number], number))[:k]


def tails_asked(count):
    return clustered(count, seed=2)[0]


def test_a_small_pool_is_searched_exactly(small, likelihood):
    assert small.exact
    assert small.to_arrays() == {}
    for tail in tails_asked(20):
        found, ratios = small.nearest(tail, 10)
        assert found.tolist() == brute_force(small, tail, 10)
        np.testing.assert_array_equal(ratios, likelihood.ratios(tail[None], small.heads)[0][found])
        assert (found.dtype, ratios.dtype) == (np.int64, np.float32)


def test_a_large_pool_is_searched_nearly_exactly(large):
    assert not large.exact
    shares = []
    for tail in tails_asked(QUERIES):
        found, ratios = large.nearest(tail, 10)
        shares.append(len({*found.tolist()} & {*brute_force(large, tail, 10)}) / 10)
        assert (np.diff(ratios) <= 0).all()
    assert np.mean(shares) >= 0.95


def test_what_a_large_pool_gives_has_the_scores_of_the_likelihood(large, likelihood):
    tail = tails_asked(1)[0]
    found, ratios = large.nearest(tail, 10)
    np.testing.assert_allclose(ratios, likelihood.ratios(tail[None], large.heads[found])[0], rtol=1e-5)


def test_candidates_rise_and_are_few(large):
    for tail in tails_asked(5):
        found = large.candidates(tail, 50)
        assert 50 <= len(found) <= 200
        assert (np.diff(found) > 0).all()


def test_used_chunks_never_come_back(large):
    """A walk that always takes the nearest uses up a neighbourhood far larger than what is asked for."""
    tail, unused = tails_asked(1)[0], np.ones(CHUNKS, np.bool_)
    taken = []
    for _ in range(300):
        found, _ = large.nearest(tail, 1, unused)
        taken.append(int(found[0]))
        unused[found] = False
    assert len(set(taken)) == 300
    assert len(set(taken) & set(brute_force(large, tail, 300))) >= 285


def test_where_the_cells_run_dry_all_that_are_unused_are_scored(large):
    tail, unused = tails_asked(1)[0], np.zeros(CHUNKS, np.bool_)
    unused[[3, CHUNKS - 1]] = True
    found, ratios = large.nearest(tail, 5, unused)
    assert sorted(found.tolist()) == [3, CHUNKS - 1]
    assert found.tolist() == brute_force(large, tail, 5, unused)
    assert len(ratios) == 2


@pytest.mark.parametrize("chunks", [40, 2000])
def test_of_equal_heads_the_lowest_come_first(likelihood, chunks):
    heads = np.repeat(clustered(chunks // 20, seed=3)[1], 20, axis=0)
    index = HeadIndex.build(likelihood, heads, exact_up_to=100)
    assert index.exact == (chunks == 40)
    for tail in tails_asked(5):
        assert index.nearest(tail, 20)[0].tolist() == brute_force(index, tail, 20)


def test_the_same_heads_give_the_same_bytes(large, likelihood):
    again = HeadIndex.build(likelihood, large.heads.copy())
    assert pack_arrays(again.to_arrays()) == pack_arrays(large.to_arrays())


def test_what_is_stored_finds_the_same(large, likelihood):
    arrays = unpack_arrays(pack_arrays(large.to_arrays()))
    assert arrays[CODES].nbytes < 0.5 * large.heads.nbytes
    restored = HeadIndex.from_arrays(likelihood, large.heads, arrays)
    for tail in tails_asked(10):
        assert restored.nearest(tail, 10)[0].tolist() == large.nearest(tail, 10)[0].tolist()


def test_a_pool_without_stored_cells_is_searched_exactly(large, likelihood):
    assert HeadIndex.from_arrays(likelihood, large.heads, {}).exact


@pytest.mark.parametrize("chunks", [0, 1, 3])
def test_empty_and_tiny_pools_give_what_they_have(likelihood, chunks):
    index = HeadIndex.build(likelihood, clustered(chunks, seed=1)[1])
    found, ratios = index.nearest(tails_asked(1)[0], 10)
    assert sorted(found.tolist()) == list(range(chunks))
    assert len(ratios) == chunks
    assert len(index.nearest(tails_asked(1)[0], 10, np.zeros(chunks, np.bool_))[0]) == 0


def test_an_exact_index_loads_no_faiss():
    probe = (
        "import sys, numpy as np\n"
        "from shared.learning.likelihood import Likelihood\n"
        "from shared.learning.neighbours import HeadIndex\n"
        "one = np.eye(2, dtype='f4')\n"
        "solved = Likelihood(one[0], one, one, np.full(2, 0.5, 'f4'))\n"
        "index = HeadIndex.from_arrays(solved, one, HeadIndex.build(solved, one).to_arrays())\n"
        "index.nearest(one[0], 1)\n"
        "sys.exit('faiss' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0
