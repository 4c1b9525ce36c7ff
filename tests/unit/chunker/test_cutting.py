"""Cuts against pydub itself, and against laws that hold for every song."""

from __future__ import annotations

import os
import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.chunker.cutting import (
    auto_threshold,
    equal_boundaries,
    find_boundaries,
    merge_short,
    require_few,
    silence_boundaries,
    split_long,
)
from services.chunker.levels import LevelMeter, measure_levels
from shared.errors import BadSetting, SongTooShort, TooManyChunks
from shared.parameters import MOST_CHUNKS, Cut
from shared.sound.samples import Int16, to_float32
from tests.support import signals

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pydub tells of the audioop that Python will lose, and of ffmpeg.
    from pydub import AudioSegment
    from pydub.silence import detect_silence

RATES_HZ = [8000, 11025, 16000, 22050, 44100, 48000, 96000]


def pydub_boundaries(samples: Int16, rate_hz: int, threshold_dbfs: float, min_silence_ms: int) -> list[int]:
    segment = AudioSegment(samples.tobytes(), frame_rate=rate_hz, sample_width=2, channels=samples.shape[1])
    ranges = detect_silence(segment, min_silence_ms, threshold_dbfs, seek_step=1)
    return [at for _, end_ms in ranges if (at := int(end_ms * rate_hz / 1000)) < len(samples)]


@settings(deadline=None, max_examples=60)
@given(
    rate_hz=st.sampled_from(RATES_HZ),
    channels=st.sampled_from([1, 2]),
    duration_ms=st.floats(1, 900),
    odd_samples=st.integers(0, 100),
    min_silence_ms=st.integers(1, 400),
    threshold_dbfs=st.one_of(st.just(-16.0), st.floats(-60, -1)),
    levels_dbfs=st.lists(
        st.sampled_from([-200.0, -60.0, -30.0, -17.0, -16.0, -12.0, 0.0]), min_size=1, max_size=12
    ),
    step_ms=st.integers(1, 200),
    seed=st.integers(0, 2**16),
)
def test_silence_is_where_pydub_finds_it(
    rate_hz: int, channels: int, duration_ms: float, odd_samples: int, min_silence_ms: int,
    threshold_dbfs: float, levels_dbfs: list[float], step_ms: int, seed: int,
) -> None:  # fmt: skip
    n = int(duration_ms * rate_hz / 1000) + odd_samples
    every = max(1, step_ms * rate_hz // 1000)
    samples = signals.random_int16(n, channels, seed=seed, levels_dbfs=levels_dbfs, every=every)
    ask = {"sample_rate_hz": rate_hz, "threshold_dbfs": threshold_dbfs, "min_silence_ms": min_silence_ms}
    if round(1000 * (n / rate_hz)) < min_silence_ms:
        with pytest.raises(SongTooShort):
            silence_boundaries(samples, **ask)
        return
    expected = pydub_boundaries(samples, rate_hz, threshold_dbfs, min_silence_ms)
    assert silence_boundaries(samples, **ask).tolist() == expected


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_level_on_the_threshold_is_silent_as_in_pydub(rate_hz: int) -> None:
    """RMS is truncated: 5193.9 counts as 5193, at or below -16 dBFS, which is 5193.4."""
    square = np.full((rate_hz, 1), 5193, np.int16)
    square[::2] *= -1
    loud = np.full((rate_hz, 1), 5194, np.int16)
    samples = np.concatenate([square, loud, square, loud])
    found = silence_boundaries(samples, sample_rate_hz=rate_hz)
    assert found.tolist() == pydub_boundaries(samples, rate_hz, -16.0, 300)
    assert len(found) == 2


def real_songs() -> list[Path]:
    folder = os.environ.get("SEGUE_TEST_SONGS")
    return sorted(Path(folder).rglob("*.ogg"))[::8] if folder else []


@pytest.mark.parametrize("song", real_songs(), ids=lambda path: path.stem)
def test_real_music_is_cut_where_pydub_cuts_it(song: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    with soundfile.SoundFile(song) as file:
        file.seek(min(20 * file.samplerate, file.frames // 2))
        excerpt = file.read(5 * file.samplerate, dtype="int16", always_2d=True)
        rate_hz = file.samplerate
    for threshold_dbfs in (-16.0, -22.5, -40.0):
        found = silence_boundaries(excerpt, sample_rate_hz=rate_hz, threshold_dbfs=threshold_dbfs)
        assert found.tolist() == pydub_boundaries(excerpt, rate_hz, threshold_dbfs, 300)


def test_a_song_of_tones_and_pauses_is_cut_where_each_pause_ends() -> None:
    tone, pause = signals.sine(440, 2.0, 44100, amplitude=0.7), signals.silence(0.5, 44100)
    song = signals.joined(tone, pause, tone, pause, tone)
    found = silence_boundaries(song, sample_rate_hz=44100)
    # A window stays below -16 dBFS while 300 ms hold at most 31 ms of a tone at -6.1 dBFS.
    np.testing.assert_allclose(found / 44100, [2.5, 5.0], atol=0.032)
    assert (found / 44100 > [2.5, 5.0]).all()


@settings(deadline=None, max_examples=30)
@given(
    rate_hz=st.sampled_from(RATES_HZ),
    channels=st.sampled_from([1, 2]),
    n=st.integers(0, 40_000),
    cuts=st.lists(st.integers(0, 40_000), max_size=6),
)
def test_levels_do_not_depend_on_how_the_song_is_fed(
    rate_hz: int, channels: int, n: int, cuts: list[int]
) -> None:
    samples = signals.random_int16(n, channels, seed=n, levels_dbfs=[-3, -40], every=1000)
    meter = LevelMeter(rate_hz)
    for block in np.split(samples, sorted(min(cut, n) for cut in cuts)):
        meter.feed(block)
    levels, whole = meter.levels(), measure_levels(samples, rate_hz)
    np.testing.assert_array_equal(levels.energy, whole.energy)
    assert levels.n_samples == n
    ends = np.minimum(np.arange(levels.duration_ms + 1) * rate_hz // 1000, n)
    squares = np.concatenate([[0], np.cumsum((samples.astype(np.int64) ** 2).sum(axis=1))])
    np.testing.assert_array_equal(levels.energy, squares[ends])


def test_float_samples_are_cut_as_the_16_bits_they_stand_for() -> None:
    samples = signals.random_int16(44100, 2, seed=1, levels_dbfs=[-3, -50, -16], every=9000)
    as_float = to_float32(samples)
    np.testing.assert_array_equal(
        silence_boundaries(as_float, sample_rate_hz=22050), silence_boundaries(samples, sample_rate_hz=22050)
    )


@settings(deadline=None, max_examples=60)
@given(
    seconds=st.floats(1.0, 30.0),
    method=st.sampled_from(["silence", "equal"]),
    threshold=st.one_of(st.just("auto"), st.floats(-60, 0)),
    min_chunk_ms=st.sampled_from([0, 100, 700, 1000]),
    max_chunk_ms=st.sampled_from([None, 1000, 2500, 12_000]),
    keep_rest=st.booleans(),
    levels_dbfs=st.lists(st.sampled_from([-200.0, -40.0, -20.0, -6.0]), min_size=1, max_size=9),
)
def test_chunks_laid_end_to_end_are_the_song(
    seconds: float, method: str, threshold: float | str, min_chunk_ms: int, max_chunk_ms: int | None,
    keep_rest: bool, levels_dbfs: list[float],
) -> None:  # fmt: skip
    rate_hz = 8000
    song = signals.random_int16(int(seconds * rate_hz), 1, seed=3, levels_dbfs=levels_dbfs, every=5000)
    cut = Cut(
        method=method, threshold_dbfs=threshold, min_chunk_ms=min_chunk_ms, max_chunk_ms=max_chunk_ms,
        chunk_s=1.5, keep_rest=keep_rest, target_chunk_s=2.0,
    )  # fmt: skip
    boundaries = find_boundaries(song, sample_rate_hz=rate_hz, cut=cut)
    edges = np.array([0, *boundaries, len(song)])
    lengths_ms = np.diff(edges) * 1000 / rate_hz
    assert boundaries.dtype == np.int64
    assert (lengths_ms > 0).all()
    chunks = [song[start:end] for start, end in pairwise(edges)]
    np.testing.assert_array_equal(np.concatenate(chunks), song)
    if method == "silence":
        assert lengths_ms.min() >= min_chunk_ms
        if max_chunk_ms is not None:
            assert lengths_ms.max() <= max(max_chunk_ms, 4 * min_chunk_ms)


@pytest.mark.parametrize(
    ("seconds", "keep_rest", "lengths_s"),
    [
        (15.0, False, [5, 5, 5]),
        (17.4, False, [5, 5, 7.4]),
        (17.5, False, [5, 5, 5, 2.5]),
        (17.4, True, [5, 5, 5, 2.4]),
        (5.0, False, [5]),
        (3.0, False, [3]),
    ],
)
def test_equal_chunks_and_their_rest(seconds: float, keep_rest: bool, lengths_s: list[float]) -> None:
    n = round(seconds * 44100)
    boundaries = equal_boundaries(n, sample_rate_hz=44100, chunk_s=5.0, keep_rest=keep_rest)
    np.testing.assert_allclose(np.diff([0, *boundaries, n]) / 44100, lengths_s)


def test_auto_threshold_finds_the_pauses_of_a_quiet_song() -> None:
    """At -16 dBFS this song is one silence; it has a dip every four seconds."""
    tone = signals.sine(330, 3.6, 22050, amplitude=0.02)
    dip = signals.sine(330, 0.4, 22050, amplitude=0.004)
    song = signals.joined(*[tone, dip] * 12)
    assert len(silence_boundaries(song, sample_rate_hz=22050)) == 0
    boundaries = find_boundaries(song, sample_rate_hz=22050, cut=Cut())
    np.testing.assert_allclose(np.diff([0, *boundaries]) / 22050, 4.0, atol=0.4)
    assert len(boundaries) == 11


def test_auto_threshold_aims_at_the_length_that_is_asked_for() -> None:
    """Deep pauses every 8 s, shallow ones halfway: the target says which of them count."""
    tone, shallow = signals.noise(3.6, 8000, amplitude=0.2), signals.noise(0.4, 8000, amplitude=0.02)
    song = signals.joined(*[tone, shallow, tone, signals.noise(0.4, 8000, amplitude=0.002)] * 8)
    for target_s, chunks in ((4.0, 16), (8.0, 8)):
        threshold = auto_threshold(song, sample_rate_hz=8000, target_chunk_s=target_s, min_chunk_ms=1000)
        found = silence_boundaries(song, sample_rate_hz=8000, threshold_dbfs=threshold)
        assert len(found) + 1 == pytest.approx(chunks, abs=1)


@pytest.mark.parametrize(
    "song", [signals.silence(60, 8000), signals.sine(200, 60, 8000)], ids=["silence", "drone"]
)
def test_music_without_pauses_is_split_all_the_same(song: np.ndarray) -> None:
    lengths_s = np.diff([0, *find_boundaries(song, sample_rate_hz=8000, cut=Cut()), len(song)]) / 8000
    assert lengths_s.min() >= 1.0
    assert lengths_s.max() <= 12.0


def test_short_chunks_join_the_next_and_the_last_the_one_before() -> None:
    boundaries = np.array([500, 2000, 2100, 2900, 5500], np.int64)
    merged = merge_short(boundaries, 6000, sample_rate_hz=1000, min_chunk_ms=1000)
    assert merged.tolist() == [2000]
    assert merge_short(boundaries, 6000, sample_rate_hz=1000, min_chunk_ms=0).tolist() == boundaries.tolist()
    assert merge_short(boundaries[:1], 900, sample_rate_hz=1000, min_chunk_ms=1000).tolist() == []


def test_long_chunks_are_split_at_their_quietest_place() -> None:
    song = signals.joined(
        signals.sine(300, 7.0, 8000),
        signals.sine(300, 0.1, 8000, amplitude=0.01),
        signals.sine(300, 5.9, 8000),
    )
    boundaries = split_long(
        np.zeros(0, np.int64), song, sample_rate_hz=8000, max_chunk_ms=12_000, min_chunk_ms=1000
    )
    np.testing.assert_allclose(boundaries / 8000, [7.05], atol=0.03)


def test_a_chunk_that_cannot_be_split_into_long_enough_pieces_stays_whole() -> None:
    boundaries = split_long(
        np.zeros(0, np.int64),
        signals.silence(15, 8000),
        sample_rate_hz=8000,
        max_chunk_ms=12_000,
        min_chunk_ms=8000,
    )
    assert boundaries.tolist() == []


@pytest.mark.parametrize("cut", [Cut(), Cut(method="equal"), Cut(min_silence_ms=2000, min_chunk_ms=100)])
@pytest.mark.parametrize("seconds", [0.0, 0.0001, 0.5])
def test_a_song_that_makes_no_chunk_is_refused(cut: Cut, seconds: float) -> None:
    with pytest.raises(SongTooShort) as refused:
        find_boundaries(signals.noise(seconds, 44100), sample_rate_hz=44100, cut=cut)
    assert refused.value.needed_s >= 1.0


def test_a_song_may_be_one_chunk() -> None:
    assert find_boundaries(signals.noise(1.2, 44100), sample_rate_hz=44100, cut=Cut()).tolist() == []


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(BadSetting):
        silence_boundaries(signals.silence(1, 8000), sample_rate_hz=8000, min_silence_ms=0)
    with pytest.raises(BadSetting):
        equal_boundaries(8000, sample_rate_hz=8000, chunk_s=0.00001)


def test_a_cut_of_too_many_chunks_is_refused_with_how_long_they_would_have_to_be() -> None:
    rate_hz, hours_3 = 44_100, 3 * 3600

    def cut(chunk_s: float) -> None:
        n = hours_3 * rate_hz
        require_few(equal_boundaries(n, sample_rate_hz=rate_hz, chunk_s=chunk_s), n, sample_rate_hz=rate_hz)

    cut(hours_3 / MOST_CHUNKS)
    with pytest.raises(TooManyChunks, match=r"108000 chunks; a cut may have 5000.* of 2.16 s or more"):
        cut(0.1)
