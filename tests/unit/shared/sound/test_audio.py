"""Songs of every kind and hostile files, through the real child, libsndfile and ffmpeg."""

from __future__ import annotations

import io
import signal
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from shared.errors import (
    DecoderFailed,
    NotAudio,
    SegueError,
    SongEmpty,
    SongTooLong,
    ToolMissing,
    UnsupportedAudio,
)
from shared.sound.audio import DecodedSong, DecodeLimits, _outcome_of, decode, open_audio, write_chunk
from shared.sound.decoding import clean_text
from shared.sound.ffmpeg import ffmpeg_path
from shared.sound.samples import to_float32, to_int16
from shared.sound.sandbox import Answer
from tests.support import signals

LIMITS = DecodeLimits(max_decoder_s=60)
SOURCE_NAME = "source"  # Names say nothing: no file here has an extension.


TAGS_READ = ("MP3 MPEG_LAYER_III", "OGG VORBIS", "OPUS", "ALAC")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / SOURCE_NAME


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "task").mkdir()
    return tmp_path / "task"


def decoded(folder: Path) -> np.ndarray:
    return soundfile.read(folder / "audio.flac", dtype="int16", always_2d=True)[0]


def ffmpeg(*arguments: str | Path) -> None:
    command = [str(ffmpeg_path()), "-nostdin", "-loglevel", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, timeout=60)


@pytest.mark.parametrize(
    ("container", "subtype"), [("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("AIFF", "PCM_16"), ("W64", "PCM_16")]
)
@pytest.mark.parametrize(("rate_hz", "channels"), [(8000, 1), (44100, 2), (96000, 2)])
def test_16_bit_songs_come_through_bit_for_bit(
    container: str, subtype: str, rate_hz: int, channels: int, source: Path, folder: Path
) -> None:
    samples = np.random.default_rng(1).integers(-32768, 32768, (70_001, channels)).astype(np.int16)
    soundfile.write(source, samples, rate_hz, subtype=subtype, format=container)
    song = decode(source, folder, LIMITS)
    assert (song.sample_rate_hz, song.channels, song.frames) == (rate_hz, channels, 70_001)
    assert song.duration_s == 70_001 / rate_hz
    assert song.peak == 1.0
    np.testing.assert_array_equal(decoded(folder), samples)
    written = soundfile.info(folder / "audio.flac")
    assert (written.format, written.subtype, written.samplerate) == ("FLAC", "PCM_16", rate_hz)


@pytest.mark.parametrize("subtype", ["PCM_24", "FLOAT", "DOUBLE"])
def test_finer_songs_are_rounded_and_clipped(subtype: str, source: Path, folder: Path) -> None:
    exact = np.array([0.0, 1.6, -1.6, 2.4, 32767.0, 40_000.0, -40_000.0])[:, None] / 32768
    soundfile.write(source, exact, 44100, subtype=subtype, format="WAV")
    decode(source, folder, LIMITS)
    assert decoded(folder)[:, 0].tolist() == [0, 2, -2, 2, 32767, 32767, -32768]


@pytest.mark.parametrize(
    ("arguments", "codec"),
    [
        (("-c:a", "libmp3lame", "-b:a", "320k", "-f", "mp3"), "MP3 MPEG_LAYER_III"),
        (("-c:a", "libvorbis", "-f", "ogg"), "OGG VORBIS"),
        (("-c:a", "libopus", "-f", "ogg"), "OPUS"),
        (("-c:a", "alac", "-f", "ipod"), "ALAC"),
        (("-c:a", "wavpack", "-f", "wv"), "WAVPACK"),
        (("-c:a", "aac", "-f", "matroska"), "AAC"),
    ],
)
def test_songs_of_each_codec_keep_their_sound_and_tags(
    arguments: tuple[str, ...], codec: str, source: Path, folder: Path, tmp_path: Path
) -> None:
    tone = signals.sine(1000, 1.0, 48000, amplitude=0.5, channels=2)
    soundfile.write(tmp_path / "tone.wav", tone, 48000)
    ffmpeg("-i", tmp_path / "tone.wav", "-metadata", "title=Tone\x07 of A", *arguments, source)
    song = decode(source, folder, LIMITS)
    assert (song.sample_rate_hz, song.channels, song.codec) == (48000, 2, codec)
    assert song.duration_s == pytest.approx(1.0, abs=0.06)
    assert song.title == ("Tone of A" if codec in TAGS_READ else None)
    middle = to_float32(decoded(folder)[12_000:36_000])
    spectrum = np.abs(np.fft.rfft(middle[:, 0] * np.hanning(len(middle))))
    assert np.argmax(spectrum) * 48000 / len(middle) == pytest.approx(1000, abs=2)
    assert np.sqrt((middle**2).mean()) == pytest.approx(0.5 / np.sqrt(2), rel=0.03)


def test_six_channels_are_mixed_to_stereo(source: Path, folder: Path) -> None:
    center = np.zeros((8000, 6), np.float32)
    center[:, 2] = signals.sine(400, 1.0, 8000)[:, 0]
    soundfile.write(source, center, 8000, format="WAV")
    assert decode(source, folder, LIMITS).channels == 2
    left, right = decoded(folder).T
    np.testing.assert_array_equal(left, right)
    assert np.abs(left).max() > 3000


@pytest.mark.parametrize(
    ("rate_hz", "channels", "found"),
    [(44100, 12, "12 channels"), (4000, 1, "4000 Hz"), (384_000, 1, "384000 Hz")],
)
def test_what_is_out_of_bounds_is_named(
    rate_hz: int, channels: int, found: str, source: Path, folder: Path
) -> None:
    soundfile.write(source, np.zeros((1000, channels), np.int16), rate_hz, format="WAV")
    with pytest.raises(UnsupportedAudio, match=found):
        decode(source, folder, LIMITS)


def test_a_video_gives_its_sound(source: Path, folder: Path) -> None:
    picture = ("-f", "lavfi", "-i", "testsrc=size=64x64:rate=5:duration=1")
    ffmpeg(
        *picture,
        "-f",
        "lavfi",
        "-i",
        "sine=440:duration=1",
        "-c:v",
        "mpeg4",
        "-c:a",
        "aac",
        "-f",
        "mp4",
        source,
    )
    assert decode(source, folder, LIMITS).codec == "AAC"


def test_a_video_without_sound_is_no_song(source: Path, folder: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x64:rate=5:duration=1", "-c:v", "mpeg4", "-f", "mp4", source)
    with pytest.raises(NotAudio, match="no sound track"):
        decode(source, folder, LIMITS)


@pytest.mark.parametrize("kind", ["hls", "ffconcat", "concat protocol"])
def test_a_playlist_reads_no_other_file(kind: str, source: Path, folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.wav"
    soundfile.write(secret, signals.noise(1.0, 44100, channels=2), 44100)
    source.write_text(
        {
            "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n",
            "ffconcat": f"ffconcat version 1.0\nfile {secret}\n",
            "concat protocol": f"concat:{secret}|{secret}\n",
        }[kind]
    )
    with pytest.raises(NotAudio) as refused:
        decode(source, folder, LIMITS)
    assert str(tmp_path) not in str(refused.value)
    assert list(folder.iterdir()) == []


def test_a_header_that_claims_4_gigabytes_is_not_believed(source: Path, folder: Path) -> None:
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, 44100, 44100 * 4, 4, 16)
    sound = np.full((500, 2), 77, np.int16)
    source.write_bytes(
        struct.pack("<4sI4s", b"RIFF", 2**32 - 1, b"WAVE")
        + form
        + struct.pack("<4sI", b"data", 2**32 - 38)
        + sound.tobytes()
    )
    song = decode(source, folder, LIMITS.model_copy(update={"max_memory_bytes": 2**30}))
    assert song.frames == 500
    np.testing.assert_array_equal(decoded(folder), sound)


def test_a_bomb_is_stopped_at_the_limit(source: Path, folder: Path) -> None:
    """An hour of silence is 50 kB of FLAC; its sound would be 635 MB, more than the child may have."""
    with soundfile.SoundFile(source, "w", 44100, 2, format="FLAC", subtype="PCM_16") as bomb:
        for _ in range(60):
            bomb.write(np.zeros((60 * 44100, 2), np.int16))
    limits = DecodeLimits(max_song_s=60, max_decoder_s=60, max_memory_bytes=600 * 1024**2)
    assert source.stat().st_size < 1_500_000
    with pytest.raises(SongTooLong):
        decode(source, folder, limits)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("container", ["FLAC", "ipod"])
def test_a_song_of_just_the_limit_is_accepted(
    container: str, source: Path, folder: Path, tmp_path: Path
) -> None:
    soundfile.write(tmp_path / "song.wav", signals.noise(2.0, 8000), 8000)
    codec = "flac" if container == "FLAC" else "alac"
    ffmpeg("-i", tmp_path / "song.wav", "-c:a", codec, "-f", container.lower(), source)
    assert decode(source, folder, DecodeLimits(max_song_s=2.0, max_decoder_s=60)).frames == 16_000
    with pytest.raises(SongTooLong):
        decode(source, folder, DecodeLimits(max_song_s=1.9, max_decoder_s=60))


def test_a_truncated_mp3_is_a_song_up_to_there(source: Path, folder: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "song.wav", signals.noise(4.0, 44100, channels=2), 44100)
    ffmpeg("-i", tmp_path / "song.wav", "-f", "mp3", source)
    whole = source.read_bytes()
    source.write_bytes(whole[: len(whole) // 2])
    assert 1.0 < decode(source, folder, LIMITS).duration_s < 3.0


@pytest.mark.parametrize(
    "content", [b"just some text\n" * 100, b"\x00" * 5000, b"ID3", b"\xff\xd8\xff\xe0JFIF"]
)
def test_what_is_no_sound_is_refused_in_words(content: bytes, source: Path, folder: Path) -> None:
    source.write_bytes(content)
    with pytest.raises(NotAudio) as refused:
        decode(source, folder, LIMITS)
    assert str(source) not in str(refused.value)


def test_nothing_is_empty(source: Path, folder: Path) -> None:
    source.touch()
    with pytest.raises(SongEmpty):
        decode(source, folder, LIMITS)
    soundfile.write(source, np.zeros((0, 1), np.int16), 44100, format="WAV")
    with pytest.raises(SongEmpty):
        decode(source, folder, LIMITS)


def test_a_decoder_out_of_time_is_the_machines_fault(source: Path, folder: Path) -> None:
    soundfile.write(source, signals.noise(60.0, 44100), 44100, format="WAV")
    with pytest.raises(DecoderFailed):
        decode(source, folder, DecodeLimits(max_decoder_s=0.01))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(-signal.SIGSEGV, b"", ""), NotAudio),
        (Answer(-signal.SIGXCPU, b"", ""), NotAudio),
        (Answer(-signal.SIGKILL, b"", ""), DecoderFailed),
        (Answer(1, b"", "Traceback"), DecoderFailed),
        (Answer(0, b'{"outcome": {"sample_rate_hz": -1}}', ""), DecoderFailed),
        (Answer(0, b'{"outcome": {"kind": "failed", "found": "disk full"}}', ""), DecoderFailed),
    ],
)
def test_a_childs_word_is_judged(answer: Answer, error: type[SegueError]) -> None:
    assert isinstance(_outcome_of(answer, LIMITS), error)


def test_tags_are_text_to_be_shown() -> None:
    assert clean_text(" Cafe\u0301\x00\x1b[31m\n\u202eyad ") == "Caf\u00e9[31m yad"
    assert clean_text("x" * 10_000_000) == "x" * 200
    assert clean_text("\x00") is None
    assert clean_text(7) is None


def test_a_child_loads_nothing_that_its_nursery_could_have(source: Path, tmp_path: Path) -> None:
    soundfile.write(source, signals.noise(1.0, 44100), 44100, format="WAV")
    program = (
        "import sys, pathlib; from shared.sound import decoder, decoding\n"
        "decoder.load(); known = set(sys.modules)\n"
        "song = decoder._outcome(*map(pathlib.Path, sys.argv[1:]), decoding.DecodeLimits())\n"
        "print(song.frames, *sorted(name for name in set(sys.modules) - known if name.startswith('scipy')))"
    )
    command = [sys.executable, "-c", program, str(source), str(tmp_path / "audio.flac")]
    assert subprocess.run(command, check=True, timeout=60, capture_output=True, text=True).stdout == "44100\n"


def test_a_song_is_read_in_ranges_and_blocks(tmp_path: Path) -> None:
    samples = np.random.default_rng(2).integers(-32768, 32768, (100_003, 2)).astype(np.int16)
    write_chunk(tmp_path / "song.flac", samples, 44100)
    for file in (tmp_path / "song.flac", io.BytesIO((tmp_path / "song.flac").read_bytes())):
        with open_audio(file) as song:
            assert (song.sample_rate_hz, song.channels, song.n_samples) == (44100, 2, 100_003)
            np.testing.assert_array_equal(song.read_range(777, 70_001), samples[777:70_001])
            np.testing.assert_array_equal(song.read_range(100_003, 100_003), samples[:0])
            np.testing.assert_array_equal(np.concatenate(list(song.blocks(9999))), samples)
            with pytest.raises(ValueError, match="100003"):
                song.read_range(5, 100_004)


@pytest.mark.parametrize("container", ["flac", "wav", "mp3"])
def test_chunks_are_written_the_same_twice(container: str, tmp_path: Path) -> None:
    samples = to_int16(signals.sine(440, 0.5, 44100, channels=2))
    for name in ("a", "b"):
        write_chunk(tmp_path / name, samples, 44100, container)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    back, rate_hz = soundfile.read(tmp_path / "a", dtype="int16", always_2d=True)
    assert rate_hz == 44100
    if container == "mp3":
        assert 22050 <= len(back) < 22050 + 3 * 1152
    else:
        np.testing.assert_array_equal(back, samples)


def test_ffmpeg_is_the_one_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = tmp_path / "my-ffmpeg"
    named.write_text("#!/bin/sh\n")
    monkeypatch.setenv("SEGUE_FFMPEG", str(named))
    with pytest.raises(ToolMissing):
        ffmpeg_path()
    named.chmod(0o755)
    assert ffmpeg_path() == named


def test_facts_are_a_plain_document() -> None:
    song = DecodedSong(sample_rate_hz=44100, channels=2, frames=44100, peak=0.5, codec="OGG VORBIS")
    assert DecodedSong.model_validate_json(song.model_dump_json()) == song
    assert song.model_dump()["duration_s"] == 1.0
