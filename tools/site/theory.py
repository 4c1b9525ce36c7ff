"""The arithmetic that the pages on networks explain, in plain NumPy: pictures are computed by it.

A test holds it against Keras, so that the formulas of those pages are those that Segue trains with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LstmStep", "adam", "convolve", "lstm_step", "max_pool", "rmsprop", "sgd", "sigmoid", "softmax"]

Array = NDArray[np.float64]
Gradient = Callable[[Array], Array]


def convolve(image: Array, kernel: Array, *, stride: int = 1, padding: bool = False) -> Array:
    """Lay a kernel over every place of an image, and sum what it weighs.

    Args:
        image: shape (height, width).
        kernel: shape (h, w), of odd sizes where it is padded.
        stride: places from one to the next, both ways.
        padding: surround the image with zeros, so that the result is as large.
    """
    if padding:
        image = np.pad(image, [(size // 2, size // 2) for size in kernel.shape])
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)[::stride, ::stride]
    return np.einsum("yxhw,hw->yx", windows, kernel)


def max_pool(values: Array, size: int) -> Array:
    """Return the largest of every `size` values in a row; a rest is left out, as Keras does."""
    whole = len(values) // size * size
    return values[:whole].reshape(-1, size).max(axis=1)


def sigmoid(x: Array) -> Array:
    """Press any number between 0 and 1."""
    return 1 / (1 + np.exp(-x))


def softmax(logits: Array) -> Array:
    """Turn scores into shares of 1."""
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


@dataclass(frozen=True)
class LstmStep:
    """What an LSTM's unit does at one step; each of shape (units,).

    Attributes:
        forget, take, give: the gates: what is kept of the memory, let into it, and shown of it.
        new: what is offered to the memory.
        cell, hidden: the memory and the output after the step.
    """

    forget: Array
    take: Array
    new: Array
    give: Array
    cell: Array
    hidden: Array


def lstm_step(x: Array, hidden: Array, cell: Array, kernel: Array, recurrent: Array, bias: Array) -> LstmStep:
    """Take one step of an LSTM.

    Args:
        x: the input, shape (features,).
        hidden: the output before, shape (units,).
        cell: the memory before, of the same shape.
        kernel: shape (features, 4 * units): for the input gate, the forget gate, the new cell and the output
            gate, one after another.
        recurrent: shape (units, 4 * units), in the same order.
        bias: shape (4 * units,), in the same order.
    """
    take, forget, new, give = np.split(x @ kernel + hidden @ recurrent + bias, 4)
    take, forget, give, new = sigmoid(take), sigmoid(forget), sigmoid(give), np.tanh(new)
    cell = forget * cell + take * new
    return LstmStep(forget, take, new, give, cell, give * np.tanh(cell))


def sgd(gradient: Gradient, start: Array, *, steps: int, rate: float) -> Array:
    """Walk down a slope by plain steps; return all places, shape (steps + 1, parameters)."""
    path = [start]
    for _ in range(steps):
        path.append(path[-1] - rate * gradient(path[-1]))
    return np.array(path)


def rmsprop(gradient: Gradient, start: Array, *, steps: int, rate: float, keep: float = 0.9) -> Array:
    """Walk by steps divided by the recent size of each parameter's gradient."""
    path, squares = [start], np.zeros_like(start)
    for _ in range(steps):
        slope = gradient(path[-1])
        squares = keep * squares + (1 - keep) * slope**2
        path.append(path[-1] - rate * slope / np.sqrt(squares + 1e-7))
    return np.array(path)


def adam(
    gradient: Gradient,
    start: Array,
    *,
    steps: int,
    rate: float,
    keep: float = 0.9,
    keep_squares: float = 0.999,
) -> Array:
    """Walk by the recent mean of the gradient, divided as in RMSprop, both corrected for their beginning."""
    path, mean, squares = [start], np.zeros_like(start), np.zeros_like(start)
    for step in range(1, steps + 1):
        slope = gradient(path[-1])
        mean = keep * mean + (1 - keep) * slope
        squares = keep_squares * squares + (1 - keep_squares) * slope**2
        unbiased = rate * np.sqrt(1 - keep_squares**step) / (1 - keep**step)
        path.append(path[-1] - unbiased * mean / (np.sqrt(squares) + 1e-7))
    return np.array(path)
