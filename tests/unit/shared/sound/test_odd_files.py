"""Every odd or broken file there is, through the real child: a song, or an error that says what was found."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from shared.errors import InputError, NotAudio, SongEmpty, SongTooLong, UnsupportedAudio
from shared.settings import Settings
from shared.sound.audio import DecodedSong, DecodeLimits, decode
from shared.sound.decoding import LONGEST_TEXT, clean_text
from tests.support.corpus import called, odd_files

LIMITS = DecodeLimits(max_song_s=Settings().max_song_s, max_memory_bytes=2**30, max_decoder_s=60)
REFUSALS = (NotAudio, SongEmpty, SongTooLong, UnsupportedAudio)


@pytest.mark.parametrize("odd", odd_files(), ids=called)
def test_an_odd_file_is_a_song_or_a_clear_error(odd: Path, tmp_path: Path) -> None:
    try:
        song = decode(odd, tmp_path, LIMITS)
    except InputError as error:
        assert_refused_in_words(error, odd)
        assert list(tmp_path.iterdir()) == []
    else:
        assert_whole(song, tmp_path)


def assert_refused_in_words(error: InputError, odd: Path) -> None:
    assert type(error) in REFUSALS
    assert str(odd.parent) not in str(error)
    assert "no reason was given" not in str(error)


def assert_whole(song: DecodedSong, folder: Path) -> None:
    written = soundfile.info(folder / "audio.flac")
    found = (written.frames, written.samplerate, written.channels, written.subtype)
    assert found == (song.frames, song.sample_rate_hz, song.channels, "PCM_16")
    assert song.duration_s <= LIMITS.max_song_s
    for text in (song.codec, song.title, song.artist, song.album):
        assert text is None or (text == clean_text(text) and len(text) <= LONGEST_TEXT)
