"""The precision that a network is trained in: a Keras policy that holds while its layers are made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

Precision = Literal["float32", "mixed_bfloat16", "mixed_float16"]
"""Keras names: with the mixed ones, layers compute in 16 bits and keep their weights in 32."""


@contextmanager
def in_precision(precision: Precision) -> Iterator[None]:
    """Have the Keras layers and models made inside compute in a precision, and those made later as before.

    A layer whose results a loss sees is given `dtype="float32"` by itself. A model made inside with
    `mixed_float16` has its loss scaled by Keras, since small gradients would otherwise come to 0.
    """
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
