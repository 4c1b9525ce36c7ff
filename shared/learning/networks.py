"""Keras networks as named arrays, and randomness that can be set: for any `Network` approach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from shared.errors import Corrupt
from shared.learning.corpus import Floats
from shared.store.arrays import Arrays

_WEIGHTS = "network/"
_OPTIMIZER = "optimizer/"


def get_weights(network: Any) -> Arrays:
    """Return every weight of a network by its path, such as `network/lstm/lstm_cell/kernel`."""
    return {_name(network, variable): np.array(variable.numpy()) for variable in network.weights}


def set_weights(network: Any, arrays: Arrays) -> None:
    """Give a network its weights by name.

    Raises:
        Corrupt: a weight is missing, or of another shape.
    """
    for variable in network.weights:
        _assign(variable, _name(network, variable), arrays)


def get_optimizer(network: Any) -> Arrays:
    """Return the state of a network's optimizer: its iterations, moments and learning rate."""
    variables = enumerate(network.optimizer.variables)
    return {f"{_OPTIMIZER}{index:03d}": np.array(variable.numpy()) for index, variable in variables}


def set_optimizer(network: Any, arrays: Arrays) -> None:
    """Give a network's optimizer its state.

    Raises:
        Corrupt: a part is missing, or of another shape.
    """
    network.optimizer.build(network.trainable_variables)
    for index, variable in enumerate(network.optimizer.variables):
        _assign(variable, f"{_OPTIMIZER}{index:03d}", arrays)


def optimizer_of(name: str, learning_rate: float) -> Any:
    """Return a Keras optimizer by its name."""
    import keras

    optimizer = keras.optimizers.get(name)
    optimizer.learning_rate = learning_rate
    return optimizer


def run_in_blocks(network: Any, inputs: Sequence[Floats], block: int) -> list[Floats]:
    """Run a network without dropout over many rows, so many at a time: that bounds what layers hold.

    Args:
        network: with as many inputs as are given.
        inputs: float32, n rows each.
        block: rows per run.

    Returns:
        One float32 array of n rows per output of the network.
    """
    rows = len(inputs[0])
    given = [[array[at : at + block] for array in inputs] for at in range(0, rows, block)]
    found = [network(each[0] if len(each) == 1 else each, training=False) for each in given]
    outputs = [each if isinstance(each, list | tuple) else [each] for each in found]
    if not outputs:
        return [np.empty((0, *output.shape[1:]), dtype=np.float32) for output in network.outputs]
    return [np.concatenate([np.asarray(part) for part in parts]) for parts in zip(*outputs, strict=True)]


def seed_dropout(network: Any, seed: int, epoch: int) -> None:
    """Set what a network will drop in an epoch, whatever it dropped before."""
    states = np.random.SeedSequence([seed, epoch]).generate_state(2 * len(network.layers)).reshape(-1, 2)
    for layer, state in zip(network.layers, states, strict=True):
        if hasattr(layer, "seed_generator"):
            layer.seed_generator.state.assign(state)


def _name(network: Any, variable: Any) -> str:
    # Sequential networks prefix nothing, functional ones their own name.
    return _WEIGHTS + variable.path.removeprefix(f"{network.name}/")


def _assign(variable: Any, name: str, arrays: Arrays) -> None:
    found = arrays.get(name)
    if found is None or found.shape != tuple(variable.shape):
        shape = "nothing" if found is None else f"shape {found.shape}"
        raise Corrupt(what=f"weight {name}", found=shape, needed=f"shape {tuple(variable.shape)}")
    variable.assign(found)
