import numpy as np
import pytest

from shared.errors import NothingToLearn
from shared.learning.approaches import get_approach
from shared.learning.approaches.base import sigmoid
from shared.learning.networks import get_weights
from shared.learning.points import squeezed_points
from tests.unit.learning.planted import planted_corpus, without_frames

CATEGORICAL = get_approach("categorical")
SEED = CATEGORICAL.resolve({"preset": "seed"})
SHORT = SEED.model_copy(update={"squeezed_points": 12})
TINY = CATEGORICAL.resolve({"filters": 4, "lstm_units": 3, "dense_units": 2, "random_cuts_per_epoch": 30})


@pytest.fixture(scope="module")
def corpus():
    return planted_corpus(0, songs=2, chunks=10)


def examples_of(corpus, settings, *, seed=0, epoch=0):
    constants = CATEGORICAL.constants(corpus, settings)
    return CATEGORICAL.train_examples(corpus, settings, constants, seed=seed, epoch=epoch)


def test_seed_is_the_network_of_the_study():
    network = CATEGORICAL.build(SEED, {"classes": np.array(151)})

    layers = ["conv1d", "lstm", "dense", "flatten", "dense_1"]
    assert [layer.name for layer in network.layers] == layers
    assert network.count_params() == 30_204_751
    assert (network.input_shape, network.output_shape) == ((None, 2000, 1), (None, 151))
    assert type(network.optimizer).__name__ == "RMSprop"
    assert network.loss == "categorical_crossentropy"
    assert network.layers[-1].activation.__name__ == "sigmoid"


def test_each_transition_is_its_own_class_and_the_ring_of_each_song_is_closed(corpus):
    examples = examples_of(corpus, SHORT)

    assert np.array_equal(examples.truth, np.eye(20))
    assert examples.pairs[[0, 8, 9, 10, 19]].tolist() == [[0, 1], [8, 9], [9, 0], [10, 11], [19, 10]]


def test_a_pair_is_both_whole_chunks_squeezed_end_to_end(corpus):
    inputs, _ = examples_of(corpus, SHORT).batch(np.array([9]))

    squeezed = squeezed_points(corpus.edges, 12, "chunk_peak", channel=0)
    assert inputs.shape == (1, 24, 1)
    assert np.array_equal(inputs[0], np.concatenate([squeezed[9], squeezed[0]]))


def test_validation_is_the_other_channel_of_the_same_classes(corpus):
    constants = CATEGORICAL.constants(corpus, SHORT)

    examples = CATEGORICAL.validation_examples(corpus, SHORT, constants, seed=0)

    assert np.array_equal(examples.truth, np.eye(20))
    assert np.array_equal(examples.heads, squeezed_points(corpus.edges, 12, "chunk_peak", channel=1))


def test_false_pairs_are_of_no_class_and_true_ones_of_one(corpus):
    settings = TINY.model_copy(update={"patience": None, "random_cuts_per_epoch": 0})
    examples = examples_of(corpus, settings)

    follows = examples.pairs[:, 1] == examples.pairs[:, 0] + 1
    assert (follows.sum(), (~follows).sum()) == (18, 40)
    assert np.array_equal(examples.truth.sum(axis=1), follows)
    assert np.array_equal(corpus.songs[examples.pairs[:, 0]], corpus.songs[examples.pairs[:, 1]])


def test_random_cuts_add_true_and_false_pairs(corpus):
    without = examples_of(corpus, TINY.model_copy(update={"random_cuts_per_epoch": 0}))
    examples = examples_of(corpus, TINY)

    added = examples.truth[len(without) :]
    assert len(added) == 30 * (1 + TINY.false_successors)
    assert added.sum() == 30


def test_nothing_stops_early_where_each_transition_is_a_class(corpus):
    settings = TINY.model_copy(update={"classes": "transitions"})
    constants = CATEGORICAL.constants(corpus, settings)

    assert CATEGORICAL.stopping_examples(corpus, settings, constants, seed=0) is None
    assert examples_of(corpus, settings).truth.sum() == 20


def test_what_is_kept_back_is_not_trained_on(corpus):
    settings = TINY.model_copy(update={"kept_back_percent": 50, "random_cuts_per_epoch": 0})
    constants = CATEGORICAL.constants(corpus, settings)

    trained = CATEGORICAL.train_examples(corpus, settings, constants, seed=0, epoch=0)
    stopping = CATEGORICAL.stopping_examples(corpus, settings, constants, seed=0)

    assert len(trained.heads) == len(stopping.heads) == 10
    assert not (trained.heads[:, None] == stopping.heads[None]).all(axis=(2, 3)).any()


def test_too_few_transitions_are_refused():
    lonely = without_frames(planted_corpus(0, songs=3, chunks=1))

    for settings in (SEED, TINY):
        with pytest.raises(NothingToLearn, match="0 training examples; at least 4"):
            CATEGORICAL.constants(lonely, settings)


def test_too_few_transitions_that_are_not_kept_back_are_refused():
    """Of four songs of two chunks each, the second half is kept back, and no transition is left."""
    corpus = without_frames(planted_corpus(0, songs=4, chunks=2))

    with pytest.raises(NothingToLearn, match="0 training examples; at least 4"):
        examples_of(corpus, TINY.model_copy(update={"kept_back_percent": 50}))


@pytest.fixture(scope="module")
def untrained(corpus):
    """A network of 20 classes with the weights it began with, and its scorer."""
    constants = CATEGORICAL.constants(corpus, SHORT)
    network = CATEGORICAL.build(SHORT, constants)
    # Larger weights part the classes, as training would.
    network.layers[-1].kernel.assign(20 * network.layers[-1].kernel)
    return network, CATEGORICAL.scorer(SHORT, {**constants, **get_weights(network)})


def test_a_step_asks_for_its_class_and_after_the_last_class_comes_the_first(corpus, untrained):
    network, scorer = untrained
    prepared = scorer.prepare(corpus.edges, corpus.songs)
    assert set(scorer.space) <= set(prepared)
    candidates = np.array([3, 1, 8])

    found = {step: scorer.scores(prepared, 2, candidates, step) for step in (0, 7, 19, 20, 47)}

    squeezed = squeezed_points(corpus.edges, 12, "chunk_peak", channel=0)
    inputs = np.stack([np.concatenate([squeezed[2], squeezed[each]]) for each in candidates])
    expected = np.asarray(network(inputs))
    for step, scores in found.items():
        np.testing.assert_allclose(scorer.display(scores), expected[:, step % 20], rtol=1e-4)
    assert not np.allclose(found[0], found[7])


def test_outside_of_a_mix_the_best_class_counts(corpus, untrained):
    _, scorer = untrained
    prepared = scorer.prepare(corpus.edges, corpus.songs)
    candidates = np.array([3, 1, 8])

    scores = scorer.scores(prepared, 2, candidates)

    by_class = [scorer.scores(prepared, 2, candidates, step) for step in range(20)]
    np.testing.assert_allclose(scores, np.max(by_class, axis=0), rtol=1e-5)
    assert scorer.pairwise


def test_blocks_of_candidates_change_nothing(corpus, untrained):
    _, scorer = untrained
    prepared = scorer.prepare(corpus.edges)
    many = np.arange(150) % len(corpus)

    scores = scorer.scores(prepared, 0, many, 3)

    assert scores.shape == (150,)
    np.testing.assert_allclose(scores, scores[: len(corpus)][many], rtol=1e-4, atol=1e-5)
    assert scorer.scores(prepared, 0, np.empty(0, np.int64), 3).shape == (0,)


def test_what_is_shown_is_the_sigmoid_of_the_study(untrained):
    logits = np.array([-3, 0, 2], np.float32)

    assert np.array_equal(untrained[1].display(logits), sigmoid(logits))
