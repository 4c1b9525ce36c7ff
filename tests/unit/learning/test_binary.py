import numpy as np
import pytest

from shared.errors import BadSetting, Corrupt, NothingToLearn
from shared.learning.approaches import get_approach
from shared.learning.approaches.base import sigmoid
from shared.learning.networks import get_weights, seed_dropout, set_weights
from shared.sound.features import BANDS, EDGE_FRAMES, POINTS_RATE_HZ, Edges
from tests.unit.learning.planted import planted_corpus, without_frames

BINARY = get_approach("binary")
TINY = {"filters": 4, "lstm_units": 3, "dense_units": 2, "random_cuts_per_epoch": 30}


@pytest.fixture(scope="module")
def corpus():
    return planted_corpus(0, songs=2, chunks=10)


@pytest.mark.parametrize(("units", "parameters"), [(266, 1_564_089), (256, 1_499_649)])
def test_seed_is_the_network_of_the_study(units, parameters):
    settings = BINARY.resolve({"preset": "seed", "lstm_units": units})

    network = BINARY.build(settings, {"edge_size": np.array(466)})

    layers = ["conv1d", "max_pooling1d", "lstm", "dense", "dropout", "flatten", "dense_1"]
    assert [layer.name for layer in network.layers] == layers
    assert network.count_params() == parameters
    assert network.input_shape == (None, 932, 1)
    assert type(network.optimizer).__name__ == "RMSprop"
    assert (settings.batch_size, settings.epochs, settings.dropout) == (64, 600, 0.25)


def test_the_shortest_chunk_sets_the_edge_up_to_the_most(corpus):
    def size(**given):
        settings = BINARY.resolve({"preset": "seed", **given})
        return int(BINARY.constants(corpus, settings)["edge_size"])

    assert size() == 466
    assert size(max_edge_points=5000) == POINTS_RATE_HZ


def test_chunks_too_short_for_the_kernel_are_refused():
    spectra = np.zeros((2, 2, EDGE_FRAMES, BANDS), np.float16)
    edges = Edges(spectra, spectra, np.zeros((3, 2), np.float32), np.array([0, 1, 3]))
    short = type(planted_corpus(0))(edges, np.zeros(2, np.int64), (np.empty((0, BANDS), np.float16),))

    with pytest.raises(BadSetting, match="shortest chunk has 1 points"):
        BINARY.constants(short, BINARY.resolve({"preset": "seed"}))


def test_frames_are_standardised_over_the_training_songs(corpus):
    settings = BINARY.resolve(TINY)
    examples = BINARY.train_examples(corpus, settings, BINARY.constants(corpus, settings), seed=0, epoch=0)

    assert np.abs(examples.heads.mean(axis=(0, 1))).mean() < 0.2
    assert examples.heads.std() == pytest.approx(1, abs=0.1)


def test_a_true_pair_is_what_sounded_on_both_sides_of_the_cut(corpus):
    settings = BINARY.resolve({**TINY, "random_cuts_per_epoch": 0, "patience": None})
    constants = BINARY.constants(corpus, settings)
    examples = BINARY.train_examples(corpus, settings, constants, seed=0, epoch=0)

    inputs, truth = examples.batch(np.array([0]))

    frames = settings.edge_frames
    mean, scale = constants["band_mean"], constants["band_scale"]
    tail = (corpus.edges.tails[0, 0, :frames][::-1] - mean) * scale
    head = (corpus.edges.heads[1, 0, :frames] - mean) * scale
    assert truth[0] == 1
    np.testing.assert_allclose(inputs[0], np.concatenate([tail, head]), rtol=1e-5)


def test_examples_depend_on_seed_and_epoch_alone(corpus):
    settings = BINARY.resolve(TINY)
    constants = BINARY.constants(corpus, settings)

    def pairs(seed, epoch, settings=settings):
        return BINARY.train_examples(corpus, settings, constants, seed=seed, epoch=epoch).pairs

    assert np.array_equal(pairs(1, 2), pairs(1, 2))
    assert not np.array_equal(pairs(1, 2), pairs(1, 3))
    assert not np.array_equal(pairs(1, 2), pairs(2, 2))
    fixed = settings.model_copy(update={"redraw": False})
    assert np.array_equal(pairs(1, 2, fixed), pairs(1, 3, fixed))


def test_what_is_kept_back_is_not_trained_on(corpus):
    settings = BINARY.resolve({**TINY, "random_cuts_per_epoch": 0, "kept_back_percent": 50})
    constants = BINARY.constants(corpus, settings)

    trained = BINARY.train_examples(corpus, settings, constants, seed=0, epoch=0)
    stopping = BINARY.stopping_examples(corpus, settings, constants, seed=0)

    assert len(trained.heads) + len(stopping.heads) == len(corpus)
    assert not (trained.heads[:, None] == stopping.heads[None]).all(axis=(2, 3)).any()


def test_nothing_is_kept_back_to_stop_by_where_all_epochs_are_run_or_it_would_be_too_little(corpus):
    seed = BINARY.resolve({"preset": "seed"})
    little = BINARY.resolve({**TINY, "random_cuts_per_epoch": 0, "kept_back_percent": 10})

    for settings in (seed, little):
        constants = BINARY.constants(corpus, settings)
        assert BINARY.stopping_examples(corpus, settings, constants, seed=0) is None


def test_validation_is_the_other_channel_of_the_same_pairs(corpus):
    settings = BINARY.resolve({"preset": "seed"})
    constants = BINARY.constants(corpus, settings)

    trained = BINARY.train_examples(corpus, settings, constants, seed=4, epoch=0)
    validation = BINARY.validation_examples(corpus, settings, constants, seed=4)

    assert np.array_equal(trained.pairs, validation.pairs)
    points = corpus.edges.points[:POINTS_RATE_HZ, 1]
    np.testing.assert_allclose(validation.heads[0, :, 0], points[:466] / np.abs(points).max(), rtol=1e-5)


def test_too_few_pairs_are_refused():
    lonely = without_frames(planted_corpus(0, songs=3, chunks=1))
    settings = BINARY.resolve({"preset": "seed"})

    with pytest.raises(NothingToLearn):
        BINARY.train_examples(lonely, settings, BINARY.constants(lonely, settings), seed=0, epoch=0)


@pytest.fixture(scope="module")
def untrained(corpus):
    """A network with the weights it began with, and those as arrays."""
    settings = BINARY.resolve(TINY)
    constants = BINARY.constants(corpus, settings)
    network = BINARY.build(settings, constants)
    return settings, network, {**constants, **get_weights(network)}


def test_scores_are_the_logits_of_the_network(corpus, untrained):
    settings, network, weights = untrained
    scorer = BINARY.scorer(settings, weights)
    prepared = scorer.prepare(corpus.edges, corpus.songs)
    assert set(scorer.space) <= set(prepared)
    candidates = np.array([3, 1, 8])

    scores = scorer.scores(prepared, 2, candidates)

    inputs = [np.concatenate([prepared["tails"][2], prepared["heads"][each]]) for each in candidates]
    expected = np.asarray(network(np.stack(inputs), training=False))[:, 0]
    np.testing.assert_allclose(scorer.display(scores), expected, rtol=1e-4)
    np.testing.assert_allclose(sigmoid(scores), expected, rtol=1e-4)


def test_blocks_of_candidates_change_nothing(corpus, untrained):
    settings, _, weights = untrained
    scorer = BINARY.scorer(settings, weights)
    prepared = scorer.prepare(corpus.edges)
    many = np.arange(1300) % len(corpus)

    scores = scorer.scores(prepared, 0, many)

    assert scores.shape == (1300,)
    np.testing.assert_allclose(scores, scores[: len(corpus)][many], rtol=1e-4, atol=1e-5)
    assert scorer.scores(prepared, 0, np.empty(0, np.int64)).shape == (0,)


def test_chunks_shorter_than_the_edge_stay_out_of_a_pool_of_points(corpus):
    seed = BINARY.scorer(BINARY.resolve({"preset": "seed"}), {"edge_size": np.array(3)})
    spectra = np.zeros((3, 2, EDGE_FRAMES, BANDS), np.float16)
    edges = Edges(spectra, spectra, np.zeros((9, 2), np.float32), np.array([0, 4, 6, 9]))

    assert seed.usable(edges).tolist() == [True, False, True]
    assert BINARY.scorer(BINARY.resolve(), {}).usable(edges).all()


def test_weights_go_by_name_and_must_fit(untrained):
    _, network, weights = untrained
    kernel = "network/lstm/lstm_cell/kernel"
    assert kernel in weights

    with pytest.raises(Corrupt, match=kernel):
        set_weights(network, {name: array for name, array in weights.items() if name != kernel})
    with pytest.raises(Corrupt, match="shape"):
        set_weights(network, {**weights, kernel: weights[kernel][:1]})


def test_dropout_follows_seed_and_epoch(untrained):
    _, network, _ = untrained
    inputs = np.random.default_rng(0).normal(size=(64, *network.input_shape[1:])).astype(np.float32)

    def dropped(seed, epoch):
        seed_dropout(network, seed, epoch)
        return np.asarray(network(inputs, training=True))

    assert np.array_equal(dropped(0, 1), dropped(0, 1))
    assert not np.array_equal(dropped(0, 1), dropped(0, 2))
    assert not np.array_equal(dropped(0, 1), dropped(1, 1))
