import hashlib

import numpy as np
import pytest

from shared.errors import BadSetting
from shared.learning.approaches import get_approach
from shared.learning.pretrained import PRETRAINED, load_pretrained
from shared.learning.weights import load_scorer
from tests.unit.learning.planted import planted_corpus


@pytest.mark.parametrize("name", PRETRAINED)
def test_a_shipped_model_is_whole_and_ranks_unseen_transitions(name):
    shipped = load_pretrained(name)
    assert shipped.record.approach == name
    assert hashlib.sha256(shipped.weights).hexdigest() == shipped.record.sha256
    scorer = load_scorer(
        get_approach(name), shipped.record.settings, shipped.weights, sha256=shipped.record.sha256
    )
    corpus = planted_corpus(3, songs=2, chunks=10)
    prepared = scorer.prepare(corpus.edges)
    assert [len(prepared[side]) for side in scorer.space] == [len(corpus)] * len(scorer.space)
    scores = scorer.dense(prepared, len(corpus))
    assert np.isfinite(scores).all()
    pairs = corpus.successors()
    true = scores[pairs[:, 0], pairs[:, 1]]
    assert (scores[pairs[:, 0]] < true[:, None]).mean() > 0.6


def test_all_that_is_shipped_is_small():
    total = sum(
        len(load_pretrained(name).weights) + len(load_pretrained(name).learned) for name in PRETRAINED
    )
    assert total < 8_000_000


def test_what_is_not_shipped_is_refused():
    with pytest.raises(BadSetting, match=r"'binary'.*segue, linear"):
        load_pretrained("binary")
