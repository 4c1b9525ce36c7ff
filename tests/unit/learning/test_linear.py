import numpy as np
import pytest

from shared.errors import NothingToLearn
from shared.learning.approaches import get_approach
from shared.learning.corpus import Corpus
from shared.learning.likelihood import canonical_directions
from shared.learning.neighbours import EXACT_CHUNKS
from shared.learning.statistics import STATISTICS, edge_statistics
from shared.sound.features import BANDS
from tests.unit.learning.planted import planted_corpus, without_frames

LINEAR = get_approach("linear")


def share_ranked_first(scorer, corpus):
    scores = scorer.dense(scorer.prepare(corpus.edges), len(corpus))
    np.fill_diagonal(scores, -np.inf)
    pairs = corpus.successors()
    return (scores[pairs[:, 0]].argmax(axis=1) == pairs[:, 1]).mean()


def solved(corpus, **settings):
    resolved = LINEAR.resolve({"random_cuts_per_song": 200, **settings})
    return LINEAR.scorer(resolved, LINEAR.solve(corpus, resolved, seed=0))


def test_canonical_correlations_of_known_gaussians():
    rng = np.random.default_rng(0)
    planted = np.array([0.9, 0.5, 0.0])
    left = rng.normal(size=(40_000, 3))
    right = planted * left + np.sqrt(1 - planted**2) * rng.normal(size=(40_000, 3))
    mixed = rng.normal(size=(3, 3)), rng.normal(size=(3, 3))

    a, b, correlations = canonical_directions(left @ mixed[0], right @ mixed[1], ridge=1e-9, pairs=3)

    np.testing.assert_allclose(correlations, planted, atol=0.02)
    np.testing.assert_allclose((left @ mixed[0] @ a).std(axis=0), 1, atol=0.01)
    found = np.corrcoef(left @ mixed[0] @ a[:, 0], right @ mixed[1] @ b[:, 0])[0, 1]
    assert found == pytest.approx(0.9, abs=0.01)


def test_the_score_is_the_log_likelihood_ratio_of_a_bivariate_normal():
    """Along one pair of directions, against the two densities written out."""
    corpus = planted_corpus(0)
    resolved = LINEAR.resolve({"canonical_pairs": 1, "random_cuts_per_song": 50})
    weights = LINEAR.solve(corpus, resolved, seed=0)
    scorer = LINEAR.scorer(resolved, weights)
    prepared = scorer.prepare(corpus.edges)
    s = float(weights["correlations"][0])
    b = prepared["heads"][1, 0]
    a = prepared["tails"][0, 0]

    together = -(a**2 - 2 * s * a * b + b**2) / (2 * (1 - s**2)) - np.log(1 - s**2) / 2
    apart = -(a**2 + b**2) / 2
    constant = -np.log(1 - s**2) / 2

    score = scorer.scores(prepared, 0, np.array([1]))[0]
    assert score == pytest.approx(together - apart - constant, rel=1e-3)


def test_statistics_of_a_ramp():
    ramp = np.arange(128, dtype=np.float16)[None, :, None] * np.ones(BANDS, np.float16)

    found = edge_statistics(ramp).reshape(STATISTICS, BANDS)[:, 0]

    means = [0, 1, 3.5, 7.5, 15.5, 31.5, 63.5, 23.5, 47.5, 95.5]
    deviations = [np.arange(16).std(), np.arange(128).std()]
    np.testing.assert_allclose(found, [*means, *deviations], rtol=1e-4)


def test_it_finds_the_planted_successors_of_songs_it_never_saw():
    scorer = solved(planted_corpus(0, songs=4, chunks=20))

    unseen = planted_corpus(1, songs=2, chunks=15)

    assert share_ranked_first(scorer, unseen) > 0.9


def test_it_finds_nothing_where_nothing_is_planted():
    corpus = planted_corpus(0, songs=4, chunks=20)
    rng = np.random.default_rng(0)
    shuffled = Corpus(corpus.edges, corpus.songs, tuple(rng.permutation(song) for song in corpus.frames))

    scorer = solved(shuffled)

    unseen = planted_corpus(1, songs=2, chunks=15)
    assert share_ranked_first(scorer, unseen) < 0.5


def test_one_song_is_enough_with_frames_and_without():
    alone = planted_corpus(0, songs=1, chunks=40)

    assert share_ranked_first(solved(alone), planted_corpus(1, songs=1)) > 0.5
    assert share_ranked_first(solved(alone, random_cuts_per_song=0), alone) > 0.9


def test_the_same_seed_gives_the_same_weights():
    corpus = planted_corpus(0)
    settings = LINEAR.resolve({"random_cuts_per_song": 10})

    first, again, other = (LINEAR.solve(corpus, settings, seed=seed) for seed in (1, 1, 2))

    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["mean"], other["mean"])


def test_too_few_cuts_are_refused():
    corpus = without_frames(planted_corpus(0, songs=1, chunks=3))

    with pytest.raises(NothingToLearn, match="2 training examples; at least 8"):
        LINEAR.solve(corpus, LINEAR.resolve(), seed=0)


def test_a_pool_that_is_small_is_kept_without_an_index_and_scored_whole():
    corpus = planted_corpus(0)
    scorer = solved(corpus)
    prepared = scorer.prepare(corpus.edges)

    assert scorer.index(prepared) == {}
    assert scorer.shortlist(prepared) is None


def test_a_large_pool_is_kept_with_an_index_that_lists_the_best_unused():
    scorer = solved(planted_corpus(0), canonical_pairs=8)
    rng = np.random.default_rng(0)
    heads, noise = rng.normal(size=(2, EXACT_CHUNKS + 1, 8)).astype(np.float32)
    prepared = {"tails": 0.9 * heads + 0.4 * noise, "heads": heads}
    everyone, unused = np.arange(len(heads)), np.ones(len(heads), np.bool_)

    shortlist = scorer.shortlist(prepared | scorer.index(prepared))

    best = []
    for reference in range(50):
        scores = scorer.scores(prepared, reference, everyone)
        unused[:] = True
        unused[scores.argmax()] = False
        best.append(np.where(unused, scores, -np.inf).argmax() in shortlist(reference, unused))
        assert unused[shortlist(reference, unused)].all()
    assert np.mean(best) > 0.95
