import numpy as np
import pytest

from shared.errors import NothingToLearn
from shared.learning.approaches import get_approach
from shared.learning.corpus import Corpus
from shared.learning.frames import whitened
from shared.learning.networks import get_weights
from shared.sound.features import BANDS, EDGE_FRAMES, POINTS_RATE_HZ, Edges
from tests.unit.learning.planted import planted_corpus, without_frames

FORECAST = get_approach("forecast")
SEED = FORECAST.resolve({"preset": "seed"})
TINY = FORECAST.resolve({"filters": 4, "lstm_units": 3, "random_windows_per_epoch": 30})


@pytest.fixture(scope="module")
def corpus():
    return planted_corpus(0, songs=2, chunks=10)


def counting_corpus(lengths, *, songs):
    """Chunks whose points count upwards from 1 through all songs."""
    count = len(lengths)
    spectra = np.zeros((count, 2, EDGE_FRAMES, BANDS), np.float16)
    points = np.repeat(np.arange(1, sum(lengths) + 1, dtype=np.float32)[:, None], 2, axis=1)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    frames = tuple(np.empty((0, BANDS), np.float16) for _ in np.unique(songs))
    return Corpus(Edges(spectra, spectra, points, offsets), np.array(songs), frames)


def windows(corpus, settings, *, seed=0, epoch=0):
    constants = FORECAST.constants(corpus, settings)
    examples = FORECAST.train_examples(corpus, settings, constants, seed=seed, epoch=epoch)
    return examples.batch(np.arange(len(examples)))


def test_seed_is_the_network_of_the_study():
    network = FORECAST.build(SEED, {})

    assert [layer.name for layer in network.layers] == ["conv1d", "max_pooling1d", "lstm", "dense"]
    assert network.count_params() == 454_890
    assert (network.input_shape, network.output_shape) == ((None, 880, 1), (None, 18))
    assert type(network.optimizer).__name__ == "RMSprop"
    assert network.loss == "mean_squared_error"


def test_windows_go_on_where_they_stop_and_never_into_another_song():
    corpus = counting_corpus([1000, 900, 1100, 950], songs=[0, 0, 1, 1])
    before, after = windows(corpus, SEED.model_copy(update={"normalise": "none"}))

    seen = np.concatenate([before[:, :, 0], after], axis=1)

    assert seen.shape == (2 + 2000, 880 + 18)
    last_of_first_song = 1900
    for window in seen:
        sounding = window[window > 0]
        assert (window[: len(window) - len(sounding)] == 0).all()  # Silence only before all else.
        assert (np.diff(sounding) == 1).all()
        assert (sounding[0] > last_of_first_song) == (sounding[-1] > last_of_first_song)
        assert len(sounding) == len(window) or sounding[0] in (1, last_of_first_song + 1)


def test_windows_are_shared_out_over_the_songs():
    corpus = counting_corpus([1000, 900, 1100, 950], songs=[0, 0, 1, 1])
    settings = SEED.model_copy(update={"normalise": "none", "random_windows_per_epoch": 60})

    _, after = windows(corpus, settings)

    assert (after[2:, 0] <= 1900).sum() == 30
    assert len(np.unique(after[2:, 0])) == 60


def test_a_transition_is_learned_as_it_is_scored(corpus):
    settings = SEED.model_copy(update={"random_windows_per_epoch": 0})
    before, after = windows(corpus, settings)
    prepared_heads = corpus.edges.points[POINTS_RATE_HZ : 2 * POINTS_RATE_HZ, 0]
    prepared_tail = corpus.edges.points[:POINTS_RATE_HZ, 0]

    assert len(after) == 18
    np.testing.assert_allclose(before[0, :, 0], prepared_tail[-880:] / np.abs(prepared_tail).max(), rtol=1e-5)
    np.testing.assert_allclose(after[0], prepared_heads[:18] / np.abs(prepared_heads).max(), rtol=1e-5)


def test_frames_are_forecast_as_changes_of_their_means_over_growing_stretches(corpus):
    settings = TINY.model_copy(update={"random_windows_per_epoch": 0, "patience": None})
    constants = FORECAST.constants(corpus, settings)
    before, after = windows(corpus, settings)
    tail, head = (whitened(side, constants) for side in (corpus.edges.tails[0, 0], corpus.edges.heads[1, 0]))

    assert before.shape == (18, settings.input_frames, BANDS)
    np.testing.assert_allclose(before[0, -1], tail[0], rtol=1e-3, atol=1e-4)
    changes = [head[:frames].mean(axis=0) - tail[:frames].mean(axis=0) for frames in (1, 4, 16)]
    np.testing.assert_allclose(after[0], np.concatenate(changes), rtol=1e-3, atol=1e-4)


def test_a_network_that_expects_no_change_takes_what_sounds_like_the_end(corpus):
    constants = FORECAST.constants(corpus, TINY)
    weights = {name: 0 * array for name, array in get_weights(FORECAST.build(TINY, constants)).items()}
    edges = corpus.edges
    mirrored = Edges(edges.tails, edges.tails, edges.points, edges.offsets)
    scorer = FORECAST.scorer(TINY, {**constants, **weights})

    scores = scorer.dense(scorer.prepare(mirrored), 20)

    np.testing.assert_allclose(np.diag(scores), 0, atol=1e-6)
    assert (scores.argmax(axis=1) == np.arange(20)).all()


def test_windows_depend_on_seed_and_epoch_alone(corpus):
    first, again, later, other = (
        windows(corpus, TINY, seed=seed, epoch=epoch)[1] for seed, epoch in ((1, 2), (1, 2), (1, 3), (2, 2))
    )

    assert np.array_equal(first, again)
    assert not np.array_equal(first, later)
    assert not np.array_equal(first, other)


def test_validation_is_the_other_channel(corpus):
    constants = FORECAST.constants(corpus, SEED)

    examples = FORECAST.validation_examples(corpus, SEED, constants, seed=0)

    _, after = examples.batch(np.array([0]))
    points = corpus.edges.points[POINTS_RATE_HZ : 2 * POINTS_RATE_HZ, 1]
    np.testing.assert_allclose(after[0], points[:18] / np.abs(points).max(), rtol=1e-5)


def test_what_is_kept_back_is_not_trained_on(corpus):
    settings = TINY.model_copy(update={"kept_back_percent": 50, "random_windows_per_epoch": 0})
    constants = FORECAST.constants(corpus, settings)

    trained = FORECAST.train_examples(corpus, settings, constants, seed=0, epoch=0).targets[0]
    stopping = FORECAST.stopping_examples(corpus, settings, constants, seed=0).targets[0]

    assert len(trained) == len(stopping) == 8
    assert not (trained[:, None] == stopping[None]).all(axis=2).any()


def test_too_few_windows_are_refused():
    lonely = without_frames(planted_corpus(0, songs=3, chunks=1))

    with pytest.raises(NothingToLearn, match="0 training examples; at least 4"):
        windows(lonely, TINY)


def test_scores_are_the_networks_error_on_how_each_candidate_begins(corpus):
    network = FORECAST.build(SEED, {})
    weights = {**FORECAST.constants(corpus, SEED), **get_weights(network)}
    scorer = FORECAST.scorer(SEED, weights)
    candidates = np.array([3, 1, 8])

    scores = scorer.scores(scorer.prepare(corpus.edges, corpus.songs), 2, candidates)

    chunks = corpus.edges.points[:, 0].reshape(20, POINTS_RATE_HZ)
    chunks = chunks / np.abs(chunks).max(axis=1, keepdims=True)
    forecast = np.asarray(network(chunks[2, -880:][None, :, None]))
    np.testing.assert_allclose(scores, -np.mean((forecast - chunks[candidates, :18]) ** 2, axis=1), rtol=1e-4)
    assert not scorer.pairwise


def test_a_perfect_forecast_is_shown_as_one_and_silence_as_less_than_half(corpus):
    weights = FORECAST.constants(corpus, SEED)
    shown = FORECAST.scorer(SEED, weights).display(np.array([-3, -weights["power"], 0], np.float32))

    np.testing.assert_allclose(shown[1:], [np.exp(-1), 1], rtol=1e-5)
    assert 0 <= shown[0] < shown[1]


def test_a_chunk_shorter_than_the_input_is_seen_after_silence_and_one_too_short_to_compare_stays_out():
    corpus = counting_corpus([100, 17, 18], songs=[0, 0, 0])
    network = FORECAST.build(SEED, {})
    settings = SEED.model_copy(update={"normalise": "none"})
    scorer = FORECAST.scorer(settings, {"power": np.array(1), **get_weights(network)})
    assert scorer.usable(corpus.edges).tolist() == [True, False, True]

    found = scorer.prepare(corpus.edges.select(np.array([0, 2])))
    assert set(scorer.space) <= set(found)

    seen = np.concatenate([np.zeros(780), np.arange(1, 101)]).astype(np.float32)
    np.testing.assert_allclose(
        found["forecasts"][0], np.asarray(network(seen[None, :, None]))[0], rtol=1e-4, atol=1e-5
    )
    assert found["heads"][1].tolist() == list(range(118, 136))
