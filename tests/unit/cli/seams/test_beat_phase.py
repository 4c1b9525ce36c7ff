"""The instrument itself: click tracks whose beat goes on, comes late or changes its tempo."""

from __future__ import annotations

import numpy as np
import pytest

from cli.seams.beat_phase import FEWEST_BEATS, beat_phase
from shared.sound.samples import Float32

RATE_HZ = 44_100


def clicks(times_s: np.ndarray, length_s: float, *, hiss: float = 0.0, seed: int = 0) -> Float32:
    rng, samples = np.random.default_rng(seed), round(length_s * RATE_HZ)
    sound = hiss * rng.standard_normal(samples + 2_000)
    for start in np.rint(times_s * RATE_HZ).astype(int):
        if 0 <= start < samples:
            sound[start : start + 2_000] += 0.5 * rng.standard_normal(2_000) * np.exp(-np.arange(2_000) / 300)
    return sound[:samples].astype(np.float32)


def sides(late_s: float, beat_s: float, other_s: float, *, hiss: float = 0.0) -> tuple[Float32, Float32]:
    """Return a beat up to a seam and one from there on, the first beat of which is late."""
    length_s = 10 * beat_s + 0.013
    before_s = beat_s * np.arange(11)
    after_s = before_s[-1] + beat_s + late_s - length_s + other_s * np.arange(-1, 12)
    return clicks(before_s, length_s, hiss=hiss), clicks(after_s, 10 * other_s, hiss=hiss, seed=1)


@pytest.mark.parametrize("hiss", [0.0, 0.02])
@pytest.mark.parametrize("bpm", [80.0, 120.0, 150.0])
@pytest.mark.parametrize("late_s", [-0.1, -0.04, -0.01, 0.0, 0.005, 0.04, 0.1])
def test_a_beat_that_comes_late_is_told_to_a_millisecond(late_s: float, bpm: float, hiss: float) -> None:
    beat_s = 60 / bpm
    found = beat_phase(
        *sides(late_s, beat_s, beat_s, hiss=hiss), RATE_HZ, before_beat_s=1.01 * beat_s, after_beat_s=beat_s
    )
    assert found is not None
    assert found.error_s == pytest.approx(late_s, abs=0.0015)
    assert found.tempo_step == pytest.approx(0, abs=0.002)


def test_another_tempo_is_told() -> None:
    found = beat_phase(*sides(0.0, 0.5, 0.49), RATE_HZ, before_beat_s=0.5, after_beat_s=0.49)
    assert found is not None
    assert found.tempo_step == pytest.approx(0.5 / 0.49 - 1, abs=0.002)
    twice = beat_phase(*sides(0.0, 0.6, 0.3), RATE_HZ, before_beat_s=0.6, after_beat_s=0.3)
    assert twice is not None
    assert twice.tempo_step == pytest.approx(0, abs=0.003)
    assert twice.error_s == pytest.approx(0, abs=0.002)


def test_too_few_beats_say_nothing() -> None:
    before, after = sides(0.0, 0.5, 0.5)
    short = after[: round((FEWEST_BEATS - 0.5) * 0.5 * RATE_HZ)]
    assert beat_phase(before, short, RATE_HZ, before_beat_s=0.5, after_beat_s=0.5) is None
