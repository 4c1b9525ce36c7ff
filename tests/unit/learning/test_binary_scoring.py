import tracemalloc

import numpy as np
import pytest

from shared.errors import Corrupt
from shared.learning.approaches import binary_scoring, get_approach
from shared.learning.approaches.binary_scoring import PairNetwork, PoolLogits
from shared.learning.networks import get_weights, set_weights

BINARY = get_approach("binary")
SMALL = {"filters": 5, "lstm_units": 4, "dense_units": 3}
CHUNKS = 7


def points(edge, **given):
    settings = BINARY.resolve({"preset": "seed", "max_edge_points": edge, **SMALL, **given})
    return settings, {"edge_size": np.array(edge)}


def frames(edge, **given):
    return BINARY.resolve({"edge_frames": edge, **SMALL, **given}), {}


def random_weights(network, seed=0):
    """Give every weight, biases too, a size that saturates no gate and leaves none without effect."""
    rng = np.random.default_rng(seed)
    return {
        name: rng.normal(0, 1.5 / np.sqrt(array.size / array.shape[-1]), array.shape).astype(np.float32)
        for name, array in get_weights(network).items()
    }


def random_sides(edge, channels, chunks=CHUNKS, seed=1):
    sides = np.random.default_rng(seed).normal(size=(2, chunks, edge, channels))
    return tuple(sides.astype(np.float32))


def plain_logits(network, tails, heads):
    """What Keras says of all pairs: the logits before the last sigmoid."""
    import keras

    network.layers[-1].activation = keras.activations.linear
    everyone = np.arange(len(tails))
    inputs = np.concatenate(
        [tails[np.repeat(everyone, len(tails))], heads[np.tile(everyone, len(tails))]], axis=1
    )
    return np.asarray(network(inputs, training=False)).reshape(len(tails), len(tails))


@pytest.mark.parametrize(
    ("settings", "constants"),
    [
        points(12),
        points(13),
        points(12, activation="relu"),
        points(13, activation="relu"),
        points(12, kernel_size=1),
        points(13, kernel_size=1, activation="relu"),
        points(12, kernel_size=3),
        points(13, kernel_size=3, dilation_rate=2),
        points(12, kernel_size=2, dilation_rate=3),
        points(13, kernel_size=2, dilation_rate=2, activation="relu"),
        points(12, kernel_size=5),
        points(13, kernel_size=5, dilation_rate=2),
        points(8, kernel_size=5, dilation_rate=3),
        points(9, kernel_size=5, dilation_rate=3, activation="relu"),
        frames(6, activation="relu"),
        frames(7, activation="linear"),
        frames(4, kernel_size=3, dilation_rate=3),
        frames(5, kernel_size=5, activation="relu"),
    ],
    ids=lambda each: "" if isinstance(each, dict) else None,
)
def test_logits_are_those_of_keras(settings, constants):
    network = BINARY.build(settings, constants)
    weights = random_weights(network)
    set_weights(network, weights)
    length, channels = network.input_shape[1:]
    tails, heads = random_sides(length // 2, channels)
    prepared = {"tails": tails, "heads": heads}
    scorer = BINARY.scorer(settings, {**constants, **weights})

    expected = plain_logits(network, tails, heads)

    assert expected.std() > 0.03
    np.testing.assert_allclose(scorer.dense(prepared, CHUNKS), expected, atol=1e-5)
    some = np.array([4, 0, 5])
    np.testing.assert_allclose(scorer.scores(prepared, 3, some), expected[3, some], atol=1e-5)


def built(edge=12, **given):
    """A network's weights with a scorer's view of them."""
    settings, constants = points(edge, **given)
    weights = random_weights(BINARY.build(settings, constants))
    network = PairNetwork(
        weights,
        edge_size=edge,
        dilation_rate=settings.dilation_rate,
        rectified=settings.activation == "relu",
    )
    return settings, {**constants, **weights}, network


EVERYONE = np.arange(CHUNKS)


@pytest.mark.parametrize("rows", [1, 2, 5, 40])
@pytest.mark.parametrize("kept", [0, 3, CHUNKS])
def test_neither_blocks_nor_what_is_kept_change_a_logit(monkeypatch, rows, kept):
    _, _, network = built(13, kernel_size=3)
    sides = random_sides(13, 1)
    expected = PoolLogits(network, *sides).logits(EVERYONE, EVERYONE)
    shuffled = np.array([5, 0, 6, 3, 3, 1])

    monkeypatch.setattr(binary_scoring, "_WORK_BYTES", rows * network.row_bytes)
    frames_of_heads = network.frames - 7
    pool = PoolLogits(network, *sides, kept_bytes=4 * kept * frames_of_heads * network.gates)

    np.testing.assert_allclose(pool.logits(EVERYONE[2:], shuffled), expected[2:, shuffled], atol=1e-6)
    np.testing.assert_allclose(pool.logits(EVERYONE, EVERYONE), expected, atol=1e-6)
    np.testing.assert_allclose(pool.logits(EVERYONE[:1], EVERYONE), expected[:1], atol=1e-6)
    assert pool.logits(EVERYONE, np.empty(0, np.int64)).shape == (CHUNKS, 0)


def test_what_heads_feed_is_computed_once_for_a_pool(monkeypatch):
    settings, weights, _ = built()
    scorer = BINARY.scorer(settings, weights)
    tails, heads = random_sides(12, 1)
    prepared, worked_on = {"tails": tails, "heads": heads}, []
    inputs = PairNetwork.inputs

    def noted(self, points, rows, starts):
        if points is heads:
            worked_on.extend(rows.tolist())
        return inputs(self, points, rows, starts)

    monkeypatch.setattr(PairNetwork, "inputs", noted)
    scorer.scores(prepared, 0, EVERYONE[:5])
    assert sorted(set(worked_on)) == [0, 1, 2, 3, 4]
    worked_on.clear()

    scorer.scores(prepared, 1, EVERYONE[1:4])
    assert worked_on == []
    scorer.scores(prepared, 1, EVERYONE[5:])
    assert sorted(set(worked_on)) == [5, 6]


def test_another_pool_is_not_taken_for_the_last(monkeypatch):
    settings, weights, _ = built()
    scorer = BINARY.scorer(settings, weights)
    pools = [dict(zip(("tails", "heads"), random_sides(12, 1, seed=seed), strict=True)) for seed in (1, 2)]

    first, second, again = (scorer.scores(pools[which], 0, EVERYONE) for which in (0, 1, 0))

    assert not np.allclose(first, second)
    assert np.array_equal(first, again)
    assert np.array_equal(second, BINARY.scorer(settings, weights).scores(pools[1], 0, EVERYONE))


def test_memory_is_bounded(monkeypatch):
    """All that these heads feed to the LSTM would be 9.8 MB; the states of all pairs, as much again."""
    monkeypatch.setattr(binary_scoring, "_WORK_BYTES", 2**20)
    _, _, network = built(64, lstm_units=32)
    chunks = 600
    pool = PoolLogits(network, *random_sides(64, 1, chunks), kept_bytes=2**20)
    everyone = np.arange(chunks)

    tracemalloc.start()
    pool.logits(everyone[:16], everyone)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 3 * 2**20


@pytest.mark.parametrize("activation", ["linear", "relu"])
def test_a_weight_that_is_no_number_shows_in_every_score(activation):
    settings, weights, _ = built(activation=activation)
    prepared = dict(zip(("tails", "heads"), random_sides(12, 1), strict=True))

    for name in (name for name in weights if name.startswith("network/")):
        broken = weights[name].copy()
        broken.flat[-1] = np.nan
        scores = BINARY.scorer(settings, {**weights, name: broken}).scores(prepared, 0, EVERYONE)
        assert np.isnan(scores).all(), name


def test_weights_that_are_missing_or_do_not_fit_are_refused():
    _, weights, _ = built()
    shape = {"edge_size": 12, "dilation_rate": 1, "rectified": False}

    for name in (name for name in weights if name.startswith("network/")):
        with pytest.raises(Corrupt, match=f"{name} have nothing"):
            PairNetwork({key: array for key, array in weights.items() if key != name}, **shape)
    with pytest.raises(Corrupt, match=r"dense_1/kernel have shape \(33, 1\).*\(36, 1\)"):
        PairNetwork(weights, **{**shape, "edge_size": 13})
    with pytest.raises(Corrupt, match="lstm_cell/kernel"):
        PairNetwork(
            {
                **weights,
                "network/conv1d/kernel": np.zeros((2, 1, 6), "f4"),
                "network/conv1d/bias": np.zeros(6, "f4"),
            },
            **shape,
        )
