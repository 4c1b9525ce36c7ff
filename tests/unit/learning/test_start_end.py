import numpy as np
import pytest

from shared.errors import NothingToLearn
from shared.learning.approaches import get_approach
from shared.learning.networks import get_weights
from shared.learning.points import trimmed_points
from shared.sound.features import BANDS, EDGE_FRAMES, Edges
from tests.unit.learning.planted import planted_corpus, without_frames

START_END = get_approach("start_end")
SEED = START_END.resolve({"preset": "seed"})
SHORT = SEED.model_copy(update={"max_edge_points": 12})
TINY = START_END.resolve(
    {"filters": 4, "lstm_units": 3, "dense_units": 2, "random_cuts_per_epoch": 30, "fewest_classes": 4}
)


@pytest.fixture(scope="module")
def corpus():
    return planted_corpus(0, songs=2, chunks=10)


def examples_of(corpus, settings):
    constants = START_END.constants(corpus, settings)
    return START_END.train_examples(corpus, settings, constants, seed=0, epoch=0)


def test_seed_is_two_networks_of_the_studys_family():
    network = START_END.build(SEED, {"classes": np.array(150), "edge_size": np.array(466)})

    kinds = ["conv1d", "lstm", "dense", "flatten", "classes"]
    names = [layer.name for layer in network.layers]
    for side in ("end", "start"):
        assert [name for name in names if name.startswith(side)] == [
            side,
            *(f"{side}_{kind}" for kind in kinds),
        ]
    # Of each: 20 + 2,480 + 2,100 as in `categorical`, and 466 * 100 * 150 + 150.
    assert network.count_params() == 2 * 6_994_750
    assert network.input_shape == [(None, 466, 1)] * 2
    assert network.output_shape == [(None, 150)] * 2
    assert network.loss == ["categorical_crossentropy"] * 2
    assert network.get_layer("end_classes").activation.__name__ == "softmax"


def test_neither_network_sees_what_the_other_does(corpus):
    network = START_END.build(SHORT, START_END.constants(corpus, SHORT))
    rng = np.random.default_rng(0)
    ends, starts, others = rng.normal(size=(3, 4, 12, 1)).astype(np.float32)

    end_classes, start_classes = map(np.asarray, network([ends, starts]))

    assert np.array_equal(end_classes, np.asarray(network([ends, others])[0]))
    assert np.array_equal(start_classes, np.asarray(network([others, starts])[1]))
    assert not np.array_equal(start_classes, np.asarray(network([ends, others])[1]))


def test_a_transition_is_opened_by_an_end_and_closed_by_the_next_start(corpus):
    """A song of 10 chunks has 9: its last chunk's end opens none, its first chunk's start closes none."""
    examples = examples_of(corpus, SHORT)

    (ends, starts), (opened, closed) = examples.batch(np.arange(len(examples)))

    tails, heads = trimmed_points(corpus.edges, 12, "chunk_peak", channel=0)
    first = [*range(9), *range(10, 19)]
    assert np.array_equal(opened, np.eye(18))
    assert np.array_equal(closed, np.eye(18))
    assert np.array_equal(ends, tails[first])
    assert np.array_equal(starts, heads[np.array(first) + 1])


def test_validation_is_the_other_channel_of_the_same_classes(corpus):
    constants = START_END.constants(corpus, SHORT)

    examples = START_END.validation_examples(corpus, SHORT, constants, seed=0)

    assert np.array_equal(examples.targets[0], np.eye(18))
    assert np.array_equal(
        examples.inputs[0][0], trimmed_points(corpus.edges, 12, "chunk_peak", channel=1)[0][0]
    )


def test_random_cuts_add_both_pieces_of_one_class(corpus):
    settings = TINY.model_copy(update={"patience": None})
    examples = examples_of(corpus, settings)

    assert len(examples) == 18 + 30
    assert np.array_equal(examples.targets[0], examples.targets[1])
    assert (examples.targets[0].sum(axis=1) == 1).all()


def test_class_shares_are_those_of_the_transitions(corpus):
    constants = START_END.constants(corpus, TINY)
    counts = examples_of(corpus, TINY.model_copy(update={"patience": None, "random_cuts_per_epoch": 0}))

    expected = 1 + counts.targets[0].sum(axis=0)
    np.testing.assert_allclose(constants["class_shares"], expected / expected.sum(), rtol=1e-5)


def test_what_is_kept_back_is_not_trained_on(corpus):
    settings = TINY.model_copy(update={"kept_back_percent": 50, "random_cuts_per_epoch": 0})
    constants = START_END.constants(corpus, settings)

    trained = START_END.train_examples(corpus, settings, constants, seed=0, epoch=0).inputs[0]
    stopping = START_END.stopping_examples(corpus, settings, constants, seed=0).inputs[0]

    assert len(trained) == len(stopping) == 8
    assert not (trained[:, None] == stopping[None]).all(axis=(2, 3)).any()


def test_nothing_stops_early_where_each_transition_is_a_class(corpus):
    settings = TINY.model_copy(update={"classes": "transitions"})
    constants = START_END.constants(corpus, settings)

    assert START_END.stopping_examples(corpus, settings, constants, seed=0) is None
    assert len(examples_of(corpus, settings)) == 18


def test_too_few_transitions_are_refused():
    lonely = without_frames(planted_corpus(0, songs=3, chunks=1))

    for settings in (SEED, TINY):
        with pytest.raises(NothingToLearn, match="0 training examples; at least 4"):
            START_END.constants(lonely, settings)


def test_too_few_transitions_that_are_not_kept_back_are_refused():
    """Of four songs of two chunks each, the second half is kept back, and no transition is left."""
    corpus = without_frames(planted_corpus(0, songs=4, chunks=2))

    with pytest.raises(NothingToLearn, match="0 training examples; at least 4"):
        examples_of(corpus, TINY.model_copy(update={"kept_back_percent": 50}))


@pytest.fixture(scope="module")
def untrained(corpus):
    """A network with larger weights than it began with, as training would make them, and all its arrays."""
    constants = START_END.constants(corpus, SHORT)
    network = START_END.build(SHORT, constants)
    for side in ("end", "start"):
        kernel = network.get_layer(f"{side}_classes").kernel
        kernel.assign(10 * kernel)
    return network, {**constants, **get_weights(network)}


def classified(network, corpus):
    tails, heads = trimmed_points(corpus.edges, 12, "chunk_peak", channel=0)
    return map(np.asarray, network([tails, heads]))


def test_the_start_counts_for_the_class_of_the_end(corpus, untrained):
    network, weights = untrained
    scorer = START_END.scorer(SHORT, weights)
    ends, starts = classified(network, corpus)
    candidates = np.array([3, 1, 8])

    scores = scorer.scores(scorer.prepare(corpus.edges, corpus.songs), 2, candidates)

    expected = starts[candidates, ends[2].argmax()]
    np.testing.assert_allclose(scores, np.log(expected), rtol=1e-4)
    np.testing.assert_allclose(scorer.display(scores), expected, rtol=1e-4)
    assert not scorer.pairwise


def test_every_class_counts_by_its_probability_against_its_share(corpus, untrained):
    network, weights = untrained
    scorer = START_END.scorer(SHORT.model_copy(update={"match": "every"}), weights)
    ends, starts = classified(network, corpus)
    candidates = np.array([3, 1, 8])

    scores = scorer.scores(scorer.prepare(corpus.edges, corpus.songs), 2, candidates)

    ratios = (ends[2] * starts[candidates] / weights["class_shares"]).sum(axis=1)
    np.testing.assert_allclose(scores, np.log(ratios), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(scorer.display(scores), ratios / (1 + ratios), rtol=1e-4)


def test_networks_that_are_very_sure_make_no_ties(corpus, untrained):
    """Probabilities would all be rounded to 0 or 1."""
    _, weights = untrained
    sure = {
        name: array * (1000 if name.endswith("_classes/kernel") else 1) for name, array in weights.items()
    }
    scorer = START_END.scorer(SHORT, sure)

    prepared = scorer.prepare(corpus.edges)
    assert set(scorer.space) & set(prepared) == {"starts"}, "of an end, its class alone is kept"
    scores = scorer.dense(prepared, 20)

    unlikely = scores < 0
    assert np.isfinite(scores).all()
    assert unlikely.sum() > 200
    assert all(len(np.unique(row[mask])) == mask.sum() for row, mask in zip(scores, unlikely, strict=True))


def test_chunks_shorter_than_a_piece_stay_out_of_a_pool_of_points():
    seed = START_END.scorer(SEED, {"edge_size": np.array(3)})
    spectra = np.zeros((3, 2, EDGE_FRAMES, BANDS), np.float16)
    edges = Edges(spectra, spectra, np.zeros((9, 2), np.float32), np.array([0, 4, 6, 9]))

    assert seed.usable(edges).tolist() == [True, False, True]
    assert START_END.scorer(TINY, {}).usable(edges).all()
