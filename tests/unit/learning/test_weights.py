import hashlib

import numpy as np
import pytest

from shared.errors import Corrupt
from shared.learning.approaches import get_approach
from shared.learning.weights import describe, load_scorer, pack, unpack
from tests.unit.learning.planted import planted_corpus

ARRAYS = {"b": np.arange(6, dtype=np.float32).reshape(2, 3), "a/kernel": np.ones(2, dtype=np.int64)}


def test_arrays_come_back_as_they_were():
    found = unpack(pack(ARRAYS))

    assert set(found) == set(ARRAYS)
    assert all(np.array_equal(found[name], ARRAYS[name]) for name in ARRAYS)
    assert all(found[name].dtype == ARRAYS[name].dtype for name in ARRAYS)


def test_equal_arrays_give_equal_bytes():
    assert pack(ARRAYS) == pack(dict(reversed(ARRAYS.items())))


def test_other_bytes_than_the_record_says_are_refused():
    data = pack(ARRAYS)

    with pytest.raises(Corrupt, match="SHA-256"):
        unpack(data, sha256=hashlib.sha256(b"else").hexdigest())


@pytest.mark.parametrize("data", [b"", b"nonsense", pack(ARRAYS)[:-40], pack(ARRAYS)[:90]])
def test_broken_bytes_are_refused(data):
    with pytest.raises(Corrupt):
        unpack(data)


def test_pickled_objects_are_never_loaded(tmp_path):
    path = tmp_path / "hostile.npz"
    np.savez(path, weights=np.array([{"a": 1}], dtype=object))

    with pytest.raises(Corrupt):
        unpack(path.read_bytes())


def test_a_stored_model_scores_as_the_one_that_was_fitted():
    corpus = planted_corpus(0)
    linear = get_approach("linear")
    settings = linear.resolve({"random_cuts_per_song": 50})
    weights = linear.solve(corpus, settings, seed=0)
    data = pack(weights)
    record = describe(linear, settings, weights, data)

    scorer = load_scorer(linear, record.settings, data, sha256=record.sha256)

    expected = linear.scorer(settings, weights)
    both = [each.dense(each.prepare(corpus.edges), len(corpus)) for each in (scorer, expected)]
    assert np.array_equal(*both)
    assert record.shapes["correlations"] == [128]
    assert record.versions["numpy"] == np.__version__
