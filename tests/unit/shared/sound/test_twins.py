"""Twins: what begins alike is found, what does not is not, whatever the order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shared.sound.twins import DB_PER_NEPER, MOST_DIFFERENCE_DB, first_twins

Heads = NDArray[np.float16]


def heads(count: int, seed: int = 0) -> Heads:
    generator = np.random.default_rng(seed)
    return generator.normal(-8, 3, (count, 2, 128, 64)).astype(np.float16)


def changed(chunks: Heads, by_db: float, seed: int = 1) -> Heads:
    """Return the same chunks, each cell louder or quieter by so much."""
    signs = np.random.default_rng(seed).choice([-1, 1], (len(chunks), 1, 128, 64))
    return (chunks + signs * by_db / DB_PER_NEPER).astype(np.float16)


def test_the_first_that_begins_alike_is_named() -> None:
    one, two, other = heads(3)[:, None]
    close = changed(one, MOST_DIFFERENCE_DB * 0.95)
    assert first_twins(np.concatenate([one, two, close, other, two, one])).tolist() == [0, 1, 0, 3, 1, 0]


def test_what_differs_by_more_is_no_twin() -> None:
    one = heads(1)
    assert first_twins(np.concatenate([one, changed(one, MOST_DIFFERENCE_DB * 1.05)])).tolist() == [0, 1]


def test_the_first_look_loses_no_twin() -> None:
    chunks = np.concatenate([heads(30), changed(heads(30), 1.9), heads(30) + np.float16(0.6)])
    mixed = np.log(np.exp(chunks.astype(np.float64)).mean(axis=1))
    apart_db = np.abs(mixed[:, None] - mixed).mean(axis=(2, 3)) * DB_PER_NEPER
    assert (apart_db[first_twins(chunks), np.arange(90)] < MOST_DIFFERENCE_DB).all()
    # 0.6 neper are 2.6 dB.
    assert first_twins(chunks).tolist() == [*range(30), *range(30), *range(60, 90)]


def test_none_have_none() -> None:
    assert first_twins(heads(0)).tolist() == []
