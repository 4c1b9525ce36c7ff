"""What the pages on networks explain is what Keras, and so Segue, computes."""

from __future__ import annotations

import numpy as np
import pytest

from tools.site import theory

START = np.array([-3.0, 2.0])
SLOPES = np.array([0.3, 4.0])


def gradient(place):
    return SLOPES * place


@pytest.fixture
def chance():
    return np.random.default_rng(4)


def test_a_convolution_is_that_of_a_network(chance):
    import keras

    image, kernel = chance.normal(size=(9, 8)), chance.normal(size=(3, 3))
    for stride, padding in ((1, "valid"), (1, "same"), (2, "valid")):
        layer = keras.layers.Conv2D(1, 3, strides=stride, padding=padding, use_bias=False)
        layer.build((None, 9, 8, 1))
        layer.set_weights([kernel[:, :, None, None]])
        wanted = layer(image[None, :, :, None].astype(np.float32)).numpy()[0, :, :, 0]
        np.testing.assert_allclose(
            theory.convolve(image, kernel, stride=stride, padding=padding == "same"), wanted, atol=1e-5
        )


def test_pooling_is_that_of_a_network(chance):
    import keras

    values = chance.normal(size=11)
    wanted = keras.layers.MaxPooling1D(2, strides=2)(values[None, :, None]).numpy()[0, :, 0]
    np.testing.assert_allclose(theory.max_pool(values, 2), wanted, rtol=1e-6)


def test_the_gates_are_those_of_a_network(chance):
    import keras

    features, units, steps = 3, 2, 5
    layer = keras.layers.LSTM(units, return_sequences=True)
    layer.build((None, steps, features))
    weights = [chance.normal(size=one.shape) for one in layer.get_weights()]
    layer.set_weights(weights)
    inputs = chance.normal(size=(steps, features))
    wanted = layer(inputs[None].astype(np.float32)).numpy()[0]
    hidden = cell = np.zeros(units)
    for x, expected in zip(inputs, wanted, strict=True):
        step = theory.lstm_step(x, hidden, cell, *weights)
        hidden, cell = step.hidden, step.cell
        np.testing.assert_allclose(hidden, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("walk", "name"), [(theory.sgd, "SGD"), (theory.rmsprop, "RMSprop"), (theory.adam, "Adam")]
)
def test_optimizers_step_as_those_of_keras(walk, name):
    import keras

    place = keras.Variable(START.astype(np.float32))
    optimizer = getattr(keras.optimizers, name)(learning_rate=0.05)
    wanted = [START]
    for _ in range(20):
        optimizer.apply([keras.ops.convert_to_tensor(gradient(keras.ops.convert_to_numpy(place)))], [place])
        wanted.append(keras.ops.convert_to_numpy(place).copy())
    np.testing.assert_allclose(walk(gradient, START, steps=20, rate=0.05), wanted, atol=1e-4)


def test_softmax_are_shares_however_large_the_scores():
    shares = theory.softmax(np.array([1000.0, 1001.0]))
    np.testing.assert_allclose(shares, [1 / (1 + np.e), np.e / (1 + np.e)])
