from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.assembler.material import Material
from services.assembler.pieces import Piece, position_at
from shared.errors import Corrupt
from shared.sound.samples import BLOCK_FRAMES, Float32, to_float32, to_int16
from tests.support.signals import sine
from tests.unit.assembler.songs import ArraySong, noise_song, pieces_of


def rendered(song: ArraySong, piece: Piece, rate_hz: int, channels: int) -> Float32:
    material = Material(song, sample_rate_hz=rate_hz, channels=channels)
    return np.concatenate([np.empty((0, channels), np.float32), *material.piece_blocks(piece)])


@pytest.mark.parametrize("channels", [1, 2])
def test_at_the_songs_own_rate_every_16_bit_value_comes_through(channels: int) -> None:
    song = noise_song(4, channels=channels)
    piece = Piece("a", 1_001, song.n_samples - 7, 44_100)
    assert np.array_equal(to_int16(rendered(song, piece, 44_100, channels)), song.samples[1_001:-7])


def test_a_mono_song_sounds_the_same_on_both_sides() -> None:
    song = noise_song(0.1, channels=1)
    [piece] = pieces_of(song, "a")
    assert np.array_equal(to_int16(rendered(song, piece, 44_100, 2)), np.repeat(song.samples, 2, axis=1))


def test_a_stereo_song_becomes_the_mean_of_its_sides() -> None:
    song = ArraySong(np.array([[100, 300], [-32_768, -32_768], [32_767, -32_767]], np.int16), 44_100)
    [piece] = pieces_of(song, "a")
    assert to_int16(rendered(song, piece, 44_100, 1)).tolist() == [[200], [-32_768], [0]]


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from([8_000, 11_025, 22_050, 32_000, 44_100, 47_999, 48_000, 96_000]),
    st.sampled_from([22_050, 44_100, 48_000]),
    st.data(),
)
def test_the_pieces_of_a_song_laid_end_to_end_are_the_song_resampled_whole(
    from_hz: int, to_hz: int, data: st.DataObject
) -> None:
    tone = sine(min(from_hz, to_hz) / 5, 0.7, from_hz, channels=2)
    song = ArraySong(to_int16(tone), from_hz)
    cuts = sorted(data.draw(st.sets(st.integers(1, song.n_samples - 1), min_size=1, max_size=4)))
    parts = [rendered(song, piece, to_hz, 2) for piece in pieces_of(song, "a", *cuts)]
    whole = rendered(song, pieces_of(song, "a")[0], to_hz, 2)
    for piece, part in zip(pieces_of(song, "a", *cuts), parts, strict=True):
        assert len(part) == position_at(piece.stop, from_hz, to_hz) - position_at(piece.start, from_hz, to_hz)
    assert np.abs(np.concatenate(parts) - whole).max() < 1 / 32_768


@pytest.mark.parametrize(
    ("from_hz", "to_hz"), [(48_000, 44_100), (44_100, 48_000), (96_000, 22_050), (8_000, 44_100)]
)
def test_a_resampled_tone_is_the_same_tone_at_the_same_instant(from_hz: int, to_hz: int) -> None:
    song = ArraySong(to_int16(sine(1_000, 3, from_hz)), from_hz)
    piece = Piece("a", from_hz + 137, 2 * from_hz + 11, from_hz)
    first = position_at(piece.start, from_hz, to_hz)
    found = rendered(song, piece, to_hz, 1)[:, 0]
    expected = 0.5 * np.sin(2 * np.pi * 1_000 * (first + np.arange(len(found))) / to_hz)
    assert np.abs(found - expected).max() < 2e-4


def test_a_silent_end_is_not_invented_before_the_song_ends() -> None:
    song = ArraySong(np.full((48_000, 1), 16_384, np.int16), 48_000)
    [piece] = pieces_of(song, "a")
    found = rendered(song, piece, 44_100, 1)
    assert len(found) == 44_100
    assert found[1_000:-1_000] == pytest.approx(0.5, abs=1e-4)


def test_a_song_other_than_the_one_that_was_cut_is_refused() -> None:
    material = Material(noise_song(1), sample_rate_hz=44_100, channels=2)
    with pytest.raises(Corrupt, match="44100 samples at 44100 Hz"):
        material.piece_blocks(Piece("a", 0, 44_101, 44_100))
    with pytest.raises(Corrupt):
        material.piece_blocks(Piece("a", 0, 100, 48_000))


def test_a_long_piece_takes_the_memory_of_a_block() -> None:
    song = noise_song(60, 48_000)
    block_bytes = BLOCK_FRAMES * 2 * 4
    tracemalloc.start()
    frames = sum(
        len(block) for block in Material(song, sample_rate_hz=44_100, channels=2).blocks(0, 60 * 44_100)
    )
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert frames == 60 * 44_100
    assert peak_bytes < 10 * block_bytes < to_float32(song.samples).nbytes / 4


@given(st.integers(0, 10**9), st.integers(8_000, 192_000), st.integers(8_000, 192_000))
def test_positions_round_to_the_nearest_sample(position: int, from_hz: int, to_hz: int) -> None:
    found = position_at(position, from_hz, to_hz)
    assert math.floor(2 * found * from_hz - 2 * position * to_hz) in range(-from_hz, from_hz + 1)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
def test_before_a_song_is_silence(rate_hz: int) -> None:
    material = Material(noise_song(1, rate_hz), sample_rate_hz=44_100, channels=2)
    assert np.array_equal(material.around(-3000, 1000), np.zeros((2000, 2)))
    assert not material.around(0, 1000)[:1000].any()
    assert np.array_equal(material.around(0, 1000)[1000:], material.around(500, 500))
