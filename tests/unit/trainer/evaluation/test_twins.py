import numpy as np
import pytest

from services.trainer.evaluation.twins import find_twins

SAMPLES = 12_000


def material(chunks, seed=0):
    """Openings and heads that have nothing in common."""
    rng = np.random.default_rng(seed)
    openings = rng.normal(0, 3000, (chunks, SAMPLES)).astype(np.int16)
    heads = rng.normal(-5, 2, (chunks, 2, 128, 64)).astype(np.float16)
    return openings, heads


def pairs_of(twins):
    assert (twins == twins.T).all()
    assert twins.diagonal().all()
    return {(int(a), int(b)) for a, b in np.argwhere(twins) if a < b}


def test_strangers_are_no_twins():
    assert pairs_of(find_twins(*material(40))) == set()


@pytest.mark.parametrize(("lag", "expected"), [(0, True), (16, True), (-16, True), (20, False)])
def test_openings_that_correlate_within_two_milliseconds(lag, expected):
    openings, heads = material(6)
    long = np.random.default_rng(1).normal(0, 3000, SAMPLES + 64)
    openings[1], openings[4] = long[32 : 32 + SAMPLES], 0.3 * long[32 + lag : 32 + lag + SAMPLES]

    assert pairs_of(find_twins(openings, heads)) == ({(1, 4)} if expected else set())


@pytest.mark.parametrize(("correlation", "expected"), [(0.99, True), (0.97, False)])
def test_how_much_must_correlate(correlation, expected):
    openings, heads = material(3)
    one, other = np.random.default_rng(2).normal(0, 3000, (2, SAMPLES))
    openings[0] = one
    openings[2] = correlation * one + np.sqrt(1 - correlation**2) * other

    assert pairs_of(find_twins(openings, heads)) == ({(0, 2)} if expected else set())


@pytest.mark.parametrize(("difference_db", "expected"), [(1.9, True), (2.1, False)])
@pytest.mark.parametrize("shape", ["even", "uneven"])
def test_heads_that_differ_by_less_than_two_decibel_on_average(difference_db, expected, shape):
    """Uneven: in some cells by much, so that the mean square is far above the square of the mean."""
    openings, heads = material(5)
    apart = np.full((128, 64), difference_db)
    if shape == "uneven":
        apart *= np.random.default_rng(3).random(apart.shape) < 0.2
        apart *= difference_db / apart.mean()
    heads[3] = heads[1] + apart * np.log(10) / 10

    assert pairs_of(find_twins(openings, heads)) == ({(1, 3)} if expected else set())


def test_silence_is_a_twin_of_silence_and_of_nothing_else():
    openings, heads = material(5)
    openings[1], openings[2] = 0, 1
    openings[4] = np.random.default_rng(4).integers(-4, 5, SAMPLES)

    with np.errstate(all="raise"):
        found = find_twins(openings, heads)

    assert pairs_of(found) == {(1, 2), (1, 4), (2, 4)}


def test_a_constant_offset_is_no_correlation():
    openings, heads = material(3)
    openings[:] = openings // 10 + 20_000

    assert pairs_of(find_twins(openings, heads)) == set()


def test_the_shortcuts_lose_no_pair():
    """Beside the definition, on chunks of which many are nearly twins."""
    rng = np.random.default_rng(5)
    openings, heads = material(24, seed=5)
    tones = np.sin(2 * np.pi * 220 * np.arange(SAMPLES)[None] / 8000 + rng.uniform(0, 7, (12, 1)))
    openings[:12] = 8000 * tones + rng.normal(0, 700, tones.shape)
    heads[12:] = heads[12] + rng.normal(0, 0.41, heads[12:].shape)

    found = find_twins(openings, heads)

    mixed = np.logaddexp(heads[:, 0].astype(np.float32), heads[:, 1].astype(np.float32)) - np.log(2)
    level = np.abs(mixed[:, None] - mixed[None]).mean(axis=(2, 3)) * 10 / np.log(10)
    centred = openings - openings.mean(axis=1, keepdims=True)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    lags = [unit[:, : SAMPLES - lag] @ unit[:, lag:].T for lag in range(17)]
    best = np.max([np.maximum(one, one.T) for one in lags], axis=0)
    clear = (np.abs(level - 2) > 0.02) & (np.abs(best - 0.98) > 1e-4)
    expected = (level < 2) | (best >= 0.98)
    assert (found == expected)[clear].all()
    assert 20 < expected[:12, :12].sum() < 144
    assert 20 < expected[12:, 12:].sum() <= 144
