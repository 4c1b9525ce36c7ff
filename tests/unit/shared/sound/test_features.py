"""Edges of sines, clicks and noise: known bands, known frames, the same at every rate."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.sound.features import (
    BANDS,
    EDGE_FRAMES,
    OUTLINE_HOPS,
    POINTS_RATE_HZ,
    WINDOW_HOPS,
    Edges,
    edge_spectra,
    edges_of,
    hop_samples,
    mix_channels,
    points,
    song_frames,
)
from shared.sound.mel import POWER_FLOOR, TOP_HZ, analysis_at, hz_to_mel, mel_to_hz
from shared.sound.samples import to_float32
from tests.support import signals

RATES_HZ = [8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000]
FLOOR = np.log(POWER_FLOOR)
FLOAT16_STEP = 2**-6  # Of values from 16 to 32.


def band_centres_hz() -> np.ndarray:
    return mel_to_hz(np.linspace(0, hz_to_mel(TOP_HZ), BANDS + 2))[1:-1]


def test_the_mel_scale_is_slaneys() -> None:
    assert hz_to_mel(1000) == pytest.approx(15)
    assert hz_to_mel(6400) == pytest.approx(42)
    np.testing.assert_allclose(mel_to_hz(np.array([0.0, 15.0, 42.0])), [0, 1000, 6400])


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_the_hop_is_that_of_256_samples_at_22050_hz(rate_hz: int) -> None:
    assert hop_samples(rate_hz) / rate_hz == pytest.approx(256 / 22050, rel=0.003)
    analysis = analysis_at(rate_hz)
    assert analysis.window == WINDOW_HOPS * analysis.hop
    heard = band_centres_hz() < rate_hz / 2
    np.testing.assert_allclose(analysis.filters.sum(axis=0), heard, atol=1e-5)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("frequency_hz", [100.0, 440.0, 1000.0, 3000.0])
def test_a_sine_lies_in_its_band_and_measures_the_same_at_every_rate(
    rate_hz: int, frequency_hz: float
) -> None:
    at_reference, at_rate = (
        edge_spectra(signals.sine(frequency_hz, 2.0, rate, channels=2), rate)[1][0].astype(np.float32)
        for rate in (22050, rate_hz)
    )
    loudest = int(at_rate.mean(axis=0).argmax())
    assert abs(loudest - np.abs(band_centres_hz() - frequency_hz).argmin()) <= 1
    np.testing.assert_allclose(at_rate[:, loudest], at_reference[:, loudest].mean(), atol=0.12)


@pytest.mark.parametrize("rate_hz", [22050, 44100, 48000, 96000])
def test_noise_of_one_density_measures_the_same_at_every_rate(rate_hz: int) -> None:
    """White noise whose variance grows with the rate has one density per hertz; here 0.01 at 22,050 Hz."""
    noise = signals.noise(20.0, rate_hz, amplitude=0.1 * np.sqrt(rate_hz / 22050))
    power = np.exp(song_frames(noise, rate_hz).astype(np.float32)).mean(axis=0)
    np.testing.assert_allclose(power, 0.01, rtol=0.15)
    assert power.mean() == pytest.approx(0.01, rel=0.02)


def test_silence_and_what_lies_above_the_nyquist_frequency_are_the_floor() -> None:
    tail, head = edge_spectra(signals.silence(2.0, 44100), 44100)
    np.testing.assert_allclose(tail, FLOOR, atol=FLOAT16_STEP)
    np.testing.assert_allclose(head, FLOOR, atol=FLOAT16_STEP)
    _, head = edge_spectra(signals.noise(2.0, 8000), 8000)
    above = band_centres_hz() >= 4000
    assert above.any()
    np.testing.assert_allclose(head[..., above], FLOOR, atol=FLOAT16_STEP)
    assert (head[..., ~above] > -12).all()


def test_edges_lie_at_the_cut() -> None:
    """A click 0.2 s from each end is heard by the same four frames of head and tail."""
    rate_hz = 44100
    n = 4 * rate_hz
    chunk = signals.silence(4.0, rate_hz, 2)
    chunk[int(0.2 * rate_hz)] = chunk[n - 1 - int(0.2 * rate_hz)] = 0.9
    tail, head = edge_spectra(chunk, rate_hz)
    heard = (head[0] > FLOOR + 1).any(axis=1)
    hop = hop_samples(rate_hz)
    last = int(0.2 * rate_hz) // hop
    assert np.flatnonzero(heard).tolist() == list(range(last - WINDOW_HOPS + 1, last + 1))
    np.testing.assert_array_equal(tail, head)


@settings(deadline=None, max_examples=25)
@given(
    rate_hz=st.sampled_from(RATES_HZ),
    n=st.integers(1, 60_000),
    channels=st.sampled_from([1, 2]),
    as_int16=st.booleans(),
)
def test_a_tail_is_the_head_of_the_chunk_played_backwards(
    rate_hz: int, n: int, channels: int, as_int16: bool
) -> None:
    chunk = signals.noise(n / rate_hz, rate_hz, channels=channels, seed=n)
    chunk = signals.int16(chunk) if as_int16 else chunk
    tail, head = edge_spectra(chunk, rate_hz)
    backwards_tail, backwards_head = edge_spectra(chunk[::-1], rate_hz)
    assert tail.shape == head.shape == (2, EDGE_FRAMES, BANDS)
    assert tail.dtype == head.dtype == np.float16
    np.testing.assert_array_equal(tail, backwards_head)
    np.testing.assert_array_equal(head, backwards_tail)
    if channels == 1:
        np.testing.assert_array_equal(head[0], head[1])


def test_edges_see_only_their_own_chunk() -> None:
    song = signals.noise(8.0, 44100, channels=2)
    loud = song.copy()
    loud[: 4 * 44100] *= 8
    for before, after in zip(
        edge_spectra(song[4 * 44100 :], 44100), edge_spectra(loud[4 * 44100 :], 44100), strict=True
    ):
        np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(points(song[4 * 44100 :], 44100), points(loud[4 * 44100 :], 44100))


def test_a_short_chunk_repeats_its_last_frame() -> None:
    rate_hz = 22050
    chunk = signals.noise(0.2, rate_hz)
    frames = (len(chunk) - 4 * 256) // 256 + 1
    for edge in edge_spectra(chunk, rate_hz):
        assert not np.array_equal(edge[:, frames - 2], edge[:, frames - 1])
        np.testing.assert_array_equal(
            edge[:, frames:], np.repeat(edge[:, [frames - 1]], EDGE_FRAMES - frames, 1)
        )


@pytest.mark.parametrize("rate_hz", [22050, 44100, 48000])
def test_edges_can_be_read_off_the_frames_of_the_song(rate_hz: int) -> None:
    song = (
        signals.noise(8.0, rate_hz, channels=2) * np.linspace(0.1, 1, 8 * rate_hz, dtype=np.float32)[:, None]
    )
    frames, hop = song_frames(song, rate_hz), hop_samples(rate_hz)
    j = 300
    tail = mix_channels(edge_spectra(song[: j * hop], rate_hz)[0])
    head = mix_channels(edge_spectra(song[j * hop :], rate_hz)[1])
    np.testing.assert_allclose(frames[j : j + EDGE_FRAMES], head, atol=2 * FLOAT16_STEP)
    np.testing.assert_allclose(frames[j - WINDOW_HOPS - np.arange(EDGE_FRAMES)], tail, atol=2 * FLOAT16_STEP)


@settings(deadline=None, max_examples=25)
@given(cuts=st.lists(st.integers(0, 30_000), max_size=8), n=st.integers(0, 30_000))
def test_frames_do_not_depend_on_the_blocks(cuts: list[int], n: int) -> None:
    song = signals.noise(n / 16000, 16000, channels=2)
    whole = song_frames(song, 16000)
    blocks = np.split(song, sorted(min(cut, n) for cut in cuts))
    np.testing.assert_allclose(song_frames(blocks, 16000), whole, atol=FLOAT16_STEP)
    hop = hop_samples(16000)
    assert whole.shape == (max(0, (n - WINDOW_HOPS * hop) // hop + 1), BANDS)


def test_channels_are_mixed_by_energy() -> None:
    spectra = np.log(np.array([1.0, 3.0]))[:, None, None] + np.zeros((5, 2, 7, BANDS))
    mixed = mix_channels(spectra.astype(np.float16))
    assert mixed.shape == (5, 7, BANDS)
    assert mixed.dtype == np.float16
    np.testing.assert_allclose(mixed, np.log(2), atol=1e-3)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_points_are_the_sound_at_1260_hz(rate_hz: int) -> None:
    chunk = signals.sine(100, 2.0001, rate_hz, amplitude=0.6, channels=1)
    low = points(chunk, rate_hz)
    assert low.shape == (round(len(chunk) * POINTS_RATE_HZ / rate_hz), 2)
    assert low.dtype == np.float32
    np.testing.assert_array_equal(low[:, 0], low[:, 1])
    middle = slice(200, -200)
    expected = signals.sine(100, len(low) / POINTS_RATE_HZ, POINTS_RATE_HZ, amplitude=0.6)[middle, 0]
    np.testing.assert_allclose(low[middle, 0], expected, atol=0.01)
    np.testing.assert_allclose(points(signals.int16(chunk), rate_hz), low, atol=1e-3)


@pytest.mark.parametrize("n", [1, 5, 17, 18, 100])
def test_even_a_splinter_has_points(n: int) -> None:
    assert points(np.ones((n, 2), np.float32), 44100).shape == (round(n * POINTS_RATE_HZ / 44100), 2)


@pytest.mark.parametrize("rate_hz", [22_050, 44_100])
def test_an_outline_is_the_course_of_the_whole_chunk(rate_hz: int) -> None:
    chunk = signals.noise(2.0, rate_hz)
    edges = edges_of([chunk], rate_hz)
    frames = song_frames(chunk, rate_hz).astype(np.float32)
    steps = len(frames) // OUTLINE_HOPS
    expected = frames[: steps * OUTLINE_HOPS].reshape(steps, OUTLINE_HOPS, BANDS).mean(axis=1)
    np.testing.assert_allclose(edges.outlines.astype(np.float32), expected, atol=0.01)
    assert edges.outline_offsets.tolist() == [0, steps]


def test_a_splinter_has_no_outline() -> None:
    edges = edges_of([signals.noise(0.02, 44_100), signals.noise(1.0, 44_100)], 44_100)
    assert edges.outline_offsets[1] == 0
    assert edges.outline_offsets[2] == len(edges.outlines) > 0


def some_edges() -> tuple[list[np.ndarray], Edges]:
    chunks = [
        signals.noise(seconds, 22050, channels=2, seed=seed) for seed, seconds in enumerate([1.0, 0.3, 2.0])
    ]
    return chunks, edges_of(iter(chunks), 22050)


def test_edges_of_chunks_are_theirs_in_order() -> None:
    chunks, edges = some_edges()
    assert len(edges) == 3
    assert edges.shortest_points == round(0.3 * POINTS_RATE_HZ) == len(points(chunks[1], 22050))
    for i, chunk in enumerate(chunks):
        tail, head = edge_spectra(chunk, 22050)
        np.testing.assert_array_equal(edges.tails[i], tail)
        np.testing.assert_array_equal(edges.heads[i], head)
        np.testing.assert_array_equal(
            edges.points[edges.offsets[i] : edges.offsets[i + 1]], points(chunk, 22050)
        )


def assert_same(one: Edges, other: Edges) -> None:
    for name, array in one.to_arrays().items():
        np.testing.assert_array_equal(array, other.to_arrays()[name])
        assert array.dtype == other.to_arrays()[name].dtype


def test_edges_are_joined_picked_and_stored() -> None:
    chunks, edges = some_edges()
    singles = [edges_of([chunk], 22050) for chunk in chunks]
    assert_same(Edges.concatenate(singles), edges)
    assert_same(edges.select(np.array([2, 0, 2])), Edges.concatenate([singles[2], singles[0], singles[2]]))
    assert_same(Edges.from_arrays(edges.to_arrays()), edges)
    none = Edges.concatenate([])
    assert (len(none), none.shortest_points) == (0, 0)
    assert_same(edges.select(np.zeros(0, np.int64)), Edges.concatenate([edges.select(np.zeros(0, np.int64))]))
    assert len(edges.select(np.zeros(0, np.int64))) == 0
    assert_same(Edges.concatenate([none, edges]), edges)


def test_edges_are_laid_out_as_they_are_joined_without_being_held_twice() -> None:
    edges = edges_of([signals.noise(0.1, 8000)] * 3 + [signals.noise(0.5, 8000, seed=1)], 8000)
    ones = [edges.select(np.array([at])) for at in (0, 3, 1, 2)]
    joined, laid = Edges.concatenate(ones).to_arrays(), Edges.laid_out(iter(ones)).to_arrays()
    for name, array in joined.items():
        np.testing.assert_array_equal(laid[name], array)
        assert laid[name].dtype == array.dtype
    assert len(Edges.laid_out([])) == 0
    tracemalloc.start()
    try:
        many = Edges.laid_out(edges.select(np.array([0])) for _ in range(500))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 1.5 * sum(array.nbytes for array in many.to_arrays().values())


def test_arrays_that_do_not_fit_together_are_no_edges() -> None:
    arrays = some_edges()[1].to_arrays()
    for name, array in arrays.items():
        with pytest.raises(ValueError, match="do not fit"):
            Edges.from_arrays(arrays | {name: array[:-1]})


def test_int16_and_float_are_the_same_sound() -> None:
    chunk = signals.int16(signals.noise(1.0, 44100, channels=2))
    for one, other in zip(edge_spectra(chunk, 44100), edge_spectra(to_float32(chunk), 44100), strict=True):
        np.testing.assert_array_equal(one, other)
