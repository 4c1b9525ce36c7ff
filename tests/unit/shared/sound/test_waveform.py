from __future__ import annotations

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.sound.waveform import MAX_BINS, WaveformMeter, outline_of


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 400_000), min_size=1, max_size=5))
def test_bins_are_the_extremes_of_their_stretch_however_the_sound_is_fed(seed: int, sizes: list[int]) -> None:
    samples = np.random.default_rng(seed).integers(-32_768, 32_768, (sum(sizes), 2)).astype(np.int16)
    meter = WaveformMeter()
    for block in np.split(samples, np.cumsum(sizes)[:-1]):
        meter.feed(block)
    found = meter.waveform()
    starts = np.arange(0, len(samples), found.frames_per_bin)
    assert meter.frames == len(samples)
    assert len(found.lows) == len(found.highs) == len(starts) <= MAX_BINS
    if len(samples):
        assert np.array_equal(found.lows, np.minimum.reduceat(samples.min(axis=1), starts))
        assert np.array_equal(found.highs, np.maximum.reduceat(samples.max(axis=1), starts))
        squares = np.add.reduceat(np.square(samples / 32_768).mean(axis=1), starts)
        lengths = np.diff([*starts, len(samples)])
        assert np.allclose(found.levels, np.sqrt(squares / lengths), rtol=1e-4)


def test_a_long_sound_keeps_at_least_half_the_bins() -> None:
    meter = WaveformMeter()
    block = np.zeros((100_000, 1), np.int16)
    for _ in range(60):
        meter.feed(block)
    assert MAX_BINS / 2 <= len(meter.waveform().lows) <= MAX_BINS


def test_the_peak_counts_the_lower_side_too() -> None:
    meter = WaveformMeter()
    meter.feed(np.array([[100], [-32_768], [200]], np.int16))
    assert meter.waveform().peak == 1.0
    assert meter.waveform().pairs() == [[-1.0, 0.01]]


def test_no_sound_has_no_bins_and_no_peak() -> None:
    empty = WaveformMeter().waveform()
    assert (empty.pairs(), empty.peak) == ([], 0.0)


def test_an_outline_is_written_as_pairs() -> None:
    blocks = [np.full((256, 2), 16_384, np.int16), np.full((256, 2), -32_768, np.int16)]
    assert json.loads(outline_of(blocks)) == {"peaks": [[0.5, 0.5], [-1.0, -1.0]]}
