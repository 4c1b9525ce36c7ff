"""Blends as a whole: what is heard where pieces meet, and at the ends of a mix."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from services.assembler.leveling import EntryGain, entry_gain, reached_lufs, song_gains_db
from services.assembler.pieces import Piece
from services.assembler.rendering import Rendered, render
from shared.parameters import Output
from shared.sound.samples import Float32, to_float32, to_int16
from tests.support.signals import noise, sine
from tests.unit.assembler.songs import ArraySong, opener

RATE_HZ = 44_100


def song_of(sound: Float32, rate_hz: int = RATE_HZ) -> ArraySong:
    return ArraySong(to_int16(sound), rate_hz)


def blended(
    folder: Path, pieces: list[Piece], songs: dict[str, ArraySong], **wishes: Any
) -> tuple[Rendered, Float32]:
    path = folder / "mix.wav"
    measured = wishes.pop("measured", None)
    output = Output(format="wav", **wishes)
    rendered = render(pieces, opener(**songs), output, path, tags={}, measured=measured)
    return rendered, soundfile.read(path, dtype="float32", always_2d=True)[0]


@pytest.fixture
def songs() -> dict[str, ArraySong]:
    return {
        "a": song_of(noise(20, RATE_HZ, amplitude=0.1, channels=2, seed=1)),
        "b": song_of(noise(20, RATE_HZ, amplitude=0.1, channels=2, seed=2)),
        "mono": song_of(noise(20, 22_050, amplitude=0.1, seed=3), 22_050),
    }


def test_a_song_that_goes_on_is_not_touched(tmp_path: Path, songs: dict[str, ArraySong]) -> None:
    ends = [0, 90_000, 200_001, len(songs["a"].samples)]
    pieces = [Piece("a", start, stop, RATE_HZ) for start, stop in pairwise(ends)]
    rendered, sound = blended(tmp_path, pieces, songs)
    assert np.array_equal(sound, to_float32(songs["a"].samples))
    assert [seam.manner for seam in rendered.seams] == ["continues", "continues"]
    assert rendered.starts == ends[:-1]


def test_elsewhere_it_is_faded_and_nothing_but_the_fade_differs(
    tmp_path: Path, songs: dict[str, ArraySong]
) -> None:
    pieces = [Piece("a", 0, 200_000, RATE_HZ), Piece("b", 300_000, 882_000, RATE_HZ)]
    rendered, sound = blended(tmp_path, pieces, songs)
    (seam,), middle = rendered.seams, rendered.starts[1]
    assert seam.manner == "blend"
    assert seam.fade_s == pytest.approx(2.0)
    assert seam.timing == "free"
    assert middle == 200_000 + round(seam.leaves_s * RATE_HZ)
    half = round(seam.fade_s / 2 * RATE_HZ) + 1
    assert np.array_equal(sound[: middle - half], to_float32(songs["a"].samples[: middle - half]))
    entered = 300_000 + round(seam.enters_s * RATE_HZ)
    expected = to_float32(songs["b"].samples[entered + 8 * RATE_HZ : 882_000])
    assert np.abs(sound[middle + 8 * RATE_HZ :] - expected).max() <= 1 / 32768
    assert len(sound) == rendered.frames == middle + 882_000 - entered


def test_levels_meet_at_a_seam_and_part_again(tmp_path: Path, songs: dict[str, ArraySong]) -> None:
    songs["loud"] = song_of(noise(20, RATE_HZ, amplitude=0.13, channels=2, seed=4))
    pieces = [Piece("a", 0, 200_000, RATE_HZ), Piece("loud", 100_000, 882_000, RATE_HZ)]
    rendered, sound = blended(tmp_path, pieces, songs)
    (seam,) = rendered.seams
    assert seam.gain_db == pytest.approx(20 * np.log10(0.1 / 0.13), abs=0.3)
    assert abs(seam.step_lu) < 0.4
    assert np.sqrt(np.mean(np.square(sound[-2 * RATE_HZ :]))) == pytest.approx(0.13, rel=0.02)


def test_the_level_does_not_step_where_a_fade_ends(tmp_path: Path) -> None:
    songs = {
        "soft": song_of(sine(441, 20, RATE_HZ, amplitude=0.1, channels=2)),
        "loud": song_of(sine(441, 20, RATE_HZ, amplitude=0.13, channels=2)),
    }
    pieces = [Piece("soft", 0, 400_000, RATE_HZ), Piece("loud", 100_000, 882_000, RATE_HZ)]
    rendered, sound = blended(tmp_path, pieces, songs)
    end = rendered.starts[1] + round(rendered.seams[0].fade_s / 2 * RATE_HZ)
    before, after = (
        np.sqrt(np.mean(np.square(part))) for part in (sound[end - 1_000 : end], sound[end : end + 1_000])
    )
    assert 20 * np.log10(after / before) == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize(("asked_s", "reached_s"), [(24.0, 24.0), (22.0, 22.0), (10.0, 20.75), (60.0, 25.25)])
def test_a_mix_lasts_as_long_as_was_asked_for_as_far_as_its_last_piece_allows(
    tmp_path: Path, songs: dict[str, ArraySong], asked_s: float, reached_s: float
) -> None:
    pieces = [Piece("a", 0, 14 * RATE_HZ, RATE_HZ), Piece("b", 3 * RATE_HZ, 12 * RATE_HZ, RATE_HZ)]
    path = tmp_path / "mix.wav"
    done = render(pieces, opener(**songs), Output(format="wav"), path, tags={}, duration_s=asked_s)
    assert len(soundfile.read(path)[0]) == done.frames
    drift_s = done.seams[0].leaves_s - done.seams[0].enters_s
    tolerance_s = 1e-4 if asked_s in (24.0, 22.0) else abs(drift_s) + 1e-4
    assert done.frames / RATE_HZ == pytest.approx(reached_s, abs=tolerance_s)


def test_a_changed_level_goes_back_by_less_than_1_db_a_second_within_8_s() -> None:
    left = EntryGain(3.0, start=1_000).at(np.arange(0, 10 * 1_000), 1_000)
    assert left[:1_001] == pytest.approx(3.0)
    assert np.abs(np.diff(left)).max() * 1_000 <= 1.0
    assert left[9_000] == 0.0


def test_silence_is_not_met() -> None:
    quiet, loud = np.zeros((RATE_HZ, 1), np.float32), noise(1, RATE_HZ)
    assert entry_gain(quiet, loud, RATE_HZ) == 0.0


def test_songs_are_brought_to_one_loudness_that_none_has_to_be_limited_for() -> None:
    songs = {"calm": (-20.0, 0.5), "loud": (-9.0, 1.0), "mute": (None, 0.0)}
    reached = reached_lufs(songs, -14.0)
    assert reached == pytest.approx(-14.0)  # -20 LUFS with a peak of -6 dBFS has 6 dB left.
    assert song_gains_db(songs, reached) == pytest.approx({"calm": 6.0, "loud": -5.0, "mute": 0.0})
    assert reached_lufs({"wide": (-18.0, 1.0)}, -14.0) == pytest.approx(-18.0)
    assert reached_lufs({"wide": (-30.0, 1.0)}, -14.0) == pytest.approx(-20.0)


def test_a_mix_reaches_its_loudness_and_keeps_below_the_ceiling(
    tmp_path: Path, songs: dict[str, ArraySong]
) -> None:
    measured = {"a": (-17.0, 0.5), "b": (-17.0, 0.5)}
    pieces = [Piece("a", 0, 200_000, RATE_HZ), Piece("b", 300_000, 600_000, RATE_HZ)]
    rendered, sound = blended(tmp_path, pieces, songs, measured=measured, loudness_lufs=-14.0)
    assert rendered.loudness_lufs == -14.0
    assert np.sqrt(np.mean(np.square(sound[:150_000]))) == pytest.approx(0.1 * 10 ** (3 / 20), rel=0.01)
    assert rendered.peak <= 10 ** (-2 / 20) + 1e-3


def test_a_mix_from_the_midst_of_songs_fades_in_and_out(tmp_path: Path) -> None:
    songs = {"a": song_of(sine(441, 20, RATE_HZ, channels=2))}
    _, sound = blended(tmp_path, [Piece("a", 50_025, 400_000, RATE_HZ)], songs)
    assert np.abs(sound[:5]).max() < 0.01
    assert np.abs(sound[-50:]).max() < 0.01
    _, whole = blended(tmp_path, [Piece("a", 0, len(songs["a"].samples), RATE_HZ)], songs)
    assert np.array_equal(whole, to_float32(songs["a"].samples))


def test_a_mix_that_ends_as_its_last_song_does_ends_when_that_has_died_away(tmp_path: Path) -> None:
    silence, tone = np.zeros((3 * RATE_HZ, 2), np.float32), sine(441, 4, RATE_HZ, channels=2)
    songs = {"a": song_of(np.concatenate([tone, silence, tone, silence]))}
    _, sound = blended(tmp_path, [Piece("a", 30_000, len(songs["a"].samples), RATE_HZ)], songs)
    # Silence before its last sound is heard, and that sound is not faded.
    assert len(sound) == pytest.approx(len(songs["a"].samples) - 30_000 - 2.5 * RATE_HZ, abs=100)
    end = 11 * RATE_HZ - 30_000
    assert np.array_equal(
        sound[end - RATE_HZ : end], to_float32(songs["a"].samples[10 * RATE_HZ : 11 * RATE_HZ])
    )
    quiet = {"a": song_of(np.concatenate([tone, silence]))}
    _, sound = blended(tmp_path, [Piece("a", 5 * RATE_HZ, 7 * RATE_HZ, RATE_HZ)], quiet)
    assert len(sound) == RATE_HZ // 2


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("length", [60, 3_000, 40_000])
def test_short_pieces_of_any_song_are_joined(
    tmp_path: Path, songs: dict[str, ArraySong], length: int, channels: int
) -> None:
    pieces = [Piece(name, 0, length, songs[name].sample_rate_hz) for name in ("a", "mono", "b", "mono", "a")]
    pieces.append(Piece("b", 882_000 - length, 882_000, RATE_HZ))
    first, sound = blended(tmp_path, pieces, songs, channels=channels)
    again, _ = blended(tmp_path, pieces, songs, channels=channels)
    assert first == again
    assert len(sound) == first.frames
    assert np.isfinite(sound).all()
    assert first.starts == sorted(first.starts)
    assert len(first.seams) == 5
