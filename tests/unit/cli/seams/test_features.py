"""What is told of a place, and the joints that are made to be found."""

from __future__ import annotations

import numpy as np
import pytest

from cli.seams import features
from cli.seams.spoiling import level_matched, with_hole, with_shift, with_step
from cli.seams.windows import Heard

RATE_HZ = 22_050


def features_of(heard: Heard, reach_s: float) -> dict[str, float]:
    return features.features_of(heard, [reach_s])[reach_s]


def music(seed: int = 0, length_s: float = 3.0, level: float = 0.1) -> Heard:
    """Noise whose level wanders, which nothing interrupts."""
    rng = np.random.default_rng(seed)
    samples = round(2 * length_s * RATE_HZ)
    knots = np.arange(0, samples + 2000, 2000)
    slow = np.interp(np.arange(samples), knots, rng.uniform(0.85, 1, len(knots)))
    sound = (level * slow * rng.standard_normal(samples)).astype(np.float32)
    return Heard(sound[: samples // 2], sound[samples // 2 :], RATE_HZ)


def test_a_step_of_level_stands_out_among_its_neighbours() -> None:
    step = with_step(music(), np.random.default_rng(0))
    before, after = features_of(music(), 3.0), features_of(step, 3.0)
    assert after["level step, 0.25 s, rank"] > 0.97 > before["level step, 0.25 s, rank"]
    assert abs(after["rise, 1 s"] - before["rise, 1 s"]) == pytest.approx(np.log(10) * 0.3, abs=0.05)


def test_a_hole_is_a_dip() -> None:
    hole = with_hole(music(), np.random.default_rng(0))
    assert features_of(hole, 0.5)["dip, band 4"] < -2 < features_of(music(), 0.5)["dip, band 4"]
    silent = np.concatenate([hole.before[-330:], hole.after[:330]])
    assert not silent.any()
    assert hole.before[-400:].any()
    assert hole.after[:400].any()


def held(seed: int = 0, length_s: float = 3.0) -> Heard:
    """Chords that are held for a second each, with a little noise."""
    rng = np.random.default_rng(seed)
    at_s = np.arange(round(2 * length_s * RATE_HZ)) / RATE_HZ
    sound = 0.002 * rng.standard_normal(len(at_s))
    for start_s in np.arange(-0.5, 2 * length_s, 1.0):
        inside = (at_s >= start_s) & (at_s < start_s + 1)
        for hz in rng.uniform(150, 1500, 5):
            sound[inside] += 0.03 * np.sin(2 * np.pi * hz * at_s[inside] + rng.uniform(0, 6))
    return Heard(
        *(half.astype(np.float32) for half in (sound[: len(sound) // 2], sound[len(sound) // 2 :])), RATE_HZ
    )


def test_notes_that_are_held_go_on_in_phase_but_not_across_a_shift() -> None:
    shifted = with_shift(held(), np.random.default_rng(0))
    before, after = features_of(held(), 0.5), features_of(shifted, 0.5)
    for frame in ("0.04 s", "0.1 s"):
        assert before[f"out of phase, {frame}"] < 0.1
        assert after[f"out of phase, {frame}"] > 0.4
        assert after[f"out of phase, {frame}, rank"] > 0.95 > before[f"out of phase, {frame}, rank"]


def test_a_step_that_all_bands_share_stands_out() -> None:
    step = with_step(held(), np.random.default_rng(0))
    before, after = features_of(held(), 0.5), features_of(step, 0.5)
    for name in ("joint step, 0.04 s", "even step, 0.1 s"):
        assert after[name] > 3 * before[name]
        assert after[f"{name}, rank"] > 0.9


def test_a_shift_brings_what_comes_forward() -> None:
    given, shifted = music(), with_shift(music(), np.random.default_rng(0))
    np.testing.assert_array_equal(shifted.before, given.before)
    np.testing.assert_array_equal(shifted.after[1000:2000], given.after[1882:2882])


def test_what_comes_is_brought_to_the_level_of_what_would_have_come() -> None:
    joined = level_matched(music(0), music(1, level=0.02))
    would, comes = (
        np.sqrt(np.square(x[: round(0.4 * RATE_HZ)]).mean()) for x in (music(0).after, joined.after)
    )
    assert comes == pytest.approx(would, rel=1e-3)


def test_a_detector_is_told_neither_the_level_nor_what_lies_out_of_reach() -> None:
    near, far = features_of(music(), 0.5), music()
    far.before[: 2 * RATE_HZ] = 0
    assert features_of(far, 0.5) == pytest.approx(near, nan_ok=True)
    louder = Heard(4 * music().before, 4 * music().after, RATE_HZ)
    for name, value in features_of(louder, 0.5).items():
        assert value == pytest.approx(near[name], abs=1e-3, nan_ok=True), name


def test_a_place_with_little_around_it_has_as_many_features() -> None:
    short = Heard(music().before[-3000:], music().after[:2000], RATE_HZ)
    found = features_of(short, 3.0)
    assert found.keys() == features_of(music(), 3.0).keys()
    assert np.isnan(found["level step, 0.5 s"])
    assert features_of(Heard(short.before[:0], short.after[:0], RATE_HZ), 3.0).keys() == found.keys()
