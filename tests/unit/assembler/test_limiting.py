from __future__ import annotations

import numpy as np
import pytest
import soxr

from services.assembler.limiting import Limiter
from tests.support.signals import joined, noise, sine

RATE_HZ = 44_100
CEILING = 10 ** (-2 / 20)


def limited(sound, block: int, limiter: Limiter | None = None):
    limiter = limiter or Limiter(CEILING, sample_rate_hz=RATE_HZ, channels=sound.shape[1])
    parts = [limiter.feed(sound[start : start + block]) for start in range(0, len(sound), block)]
    return np.concatenate([*parts, limiter.flush()])


@pytest.mark.parametrize("block", [64, 4_001, 1 << 20])
def test_no_true_peak_passes_and_no_sample_is_lost(block: int) -> None:
    # To 16 kHz, as music goes: what BS.1770 looks for between samples is no longer exact near half the rate.
    levels = joined(
        noise(0.5, 32_000, amplitude=0.05, channels=2), noise(1, 32_000, amplitude=0.5, channels=2)
    )
    loud = soxr.resample(levels, 32_000, RATE_HZ)
    limiter = Limiter(CEILING, sample_rate_hz=RATE_HZ, channels=2)
    found = limited(loud, block, limiter)
    assert found.shape == loud.shape
    assert np.abs(soxr.resample(found, RATE_HZ, 8 * RATE_HZ)).max() <= CEILING * 1.02
    assert 0.1 < limiter.least_gain < 0.6


def test_a_peak_between_samples_is_found() -> None:
    # A quarter of the rate, 45 degrees off: samples at 0.707 of a peak of 0.95.
    phase = np.pi / 2 * np.arange(RATE_HZ) + np.pi / 4
    wave = (0.95 * np.sin(phase)).astype(np.float32)[:, None]
    assert np.abs(wave).max() < CEILING
    found = limited(wave, 5_000)
    middle = soxr.resample(found, RATE_HZ, 8 * RATE_HZ)[RATE_HZ:-RATE_HZ]
    assert np.abs(middle).max() == pytest.approx(CEILING, rel=0.02)


def test_what_is_quiet_enough_is_untouched() -> None:
    quiet = sine(440, 1, RATE_HZ, amplitude=0.79, channels=2)
    assert np.array_equal(limited(quiet, 3_000), quiet)


def test_blocks_do_not_matter() -> None:
    loud = noise(1, RATE_HZ, amplitude=0.4, channels=1, seed=3)
    assert np.allclose(limited(loud, 777), limited(loud, 1 << 20), atol=1e-6)
