"""What the options of `segue mix` mean, and which files are songs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.choices import (
    NamedChoice,
    StartChoice,
    check_suffix,
    parse_cut,
    parse_named,
    parse_output,
    parse_start,
)
from cli.errors import NoSongs
from cli.sources import find_sources
from shared.errors import BadSetting
from shared.parameters import Cut

FILES = [
    Path("a/night.mp3"),
    Path("b/day.flac"),
    Path("b/12:30.ogg"),
    Path("c/day.flac"),
    Path("c/live@9-10.mp3"),
]


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("silence", Cut()),
        ("silence:-16", Cut(threshold_dbfs=-16.0)),
        ("silence:auto", Cut()),
        ("equal", Cut(method="equal")),
        ("equal:2.5", Cut(method="equal", chunk_s=2.5)),
        ("beats", Cut(method="beats")),
        ("beats:4", Cut(method="beats", bars=4)),
    ],
)
def test_ways_to_cut(text: str, cut: Cut) -> None:
    assert parse_cut(text) == cut


@pytest.mark.parametrize(
    "text", ["", "bars", "beats:0", "silence:", "silence:loud", "silence:3", "equal:0", "equal:5:6"]
)
def test_what_is_no_way_to_cut_is_refused_with_the_ways_there_are(text: str) -> None:
    with pytest.raises(BadSetting, match="equal:5"):
        parse_cut(text)


@given(st.floats(min_value=0.1, max_value=600))
def test_every_length_in_bounds_is_taken_as_it_is(chunk_s: float) -> None:
    assert parse_cut(f"equal:{chunk_s!r}").chunk_s == chunk_s


@pytest.mark.parametrize(
    ("text", "file", "chunk"),
    [
        ("7", FILES[0], 7),
        ("night.mp3:0", FILES[0], 0),
        ("night:3", FILES[0], 3),
        ("night.mp3", FILES[0], None),
        ("b/day.flac:2", FILES[1], 2),
        ("12:30:4", FILES[2], 4),
    ],
)
def test_where_a_mix_may_begin(text: str, file: Path, chunk: int | None) -> None:
    assert parse_start(text, FILES) == StartChoice(file, chunk)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("night:-1", "none of the songs"),
        ("dusk:1", "none of the songs"),
        ("day:1", "several"),
    ],
)
def test_where_it_may_not(text: str, found: str) -> None:
    with pytest.raises(BadSetting, match=found):
        parse_start(text, FILES)


@pytest.mark.parametrize(
    ("text", "file", "passage"),
    [
        ("night.mp3", FILES[0], None),
        ("night@1:00-1:32", FILES[0], {"from_s": 60, "to_s": 92}),
        ("night@0:00-0:30.5", FILES[0], {"from_s": 0, "to_s": 30.5}),
        ("night@62.5-90", FILES[0], {"from_s": 62.5, "to_s": 90}),
        ("night@1:01:02-", FILES[0], {"from_s": 3662}),
        ("b/day.flac@-75:30", FILES[1], {"to_s": 4530}),
        ("night.mp3@section:3", FILES[0], {"section": 3}),
        ("12:30@section:0", FILES[2], {"section": 0}),
        ("live@9-10", FILES[4], None),
        ("live@9-10.mp3@1-2", FILES[4], {"from_s": 1, "to_s": 2}),
    ],
)
def test_songs_and_their_passages(text: str, file: Path, passage: dict[str, float] | None) -> None:
    assert parse_named("--must", text, FILES) == NamedChoice(file, passage)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("night@", "nothing is no passage"),
        ("night@3", "3 is no passage.*night@1:00-1:32.*night@section:3"),
        ("night@section", "section is no passage"),
        ("night@section:-1", "no passage"),
        ("night@1:75-2:00", "1:75-2:00 is no passage"),
        ("night@-", "a passage is a section, or a span"),
        ("night@1:30-1:00", "from_s comes before to_s"),
        ("dusk@1:00-1:30", "dusk is none of the songs"),
        ("day@1:00-1:30", "several"),
    ],
)
def test_what_can_be_no_passage_is_refused(text: str, found: str) -> None:
    with pytest.raises(BadSetting, match=found) as refused:
        parse_named("--without", text, FILES)
    assert str(refused.value).startswith("--without ")


@pytest.mark.parametrize("name", ["mix.mp3", "mix.WAV", "a.b.flac", "mix.ogg"])
def test_the_suffix_tells_the_format(tmp_path: Path, name: str) -> None:
    assert parse_output(tmp_path / name, None).format == name.rsplit(".", 1)[1].lower()


@pytest.mark.parametrize(
    ("name", "bitrate_kbps", "found"),
    [
        ("mix", None, "no format"),
        ("mix.m4a", None, "no format"),
        ("mix.flac", 128, "--bitrate"),
        ("missing/mix.mp3", None, "no folder"),
        ("folder.mp3", None, "is a folder"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_at_once(
    tmp_path: Path, name: str, bitrate_kbps: int | None, found: str
) -> None:
    (tmp_path / "folder.mp3").mkdir()
    with pytest.raises(BadSetting, match=found):
        parse_output(tmp_path / name, bitrate_kbps)


def test_a_name_may_not_promise_another_format() -> None:
    check_suffix(Path("mix.mp3"), "mp3")
    check_suffix(Path("mix"), "mp3")
    with pytest.raises(BadSetting, match=r"\.mp3"):
        check_suffix(Path("mix.flac"), "mp3")


def test_of_a_folder_sounds_are_taken_in_order_and_the_rest_told(tmp_path: Path) -> None:
    for name in ("b.mp3", "a/2.OGG", "a/cover.jpg", ".hidden/c.mp3", "a/._1.mp3", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    found = find_sources([tmp_path])
    assert [path.relative_to(tmp_path).as_posix() for path in found.files] == ["a/2.OGG", "b.mp3"]
    assert [path.name for path in found.skipped] == ["cover.jpg", "notes.txt"]


def test_a_named_file_is_taken_whatever_it_is_called_and_once(tmp_path: Path) -> None:
    odd, song = tmp_path / "recording", tmp_path / "song.mp3"
    odd.touch()
    song.touch()
    assert find_sources([song, odd, tmp_path]).files == (song, odd)


def test_a_folder_without_sound_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(NoSongs, match=tmp_path.name):
        find_sources([tmp_path])
