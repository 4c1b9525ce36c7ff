"""FLAC and Ogg with chapters and a cover, read back by ffmpeg, libsndfile and tinytag."""

from __future__ import annotations

import re
import struct

import numpy as np
import pytest
import soundfile
import tinytag

from services.assembler.encoding import Encoder
from services.assembler.extras.accompanying import tag_audio
from services.assembler.extras.chapters import Chapter
from services.assembler.extras.comments import comments_of
from services.assembler.extras.flac import retag_flac
from services.assembler.extras.ogg import checksum, retag_ogg
from shared.parameters import Output
from tests.unit.assembler.extras.mixes import many_entries, mix_entries
from tests.unit.assembler.extras.test_id3 import PICTURE, ffmpeg

TAGS = {"title": "Ein\nMix 日本", "artist": "Segue", "comment": "Made of: x"}


def made(folder, format_, frames=357_210):
    path = folder / f"mix.{format_}"
    samples = np.random.default_rng(frames).normal(0, 3_000, (frames, 2)).astype(np.int16)
    with Encoder(path, Output(format=format_), tags={"title": "plain"}) as encoder:
        encoder.write(samples)
    return path


def ogg_pages(data):
    """Yield (number, flags, granule, checksum told, checksum found), bit by bit as RFC 3533 has it."""
    at = 0
    while at < len(data):
        segments = data[at + 26]
        size = 27 + segments + sum(data[at + 27 : at + 27 + segments])
        page = bytearray(data[at : at + size])
        flags, granule, _, number, told = struct.unpack_from("<BqIII", page, 5)
        page[22:26] = bytes(4)
        yield number, flags, granule, told, bytes(page)
        at += size


def slow_crc(data):
    crc = 0
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    return crc


@pytest.mark.parametrize("frames", [4_999, 44_100, 357_210])
@pytest.mark.parametrize("format_", ["flac", "ogg"])
@pytest.mark.parametrize("entries", [mix_entries(), many_entries(250)], ids=["few", "many"])
def test_the_sound_is_the_same_sample_for_sample(tmp_path, format_, frames, entries):
    plain = made(tmp_path, format_, frames)
    tagged = tag_audio(plain, entries, PICTURE, tags=TAGS, duration_s=entries[-1].mix_end_s)
    before, after = (soundfile.read(path, dtype="int16")[0] for path in (plain, tagged))
    assert len(after) == frames
    assert np.array_equal(before, after)
    raw = [ffmpeg("-i", path, "-map", "0:a", "-f", "s16le", "-") for path in (plain, tagged)]
    assert raw[0] == raw[1]


@pytest.mark.parametrize("format_", ["flac", "ogg"])
def test_what_others_read(tmp_path, format_):
    tagged = tag_audio(made(tmp_path, format_), mix_entries(), PICTURE, tags=TAGS, duration_s=8.1)
    read = tinytag.TinyTag.get(tagged, image=True)
    assert (read.title, read.artist, read.comment) == ("Ein Mix 日本", "Segue", "Made of: x")
    assert read.images.front_cover.data == PICTURE
    assert ffmpeg("-i", tagged, "-map", "0:v", "-c", "copy", "-f", "image2pipe", "-") == PICTURE
    dumped = ffmpeg("-i", tagged, "-map_metadata", "0:s:a", "-f", "ffmetadata", "-").decode()
    found = re.findall(r"START=(\d+)\n(?:END=\d+\n)title=(.*)", dumped)
    if format_ == "ogg":  # ffmpeg knows chapters in Ogg alone.
        assert [title for _, title in found] == ["A (1:02–1:06)", "B (0:10–0:12)", "A (0:04–0:06)"]


def test_chapters_are_pairs_of_comments():
    found = comments_of({}, [Chapter(0, 1, "one"), Chapter(3_723.0456, 4_000, "two")])
    assert found == [
        "CHAPTER000=00:00:00.000",
        "CHAPTER000NAME=one",
        "CHAPTER001=01:02:03.046",
        "CHAPTER001NAME=two",
    ]


def test_every_page_is_numbered_and_summed_as_ogg_wants_it(tmp_path):
    plain = made(tmp_path, "ogg")
    tagged = tag_audio(plain, mix_entries(), PICTURE, tags=TAGS, duration_s=8.1)
    before, after = (list(ogg_pages(path.read_bytes())) for path in (plain, tagged))
    assert len(after) > len(before) + 2
    assert [page[0] for page in after] == list(range(len(after)))
    for _, _, _, told, page in after[:3] + after[-2:]:
        assert told == slow_crc(page)
    assert all(told == checksum(page) for _, _, _, told, page in after)
    sound = 2 - len(before)  # The encoder's own comments and setup share one page.
    assert [page[1:3] for page in before[sound:]] == [page[1:3] for page in after[sound:]]
    headers = after[1:sound]
    assert [flags for _, flags, *_ in headers] == [0] + [1] * (len(headers) - 1)
    assert {granule for _, _, granule, *_ in headers[:-1]} <= {0, -1}


@pytest.mark.parametrize("retag", [retag_flac, retag_ogg])
def test_another_file_is_refused(tmp_path, retag):
    (tmp_path / "x").write_bytes(b"RIFF" + bytes(100))
    with pytest.raises(ValueError, match=r"FLAC|Ogg"):
        retag(tmp_path / "x", tmp_path / "y", [], b"")
