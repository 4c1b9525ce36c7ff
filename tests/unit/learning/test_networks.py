import keras
import numpy as np
import pytest

from shared.learning.networks import run_in_blocks, seed_dropout


def two_halves():
    left, right = keras.Input((3,), name="left"), keras.Input((2,), name="right")
    outputs = [keras.layers.Dense(4)(left), keras.layers.Dropout(0.5)(keras.layers.Dense(5)(right))]
    return keras.Model([left, right], outputs)


@pytest.mark.parametrize("rows", [0, 1, 7, 9])
def test_blocks_of_rows_change_nothing(rows):
    network = two_halves()
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=(rows, width)).astype(np.float32) for width in (3, 2)]

    found = run_in_blocks(network, inputs, 3)

    assert [each.shape for each in found] == [(rows, 4), (rows, 5)]
    for each, at_once in zip(found, network(inputs) if rows else [], strict=bool(rows)):
        np.testing.assert_allclose(each, np.asarray(at_once), rtol=1e-5)


def test_a_network_of_one_input_and_output_runs_in_blocks_too():
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    inputs = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)

    (found,) = run_in_blocks(network, [inputs], 2)

    np.testing.assert_allclose(found, np.asarray(network(inputs)), rtol=1e-5)


def test_dropout_of_functional_networks_follows_seed_and_epoch():
    network = two_halves()
    inputs = [np.ones((64, 3), np.float32), np.ones((64, 2), np.float32)]

    def dropped(seed, epoch):
        seed_dropout(network, seed, epoch)
        return np.asarray(network(inputs, training=True)[1])

    assert np.array_equal(dropped(0, 1), dropped(0, 1))
    assert not np.array_equal(dropped(0, 1), dropped(0, 2))
    assert not np.array_equal(dropped(0, 1), dropped(1, 1))
