from __future__ import annotations

import os
import stat
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import soundfile
import tinytag

from services.assembler import encoding
from services.assembler.pieces import Piece, position_at
from services.assembler.rendering import Rendered, render
from shared.errors import BadSetting, Corrupt, EncoderFailed, Unwanted
from shared.parameters import Output
from shared.sound.samples import BLOCK_FRAMES, to_float32, to_int16
from tests.support.signals import sine
from tests.unit.assembler.songs import ArraySong, Library, children_of, noise_song, opener, pieces_of

MP3_FRAME = 1152
LOSSLESS = ("wav", "flac")
FORMATS = ("mp3", "wav", "flac", "ogg")


def mix_of(
    folder: Path, pieces: list[Piece], songs: Mapping[str, ArraySong], **wishes: Any
) -> tuple[Rendered, Path]:
    output = Output(**{"seams": "plain", **wishes})
    path = folder / f"mix.{output.format}"
    return render(pieces, opener(**songs), output, path, tags={"title": "A mix"}), path


def stuttering_program(folder: Path, script: str) -> Path:
    program = folder / "ffmpeg"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


@pytest.fixture
def tones() -> dict[str, ArraySong]:
    """Five songs, each a tone of its own: 400, 700, 1,000, 1,300 and 1,600 Hz."""
    return {
        f"s{k}": ArraySong(to_int16(sine(400 + 300 * k, 4, rate, channels=1 + k % 2)), rate)
        for k, rate in enumerate([44_100, 48_000, 22_050, 44_100, 32_000])
    }


@pytest.mark.parametrize("format_", LOSSLESS)
def test_16_bit_songs_at_the_mixs_rate_reach_the_file_bit_for_bit(tmp_path: Path, format_: str) -> None:
    songs = {"a": noise_song(4, seed=1), "b": noise_song(3, seed=2)}
    pieces = [Piece("b", 501, 120_011, 44_100), Piece("a", 7, 170_000, 44_100), Piece("b", 0, 1, 44_100)]
    rendered, path = mix_of(tmp_path, pieces, songs, format=format_)
    expected = np.concatenate([songs[piece.song].samples[piece.start : piece.stop] for piece in pieces])
    found, rate_hz = soundfile.read(path, dtype="int16")
    assert rate_hz == 44_100
    assert np.array_equal(found, expected)
    assert rendered.starts == [0, 119_510, 289_503]
    assert rendered.frames == len(expected)
    assert rendered.peak == np.abs(expected.astype(int)).max() / 32_768


def test_the_chunks_of_a_song_at_another_rate_join_as_if_never_cut(tmp_path: Path) -> None:
    song = ArraySong(to_int16(sine(3_000, 4, 48_000, channels=2)), 48_000)
    cut, _ = mix_of(tmp_path, pieces_of(song, "a", 20_137, 80_001, 140_077), {"a": song}, format="wav")
    in_chunks = soundfile.read(tmp_path / "mix.wav", dtype="int16")[0].astype(int)
    mix_of(tmp_path, pieces_of(song, "a"), {"a": song}, format="wav")
    whole = soundfile.read(tmp_path / "mix.wav", dtype="int16")[0].astype(int)
    assert cut.frames == len(in_chunks) == len(whole) == 4 * 44_100
    assert np.abs(in_chunks - whole).max() <= 1


def test_chunks_of_any_rate_lie_in_an_mp3_where_the_report_says(
    tmp_path: Path, tones: dict[str, ArraySong]
) -> None:
    order = [3, 0, 4, 1, 2, 0]
    pieces = [
        Piece(f"s{k}", rate // 3 + 17 * n, rate // 3 + 17 * n + 2 * rate, rate)
        for n, k in enumerate(order)
        for rate in [tones[f"s{k}"].sample_rate_hz]
    ]
    rendered, path = mix_of(tmp_path, pieces, tones)
    found, rate_hz = soundfile.read(path)
    assert (rate_hz, found.shape[1]) == (44_100, 2)
    assert abs(len(found) - rendered.frames) <= MP3_FRAME
    lengths = np.diff([*rendered.starts, rendered.frames])
    for piece, k, start, length in zip(pieces, order, rendered.starts, lengths, strict=True):
        first = position_at(piece.start, piece.sample_rate_hz, 44_100)
        instants = (first + np.arange(length)) / 44_100
        truth = 0.5 * np.sin(2 * np.pi * (400 + 300 * k) * instants)
        within = slice(2_000, -2_000)  # An encoder smears the joint itself over a frame or two.
        heard = found[start : start + length]
        assert np.corrcoef(heard[within, 0], truth[within])[0, 1] > 0.999
        assert np.abs(heard[within, 0] - truth[within]).max() < 0.02


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("sample_rate_hz", [22_050, 48_000])
def test_every_format_has_the_mixs_length_rate_and_channels(
    tmp_path: Path, format_: str, channels: int, sample_rate_hz: int
) -> None:
    song = noise_song(1.3, channels=2)
    rendered, path = mix_of(
        tmp_path, pieces_of(song, "a", 20_000), {"a": song}, format=format_, channels=channels,
        sample_rate_hz=sample_rate_hz,
    )  # fmt: skip
    info = soundfile.info(path)
    assert (info.samplerate, info.channels) == (sample_rate_hz, channels)
    assert rendered.frames == round(1.3 * sample_rate_hz)
    assert abs(info.frames - rendered.frames) <= (MP3_FRAME if format_ == "mp3" else 0)


@pytest.mark.parametrize("format_", FORMATS)
def test_the_same_request_gives_the_same_bytes(
    tmp_path: Path, format_: str, tones: dict[str, ArraySong]
) -> None:
    pieces = [Piece(name, 1_000, 30_000, song.sample_rate_hz) for name, song in tones.items()]
    (tmp_path / "again").mkdir()
    _, first = mix_of(tmp_path, pieces, tones, format=format_)
    _, second = mix_of(tmp_path / "again", pieces, tones, format=format_)
    assert first.read_bytes() == second.read_bytes()


def test_a_bit_rate_is_kept(tmp_path: Path) -> None:
    song = noise_song(4)
    for kbps in (64, 192):
        _, path = mix_of(tmp_path, pieces_of(song, "a"), {"a": song}, bitrate_kbps=kbps)
        assert path.stat().st_size * 8 / 4 == pytest.approx(kbps * 1_000, rel=0.05)


def test_a_bit_rate_that_vorbis_lacks_is_refused_before_anything_runs(tmp_path: Path) -> None:
    song = noise_song(0.1)
    with pytest.raises(BadSetting, match="from 32 to 90"):
        mix_of(
            tmp_path, pieces_of(song, "a"), {"a": song}, format="ogg", bitrate_kbps=128, channels=1,
            sample_rate_hz=22_050,
        )  # fmt: skip
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("rate_hz", "channels"), encoding.VORBIS_KBPS)
def test_vorbis_has_every_bit_rate_that_is_let_through(tmp_path: Path, rate_hz: int, channels: int) -> None:
    song = noise_song(0.2, rate_hz, channels=channels)
    for kbps in encoding.VORBIS_KBPS[rate_hz, channels]:
        mix_of(
            tmp_path, pieces_of(song, "a"), {"a": song}, format="ogg", bitrate_kbps=kbps, channels=channels,
            sample_rate_hz=rate_hz,
        )  # fmt: skip


@pytest.mark.parametrize("format_", FORMATS)
def test_tags_are_in_the_file_as_text(tmp_path: Path, format_: str) -> None:
    song = noise_song(0.5)
    tags = {"title": "Grün;=\n'\"$(x) 歌", "artist": "Segue", "comment": "Made of: a; b"}
    path = tmp_path / f"mix.{format_}"
    render(pieces_of(song, "a"), opener(a=song), Output(format=format_), path, tags=tags)
    found = tinytag.TinyTag.get(path)
    assert (found.title, found.artist) == ("Grün;= '\"$(x) 歌", "Segue")
    if format_ == "mp3":  # In ID3, ffmpeg writes a comment as a user's text frame of that name.
        assert b"comment\0Made of: a; b" in path.read_bytes()
    else:
        assert found.comment == "Made of: a; b"


@pytest.mark.parametrize(("seams", "most_open"), [("plain", 1), ("blend", 2)])
def test_no_more_songs_are_open_than_sound_and_none_afterwards(
    tmp_path: Path, tones: dict[str, ArraySong], seams: Literal["plain", "blend"], most_open: int
) -> None:
    library = Library(tones)
    pieces = [Piece(name, 0, 9_000, song.sample_rate_hz) for name, song in tones.items()] * 3
    told: list[tuple[int, int]] = []
    render(
        pieces,
        library.open_song,
        Output(seams=seams),
        tmp_path / "mix.mp3",
        tags={},
        on_piece=lambda done, total: told.append((done, total)),
    )
    assert (library.open, library.most_open) == (0, most_open)
    assert told == [(k, 15) for k in range(1, 16)]


def test_memory_does_not_grow_with_the_mix(tmp_path: Path) -> None:
    _, peak_of_10 = traced(tmp_path, chunks=10)
    frames, peak_of_300 = traced(tmp_path, chunks=300)
    assert frames == 300 * 2 * 44_100
    assert peak_of_300 < 1.2 * peak_of_10 + 200_000
    assert peak_of_300 < 20 * BLOCK_FRAMES * 4


def traced(folder: Path, *, chunks: int) -> tuple[int, int]:
    song = noise_song(2, 48_000, channels=1)
    tracemalloc.start()
    rendered, _ = mix_of(folder, pieces_of(song, "a") * chunks, {"a": song}, format="wav")
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return rendered.frames, peak_bytes


def test_a_wish_to_stop_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    library = Library({"a": noise_song(20)})
    before = children_of(os.getpid())
    checks = 0

    def check() -> None:
        nonlocal checks
        checks += 1
        if checks == 4:
            assert children_of(os.getpid()) - before
            raise Unwanted

    with pytest.raises(Unwanted):
        render(
            [Piece("a", 0, 800_000, 44_100)],
            library.open_song,
            Output(),
            tmp_path / "mix.mp3",
            tags={},
            check=check,
        )
    assert children_of(os.getpid()) == before
    assert (list(tmp_path.iterdir()), library.open) == ([], 0)


def test_a_file_that_cannot_be_written_is_told_with_ffmpegs_reason_and_without_our_folder(
    tmp_path: Path,
) -> None:
    song = noise_song(30)
    with pytest.raises(EncoderFailed, match="No such file or directory") as caught:
        mix_of(tmp_path / "missing", pieces_of(song, "a"), {"a": song})
    assert str(tmp_path) not in str(caught.value)


def test_an_encoder_that_fails_at_its_end_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "SEGUE_FFMPEG", str(stuttering_program(tmp_path, "cat > /dev/null; echo No space >&2; exit 3"))
    )
    song = noise_song(0.5)
    with pytest.raises(EncoderFailed, match="status 3: No space"):
        mix_of(tmp_path, pieces_of(song, "a"), {"a": song})


def test_an_encoder_that_says_more_than_a_pipe_holds_does_not_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chatter = "head -c 300000 /dev/zero | tr '\\0' x >&2; cat > /dev/null; exit 1"
    monkeypatch.setenv("SEGUE_FFMPEG", str(stuttering_program(tmp_path, chatter)))
    song = noise_song(5)
    with pytest.raises(EncoderFailed, match="status 1"):
        mix_of(tmp_path, pieces_of(song, "a"), {"a": song})


def test_an_encoder_that_takes_nothing_can_be_stopped_and_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEGUE_FFMPEG", str(stuttering_program(tmp_path, "exec tail -f /dev/null")))
    monkeypatch.setattr(encoding, "POLL_MS", 5)
    monkeypatch.setattr(encoding, "STALL_S", 0.05)
    before = children_of(os.getpid())
    song = noise_song(5)
    with pytest.raises(EncoderFailed, match="did nothing"):
        mix_of(tmp_path, pieces_of(song, "a"), {"a": song})
    assert children_of(os.getpid()) == before


def test_a_damaged_song_stops_the_mix(tmp_path: Path) -> None:
    song = noise_song(1)
    with pytest.raises(Corrupt):
        mix_of(tmp_path, [Piece("a", 0, 50_000, 44_100)], {"a": song})
    assert list(tmp_path.iterdir()) == []


def test_a_mix_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no pieces"):
        mix_of(tmp_path, [], {})


def test_real_songs_lie_in_the_mp3_where_the_report_says(tmp_path: Path, real_songs: list[Path]) -> None:
    songs = {}
    for path in real_songs[:4]:
        samples, rate_hz = soundfile.read(path, frames=480_000, dtype="int16", always_2d=True)
        songs[path.name] = ArraySong(samples, rate_hz)
    pieces = [
        Piece(name, song.n_samples // 2 - song.sample_rate_hz, song.n_samples // 2, song.sample_rate_hz)
        for name, song in songs.items()
    ] * 2
    rendered, path = mix_of(tmp_path, pieces, songs)
    mix_of(tmp_path, pieces, songs, format="wav")
    heard, truth = soundfile.read(path)[0], to_float32(soundfile.read(tmp_path / "mix.wav", dtype="int16")[0])
    assert abs(len(heard) - rendered.frames) <= MP3_FRAME
    for start, stop in zip(rendered.starts, [*rendered.starts[1:], rendered.frames], strict=True):
        assert np.corrcoef(heard[start:stop, 0], truth[start:stop, 0])[0, 1] > 0.98
