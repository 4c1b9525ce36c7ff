"""Reports and cue sheets, from entries whose places are known."""

from __future__ import annotations

import pytest

from services.assembler.reports import CUE_TRACKS_MAX, Entry, count_replays, cue_sheet, labels, longest_run_s


def entry(position: int, song: str, chunk: int, start_s: float, *, title: str | None = None) -> Entry:
    return Entry(
        position=position,
        song=song,
        title=title or song.upper(),
        artist=None,
        chunk=chunk,
        source_start_s=0,
        source_end_s=1,
        mix_start_s=start_s,
        mix_end_s=start_s + 1,
        score=None,
    )


def test_a_track_begins_wherever_the_song_changes() -> None:
    entries = [entry(0, "a", 0, 0.0), entry(1, "a", 4, 1.0), entry(2, "b", 0, 2.0), entry(3, "a", 5, 61.52)]
    sheet = cue_sheet(entries, title="Mix", audio_file="mix.mp3").splitlines()
    assert sheet[:2] == ['TITLE "Mix"', 'FILE "mix.mp3" MP3']
    assert [line.strip() for line in sheet if "INDEX" in line] == [
        "INDEX 01 00:00:00",
        "INDEX 01 00:02:00",
        "INDEX 01 01:01:39",
    ]


def test_other_formats_are_waves_to_a_cue_sheet() -> None:
    assert "WAVE" in cue_sheet([entry(0, "a", 0, 0)], title="t", audio_file="mix.flac")


def test_text_from_outside_stays_one_line_and_one_string() -> None:
    hostile = 'x"\n  INDEX 01 00:00:00\nFILE "/etc/passwd" MP3'
    sheet = cue_sheet([entry(0, "a", 0, 0, title=hostile)], title=hostile, audio_file="mix.mp3")
    assert sum(line.strip().startswith(("INDEX", "FILE")) for line in sheet.splitlines()) == 2
    assert all(line.count('"') in (0, 2) for line in sheet.splitlines())


def test_labels_are_a_line_for_each_chunk_whatever_its_title() -> None:
    entries = [entry(0, "a", 3, 0.0, title="x\t9\n0\t1\tother"), entry(1, "b", 0, 1.0, title="B")]
    lines = [line.split("\t") for line in labels(entries).splitlines()]
    assert lines == [
        ["0.000000", "1.000000", "0: x 9 0 1 other, chunk 3"],
        ["1.000000", "2.000000", "1: B, chunk 0"],
    ]


def test_no_more_tracks_than_a_disc_has() -> None:
    entries = [entry(number, f"song {number}", 0, float(number)) for number in range(200)]
    assert cue_sheet(entries, title="t", audio_file="mix.mp3").count("TRACK") == CUE_TRACKS_MAX


@pytest.mark.parametrize(
    ("places", "replays"),
    [
        ([("a", 0), ("a", 1), ("a", 2)], 2),
        ([("a", 0), ("b", 1)], 0),
        ([("a", 1), ("a", 0), ("a", 3)], 0),
        ([("a", 0)], 0),
    ],
)
def test_a_replay_takes_the_next_chunk_of_the_same_song(places: list[tuple[str, int]], replays: int) -> None:
    entries = [entry(n, song, chunk, float(n)) for n, (song, chunk) in enumerate(places)]
    assert count_replays(entries) == replays


def test_the_longest_stretch_of_a_song_is_measured_in_seconds() -> None:
    places = [("a", 0), ("a", 1), ("b", 0), ("a", 4), ("a", 3), ("a", 9), ("b", 2)]
    entries = [entry(at, song, chunk, float(at)) for at, (song, chunk) in enumerate(places)]
    assert longest_run_s(entries) == 3.0
    assert longest_run_s([]) == 0.0
