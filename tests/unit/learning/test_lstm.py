import keras
import numpy as np
import pytest
import tensorflow as tf

from shared.learning.lstm import lstm, stock_lstm
from shared.learning.networks import get_weights
from shared.learning.precision import in_precision

CASES = [(3, 7, 5, 4), (1, 2, 2, 3), (2, 12, 1, 6), (5, 9, 3, 1)]
"""Batch, frames, features, units."""


def network(layer, frames, features):
    return keras.Sequential([keras.Input((frames, features)), layer], name="network")


def both(units, frames, features, *, return_sequences):
    """The stock layer and Segue's with the same weights, a random bias among them."""
    given = {"return_sequences": return_sequences, "name": "lstm"}
    stock = network(keras.layers.LSTM(units, **given), frames, features)
    ours = network(lstm(units, **given), frames, features)
    rng = np.random.default_rng(units)
    weights = [rng.normal(0, 0.5, weight.shape).astype(np.float32) for weight in stock.get_weights()]
    for each in (stock, ours):
        each.set_weights(weights)
    return stock, ours


def outputs_and_gradients(network, inputs, *, training):
    """What a network returns, and the gradients of a sum that weighs its outputs unevenly."""
    seen = tf.constant(inputs)
    with tf.GradientTape() as tape:
        tape.watch(seen)
        found = network(seen, training=training)
        unevenly = np.random.default_rng(1).normal(size=found.shape).astype(np.float32)
        loss = tf.reduce_sum(tf.cast(found, tf.float32) * unevenly)
    by = [seen, *(variable.value for variable in network.trainable_variables)]
    return [np.asarray(each, np.float32) for each in (found, *tape.gradient(loss, by))]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("return_sequences", [True, False])
@pytest.mark.parametrize(("batch", "frames", "features", "units"), CASES)
def test_outputs_and_gradients_are_those_of_the_stock_layer(
    batch, frames, features, units, return_sequences, training
):
    stock, ours = both(units, frames, features, return_sequences=return_sequences)
    inputs = np.random.default_rng(0).normal(size=(batch, frames, features)).astype(np.float32)

    expected, found = (outputs_and_gradients(each, inputs, training=training) for each in (stock, ours))

    assert len(found) == 5
    for mine, theirs in zip(found, expected, strict=True):
        assert np.abs(theirs).max() > 1e-3
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("return_sequences", [True, False])
def test_steps_of_training_are_those_of_the_stock_layer_and_repeatable(return_sequences):
    def trained(make):
        keras.utils.set_random_seed(3)
        layers = [keras.Input((11, 2)), make(4, return_sequences=return_sequences, name="lstm")]
        model = keras.Sequential([*layers, keras.layers.Flatten(), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(0.1), "mean_squared_error", jit_compile=False)
        rng = np.random.default_rng(0)
        rows = rng.normal(size=(7, 11, 2)).astype(np.float32), rng.normal(size=7).astype(np.float32)
        losses = [model.train_on_batch(*rows) for _ in range(5)]
        return losses, model.get_weights()

    (losses, weights), (again, same), (expected, stock) = map(trained, (lstm, lstm, keras.layers.LSTM))

    assert losses == again
    assert losses[-1] < losses[0]
    assert all(map(np.array_equal, weights, same))
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    for mine, theirs in zip(weights, stock, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-5)


def test_weights_have_the_names_shapes_and_first_values_of_the_stock_layer():
    def named(make):
        keras.utils.set_random_seed(5)
        return get_weights(network(make(3, name="lstm"), 6, 2))

    ours, stock = named(lstm), named(keras.layers.LSTM)

    assert list(ours) == list(stock)
    assert "network/lstm/lstm_cell/recurrent_kernel" in ours
    assert all(np.array_equal(ours[name], stock[name]) for name in stock)


def test_the_kind_of_layer_is_told_as_before():
    assert type(lstm(2)).__name__ == "LSTM"


@pytest.mark.parametrize("training", [True, False])
def test_a_cell_state_that_grows_slowly_is_not_rounded_away_in_mixed_precision(training):
    """0.002 a frame comes to 1.6; in 16 bits a sum stands still long before."""
    with in_precision("mixed_bfloat16"):
        slow = network(stock_lstm(1), 800, 1)
    open_gate = 30
    slow.set_weights([np.zeros((1, 4)), np.zeros((1, 4)), np.array([open_gate, open_gate, 0.002, open_gate])])

    found = slow(np.zeros((1, 800, 1), np.float32), training=training)

    assert found.dtype == tf.bfloat16
    np.testing.assert_allclose(np.asarray(found, np.float32), np.tanh(1.6), atol=0.01)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_gradients_in_mixed_precision_are_near_those_in_float32(precision):
    exact = both(4, 30, 3, return_sequences=True)[1]
    with in_precision(precision):
        mixed = network(lstm(4, return_sequences=True, name="lstm"), 30, 3)
    mixed.set_weights(exact.get_weights())
    inputs = np.random.default_rng(0).normal(size=(5, 30, 3)).astype(np.float32)

    expected, found = (outputs_and_gradients(each, inputs, training=True) for each in (exact, mixed))

    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=0.05 * np.abs(theirs).max())


def test_the_stock_layer_is_taken_where_it_is_exact():
    with in_precision("mixed_float16"):
        assert type(stock_lstm(2)) is type(lstm(2))
    assert type(stock_lstm(2)) is keras.layers.LSTM
