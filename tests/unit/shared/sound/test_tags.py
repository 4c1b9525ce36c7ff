"""Tags of files that are real but for a few bytes, through the confined reader: text to be shown, or none."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from shared.sound.decoding import LONGEST_TEXT, clean_text
from shared.sound.ffmpeg import ffmpeg_path
from shared.sound.sandbox import run_confined
from tests.support import signals
from tests.support.corpus import odd_files
from tests.support.fuzzing import fuzzed
from tests.unit.shared.sound import tag_reader

TAGGED = {
    "id3": ("-c:a", "libmp3lame", "-id3v2_version", "4", "-write_id3v1", "1", "-f", "mp3"),
    "vorbis": ("-c:a", "libvorbis", "-f", "ogg"),
    "opus": ("-c:a", "libopus", "-f", "ogg"),
    "flac": ("-c:a", "flac", "-f", "flac"),
    "mp4": ("-c:a", "aac", "-f", "ipod"),
    "wav": ("-c:a", "pcm_s16le", "-f", "wav"),
    "aiff": ("-c:a", "pcm_s16be", "-write_id3v2", "1", "-f", "aiff"),
    "asf": ("-c:a", "wmav2", "-f", "asf"),
}
TITLE, ARTIST = "Nacht\u00e9 Drive", "The Examples"
FILES_AT_ONCE = 150
SIZES = (b"\xff\xff\xff\xff", b"\x7f\x7f\x7f\x7f", b"\x00\x00\x00\x00", b"\x80\x00\x00\x00")
LARGEST_BYTES = 100_000


@pytest.fixture(scope="module")
def tagged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Files with tags, one of every container that tags are read of."""
    folder = tmp_path_factory.mktemp("tagged")
    soundfile.write(folder / "tone.wav", signals.sine(440, 0.1, 48000), 48000)
    told = ("-metadata", f"title={TITLE}", "-metadata", f"artist={ARTIST}")
    for name, arguments in TAGGED.items():
        command = [ffmpeg_path(), "-nostdin", "-loglevel", "error", "-i", folder / "tone.wav", *told]
        subprocess.run([*command, *arguments, folder / name], check=True, timeout=60)
    return {name: (folder / name).read_bytes() for name in TAGGED}


def tags_of(files: list[bytes]) -> list[dict[str, str | None]]:
    """Return what the confined reader says of files, one after another."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, data in enumerate(files):
            (folder / f"{number:04d}.bin").write_bytes(data)
        answer = run_confined(tag_reader.__name__, [name], folder=folder, limit_s=300)
        assert answer.status == 0, answer.log[-500:]
        return [json.loads(line) for line in (folder / tag_reader.ANSWERS).read_text().splitlines()]


def test_tags_of_every_container_are_read(tagged: dict[str, bytes]) -> None:
    found = dict(zip(tagged, tags_of(list(tagged.values())), strict=True))
    assert {name: (song["title"], song["artist"]) for name, song in found.items()} == dict.fromkeys(
        TAGGED, (TITLE, ARTIST)
    )


@given(seed=st.integers(0, 2**32 - 1))
@fuzzed(4)
def test_tags_of_spoilt_files_are_text_to_be_shown_or_none(tagged: dict[str, bytes], seed: int) -> None:
    chance = np.random.default_rng(seed)
    real = [path.read_bytes() for path in odd_files() if 0 < path.stat().st_size < LARGEST_BYTES]
    whole = [*tagged.values(), *real]
    chosen = chance.integers(0, len(whole), FILES_AT_ONCE)
    songs = tags_of([spoilt(chance, whole[number]) for number in chosen])
    assert len(songs) == FILES_AT_ONCE
    for song in songs:
        for tag in ("title", "artist", "album"):
            text = song[tag]
            assert text is None or (text == clean_text(text) and 0 < len(text) <= LONGEST_TEXT)


def spoilt(chance: np.random.Generator, whole: bytes) -> bytes:
    """Return a file with a few things wrong, most of them at its start, where tags and their sizes are."""
    data = bytearray(whole)
    for _ in range(int(chance.integers(1, 6))):
        reach = max(1, len(data) if chance.random() < 0.2 else min(len(data), 2000))
        at, length = int(chance.integers(0, reach)), int(chance.integers(1, 40))
        match int(chance.integers(0, 6)):
            case 0:
                data[at : at + length] = chance.bytes(length)
            case 1:
                data[at : at + 4] = SIZES[int(chance.integers(0, len(SIZES)))]
            case 2:
                del data[at : at + length]
            case 3:
                data[at:at] = data[at : at + length] * int(chance.integers(1, 200))
            case 4:
                data[at:at] = "\u202e\x00\x1b\u0301\ud7ff".encode() * length
            case 5:
                del data[int(chance.integers(at, len(data) + 1)) :]
    return bytes(data)
