import subprocess
import sys

import numpy as np
import pytest

from services.trainer.fitting import Fitted, fit
from shared.errors import TooFewSongs
from shared.learning.approaches import get_approach
from shared.learning.networks import set_weights
from tests.unit.learning.planted import planted_corpus, without_frames

SEGUE = get_approach("segue")
SETTINGS = SEGUE.resolve(
    {"random_cuts_per_song": 100, "candidates": 12, "epochs": 3, "pools_per_epoch": 2, "units": 8}
)


@pytest.fixture(scope="module")
def corpus():
    return planted_corpus(0, songs=6, chunks=24)


@pytest.fixture(scope="module")
def fitted(corpus):
    found = fit(corpus, SEGUE, SETTINGS, seed=1)
    assert isinstance(found, Fitted)
    return found


@pytest.fixture(scope="module")
def unseen():
    return planted_corpus(9, songs=4, chunks=20)


def mrr(scores, corpus):
    pairs = corpus.successors()
    rows = scores[pairs[:, 0]].copy()
    rows[np.arange(len(pairs)), pairs[:, 0]] = -np.inf
    true = rows[np.arange(len(pairs)), pairs[:, 1]]
    return float((1 / (1 + (rows > true[:, None]).sum(axis=1))).mean())


def test_it_ranks_unseen_transitions_at_least_as_well_as_its_likelihoods(fitted, unseen):
    scorer = SEGUE.scorer(SETTINGS, fitted.weights)
    bare = scorer.without_background()
    everyone = len(unseen)
    compared = mrr(scorer.dense(scorer.prepare(unseen.edges), everyone), unseen)
    alone = mrr(bare.dense(bare.prepare(unseen.edges), everyone), unseen)
    assert alone > 0.5
    assert compared > alone - 0.02


def test_scores_are_the_networks_shares_of_the_candidates(fitted, unseen):
    """The numpy network beside Keras', on the same numbers."""
    scorer = SEGUE.scorer(SETTINGS, fitted.weights)
    network = SEGUE.build(SETTINGS, fitted.weights)
    set_weights(network, fitted.weights)
    numbers = np.random.default_rng(0).normal(size=(5, 12, len(fitted.weights["mean"]))).astype(np.float32)
    standard = np.clip((numbers - fitted.weights["mean"]) * fitted.weights["scale"], -6, 6)
    np.testing.assert_allclose(scorer._logits(numbers), network.predict(standard, verbose=0), atol=1e-4)


def test_who_is_no_candidate_comes_after_all_who_are(fitted, unseen):
    scorer = SEGUE.scorer(SETTINGS, fitted.weights)
    prepared = scorer.prepare(unseen.edges)
    row = scorer.scores(prepared, 3, np.arange(len(unseen)))
    chosen = prepared["chunks"][3]
    others = np.setdiff1d(np.arange(len(unseen)), [*chosen, 3])
    assert row[chosen].min() >= row[others].max()
    np.testing.assert_allclose(row[chosen], prepared["shares"][3])
    assert len(np.unique(row[others])) == len(others)


def test_scores_do_not_depend_on_who_else_is_asked_for(fitted, unseen):
    scorer = SEGUE.scorer(SETTINGS, fitted.weights)
    prepared = scorer.prepare(unseen.edges)
    whole = scorer.scores(prepared, 5, np.arange(len(unseen)))
    some = np.array([40, 6, 7, 11])
    np.testing.assert_allclose(scorer.scores(prepared, 5, some), whole[some], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(scorer.dense(prepared, len(unseen))[5], whole, rtol=1e-5, atol=1e-5)


def test_without_background_the_rest_of_the_pool_changes_nothing(fitted, unseen):
    scorer = SEGUE.scorer(SETTINGS, fitted.weights)
    bare = scorer.without_background()
    assert (scorer.background, bare.background) == (True, False)
    few = np.array([0, 1, 2, 30])
    whole = bare.scores(bare.prepare(unseen.edges), 0, few)
    alone = bare.scores(bare.prepare(unseen.edges.select(few)), 0, np.arange(4))
    np.testing.assert_allclose(whole, alone, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("chunks", [1, 2, 3])
def test_tiny_pools_can_be_scored(fitted, unseen, chunks):
    scorer = SEGUE.scorer(SETTINGS, fitted.weights)
    few = unseen.edges.select(np.arange(chunks))
    scores = scorer.scores(scorer.prepare(few), 0, np.arange(chunks))
    assert scores.shape == (chunks,)
    assert np.isfinite(scores).all()
    assert ((scorer.display(scores) >= 0) & (scorer.display(scores) <= 1)).all()


def test_an_epoch_can_be_had_again_and_the_next_is_another(corpus, fitted):
    def drawn(epoch):
        return SEGUE.train_examples(corpus, SETTINGS, fitted.weights, seed=1, epoch=epoch).inputs[0]

    np.testing.assert_array_equal(drawn(0), drawn(0))
    assert drawn(0).shape != drawn(1).shape or not np.allclose(drawn(0), drawn(1))


def test_it_needs_two_songs_with_their_spectra(corpus):
    with pytest.raises(TooFewSongs):
        SEGUE.constants(planted_corpus(0, songs=1, chunks=30), SETTINGS)
    with pytest.raises(TooFewSongs):
        SEGUE.constants(without_frames(corpus), SETTINGS)


def test_scoring_loads_no_tensorflow():
    probe = (
        "import sys, numpy as np\n"
        "from shared.learning.approaches import get_approach\n"
        "from shared.learning.pretrained import load_pretrained\n"
        "from shared.learning.weights import load_scorer\n"
        "from tests.unit.learning.planted import planted_corpus\n"
        "shipped = load_pretrained('segue')\n"
        "approach, settings = get_approach('segue'), shipped.record.settings\n"
        "scorer = load_scorer(approach, settings, shipped.weights, sha256=shipped.record.sha256)\n"
        "edges = planted_corpus(0).edges\n"
        "scorer.scores(scorer.prepare(edges), 0, np.arange(5))\n"
        "sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)) or not approach.scores_in_numpy)"
    )
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0
