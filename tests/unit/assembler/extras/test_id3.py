"""Tags are read back by others: ffmpeg and tinytag. The sound stays as it was."""

from __future__ import annotations

import re
import struct
import subprocess

import numpy as np
import pytest
import soundfile
import tinytag

from services.assembler.encoding import Encoder
from services.assembler.extras.accompanying import tag_audio
from services.assembler.extras.chapters import Chapter
from services.assembler.extras.id3 import retag_mp3, tag_bytes
from shared.parameters import Output
from shared.sound.ffmpeg import ffmpeg_path
from tests.unit.assembler.extras.mixes import mix_entries

CHAPTERS = [Chapter(0, 1.25, "Eins (0:00–0:01)"), Chapter(1.25, 2.5, "日本 =;# (1:02–1:03)")]
PICTURE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 700


def mp3_of(path, frames, *, rate_hz=44_100, channels=2, **wishes):
    samples = np.random.default_rng(frames).normal(0, 3_000, (frames, channels)).astype(np.int16)
    output = Output(sample_rate_hz=rate_hz, channels=channels, **wishes)
    with Encoder(path, output, tags={"title": "plain"}) as encoder:
        encoder.write(samples)
    return path


def ffmpeg(*arguments):
    command = [str(ffmpeg_path()), "-hide_banner", "-loglevel", "error", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=True).stdout


def frames_of(tag):
    """Read an ID3v2.3 tag: [(name, body)]."""
    assert tag[:5] == b"ID3\x03\x00"
    rest, found = tag[10:], []
    while rest:
        size, flags = struct.unpack(">IH", rest[4:10])
        assert flags == 0
        found.append((rest[:4].decode(), rest[10 : 10 + size]))
        rest = rest[10 + size :]
    return found


@pytest.mark.parametrize("frames", [1_151, 44_100, 57_330, 123_457])
@pytest.mark.parametrize(("rate_hz", "bitrate_kbps"), [(44_100, None), (22_050, 64), (48_000, 320)])
def test_the_sound_is_the_same_sample_for_sample_and_as_long_as_it_was_made(
    tmp_path, frames, rate_hz, bitrate_kbps
):
    plain = mp3_of(tmp_path / "plain.mp3", frames, rate_hz=rate_hz, bitrate_kbps=bitrate_kbps)
    tagged = tmp_path / "tagged.mp3"
    retag_mp3(plain, tagged, tag_bytes({"title": "A mix"}, CHAPTERS, PICTURE))
    before, after = (soundfile.read(path, dtype="int16")[0] for path in (plain, tagged))
    assert len(before) == len(after) == frames
    assert np.array_equal(before, after)
    raw = [ffmpeg("-i", path, "-map", "0:a", "-f", "s16le", "-") for path in (plain, tagged)]
    assert raw[0] == raw[1]
    assert len(raw[0]) == frames * 2 * 2


def test_what_ffmpeg_and_tinytag_read(tmp_path):
    tags = {"title": "Ein \u202eMix\n日本", "artist": "Segue", "comment": "Made of: x = y; #1"}
    plain, tagged = mp3_of(tmp_path / "plain.mp3", 110_250), tmp_path / "tagged.mp3"
    retag_mp3(plain, tagged, tag_bytes(tags, CHAPTERS, PICTURE))
    dumped = ffmpeg("-copyts", "-i", tagged, "-f", "ffmetadata", "-").decode()
    assert re.findall(r"TIMEBASE=1/1000\nSTART=(\d+)\nEND=(\d+)\ntitle=(.*)", dumped) == [
        ("0", "1250", "Eins (0:00–0:01)"),
        ("1250", "2500", r"日本 \=\;\# (1:02–1:03)"),
    ]
    assert "title=Ein Mix 日本\n" in dumped
    assert ffmpeg("-i", tagged, "-map", "0:v", "-c", "copy", "-f", "image2pipe", "-") == PICTURE
    read = tinytag.TinyTag.get(tagged, image=True)
    assert (read.title, read.artist, read.comment) == ("Ein Mix 日本", "Segue", "Made of: x = y; #1")
    assert read.images.front_cover.data == PICTURE
    assert read.duration == pytest.approx(2.5, abs=0.06)


def test_a_table_of_contents_names_every_chapter_in_order():
    frames = frames_of(tag_bytes({}, CHAPTERS))
    assert [name for name, _ in frames] == ["CTOC", "CHAP", "CHAP"]
    assert frames[0][1] == b"toc\0\x03\x02ch0\0ch1\0"
    element, _, body = frames[2][1].partition(b"\0")
    assert element == b"ch1"
    assert struct.unpack(">IIII", body[:16]) == (1250, 2500, 0xFFFFFFFF, 0xFFFFFFFF)


def test_a_tag_as_long_as_can_be_is_read_and_replaced(tmp_path):
    """Lengths are written in sevens of bits: one beyond 2 ** 14 and one beyond 2 ** 21."""
    plain = mp3_of(tmp_path / "plain.mp3", 50_000)
    sound = plain.read_bytes()[10 + int.from_bytes(plain.read_bytes()[8:9]) * 128 + plain.read_bytes()[9] :]
    for number, picture in enumerate((b"\xff\xd8" + bytes(20_000), b"\xff\xd8" + bytes(2_200_000), None)):
        tagged = tmp_path / f"{number}.mp3"
        retag_mp3(plain, tagged, tag_bytes({"title": "t"}, [], picture))
        assert tagged.read_bytes().endswith(sound)
        assert len(tagged.read_bytes()) - len(sound) == len(tag_bytes({"title": "t"}, [], picture))
        plain = tagged


def test_an_unknown_tag_is_refused():
    with pytest.raises(ValueError, match="lyrics"):
        tag_bytes({"lyrics": "la"}, [])


def test_a_mix_gets_chapters_and_a_wav_stays_as_it_is(tmp_path):
    plain = mp3_of(tmp_path / "mix.mp3", 357_210)
    tagged = tag_audio(plain, mix_entries(), PICTURE, tags={"title": "t"}, duration_s=8.1)
    dumped = ffmpeg("-copyts", "-i", tagged, "-f", "ffmetadata", "-").decode()
    assert re.findall("title=(.*)", dumped)[1:] == ["A (1:02–1:06)", "B (0:10–0:12)", "A (0:04–0:06)"]
    wav = tmp_path / "mix.wav"
    assert tag_audio(wav, mix_entries(), PICTURE, tags={"title": "t"}, duration_s=8.1) == wav
