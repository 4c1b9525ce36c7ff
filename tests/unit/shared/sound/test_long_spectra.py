from __future__ import annotations

import numpy as np
import pytest

from shared.sound.features import LONG_STEP_HOPS, hop_samples, long_spectra, song_long_spectra
from shared.sound.long_spectra import LONG_BINS
from tests.support import signals


def strongest(spectrum: np.ndarray) -> int:
    return int(np.argmax(spectrum[-168:]))


@pytest.mark.parametrize("rate_hz", [11025, 22050, 44100, 48000])
def test_a_held_tone_stands_in_its_own_bin_on_both_sides(rate_hz: int) -> None:
    chunk = signals.sine(440, 3.0, rate_hz, amplitude=0.5, channels=2)
    tail, head = long_spectra(chunk, rate_hz)
    assert tail.shape == head.shape == (LONG_BINS,)
    assert tail.dtype == head.dtype == np.float16
    # 24 bins to an octave: a quarter tone away is another bin.
    other_tail, other_head = long_spectra(signals.sine(440 * 2 ** (1 / 24), 3.0, rate_hz), rate_hz)
    assert strongest(tail) == strongest(head)
    assert strongest(other_tail) == strongest(other_head) == strongest(tail) + 1


def test_what_lies_farther_than_the_window_changes_nothing() -> None:
    rate_hz = 22050
    chunk = signals.noise(6.0, rate_hz, channels=2)
    tail, head = long_spectra(chunk, rate_hz)
    changed = chunk.copy()
    changed[2 * rate_hz : -2 * rate_hz] = 0
    np.testing.assert_array_equal(long_spectra(changed, rate_hz)[0], tail)
    np.testing.assert_array_equal(long_spectra(changed, rate_hz)[1], head)


@pytest.mark.parametrize("n", [1, 7, 300, 5000])
def test_even_a_splinter_has_finite_long_spectra(n: int) -> None:
    for side in long_spectra(signals.noise(1.0, 44100)[:n], 44100):
        assert np.isfinite(side).all()


@pytest.mark.parametrize("rate_hz", [22050, 44100, 48000])
def test_long_spectra_can_be_read_off_those_of_the_song(rate_hz: int) -> None:
    song = signals.noise(8.0, rate_hz, channels=2)
    tails, heads = song_long_spectra(song, rate_hz)
    place = 40
    cut = place * LONG_STEP_HOPS * hop_samples(rate_hz)
    tail, head = long_spectra(song[:cut], rate_hz)[0], long_spectra(song[cut:], rate_hz)[1]
    assert np.abs(tails[place].astype(np.float32) - tail).mean() < 0.05
    assert np.abs(heads[place].astype(np.float32) - head).mean() < 0.05
    # And not off those of another place.
    assert np.abs(tails[place + 20].astype(np.float32) - tail).mean() > 0.2


def test_long_spectra_of_a_song_do_not_depend_on_its_blocks() -> None:
    song = signals.noise(5.0, 22050, channels=2)
    blocks = np.split(song, [10, 11, 30_000, 64_000, 100_000])
    whole, in_blocks = song_long_spectra(song, 22050), song_long_spectra(blocks, 22050)
    for one, other in zip(whole, in_blocks, strict=True):
        np.testing.assert_allclose(one.astype(np.float32), other.astype(np.float32), atol=0.02)
    hops = LONG_STEP_HOPS * hop_samples(22050)
    assert len(whole[0]) == len(whole[1]) == len(song) // hops + 1


def test_a_song_of_nothing_has_one_silent_place() -> None:
    tails, heads = song_long_spectra(np.zeros((0, 2), np.float32), 44100)
    assert tails.shape == heads.shape == (1, LONG_BINS)
