"""Edit lists, rekordbox, packages: read back, place by place."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest

from services.assembler.extras.accompanying import accompany
from services.assembler.extras.edit_lists import edl, reaper_project
from services.assembler.extras.packaging import package_of, song_files
from services.assembler.extras.sections import heard_of, sections_of
from shared.store.keys import Kind
from shared.store.packages import Package
from tests.unit.assembler.extras.mixes import (
    HOSTILE,
    entry,
    many_entries,
    mix_entries,
    mix_facts,
    rendered,
    report_of,
    seam,
)

FPS = 30


def seconds(timecode):
    hours, minutes, whole, frames = map(int, timecode.split(":"))
    assert frames < FPS
    return 3600 * hours + 60 * minutes + whole + frames / FPS


def events(text):
    pattern = r"^(\d{3,})  AX       AA    C        (\S+) (\S+) (\S+) (\S+)$"
    return [tuple(map(seconds, found[1:])) for found in re.findall(pattern, text, re.MULTILINE)]


def project_of(entries, **more):
    sections = sections_of(entries)
    given = {"files": song_files(sections), "gains_db": {"a": -6.0206}, "sample_rate_hz": 44_100, **more}
    return reaper_project(heard_of(entries), sections, **given)


def items(text):
    """Return what stands in each item of a project, by track, and check that all brackets are closed."""
    depth, found, track = 0, [], 0
    for line in map(str.strip, text.splitlines()):
        depth += line.startswith("<") - (line == ">")
        track += line.startswith("<TRACK")
        if line == "<ITEM":
            found.append({"track": track})
        elif found and depth >= 3 and " " in line:
            name, _, value = line.partition(" ")
            found[-1].setdefault(name, value)
    assert depth == 0
    return sorted(found, key=lambda one: float(one["POSITION"]))


def test_an_edit_list_runs_on_without_gaps_and_says_where_each_chunk_is_heard():
    text = edl(heard_of(mix_entries()), title="A mix")
    assert text.startswith("TITLE: A mix\nFCM: NON-DROP FRAME\n")
    found = events(text)
    assert [one[2] for one in found[1:]] == [one[3] for one in found[:-1]]
    assert [one[1] - one[0] for one in found] == pytest.approx([one[3] - one[2] for one in found])
    assert [one[0] for one in found] == pytest.approx([62, 64, 9.8, 4], abs=1 / FPS)
    assert [one[3] for one in found] == pytest.approx([2, 3.9, 6.1, 8.1], abs=1 / FPS)


def test_an_edit_list_of_a_long_mix_keeps_its_times():
    found = events(edl(heard_of(many_entries(2_000)), title="t"))
    assert len(found) == 2_000
    assert found[-1][3] == 4_000


def test_clips_lie_where_the_mix_has_them_and_play_what_it_plays():
    found = items(project_of(mix_entries()))
    assert [one["track"] for one in found] == [1, 1, 2, 1]
    assert [float(one["POSITION"]) for one in found] == pytest.approx([0, 2, 3.86, 6.06])
    assert [float(one["SOFFS"]) for one in found] == pytest.approx([62, 64, 9.76, 3.96])
    ends = [float(one["POSITION"]) + float(one["LENGTH"]) for one in found]
    assert ends == pytest.approx([2, 3.94, 6.14, 8.1])
    assert [float(one["FADEIN"].split()[1]) for one in found] == pytest.approx([0, 0, 0.08, 0.08])
    assert [float(one["VOLPAN"].split()[0]) for one in found] == pytest.approx([0.5, 0.5, 1, 0.5], abs=1e-4)
    assert {one["FILE"] for one in found} == {'"songs/01 A.flac"', '"songs/02 B.flac"'}
    assert {float(one["PLAYRATE"].split()[0]) for one in found} == {1.0}


def test_a_stretched_chunk_is_played_at_its_speed():
    found = items(project_of([entry(0, "a", 0, 0.0, 1.6), entry(1, "b", 0, 1.6, 3.6, seam())]))
    assert [float(one["PLAYRATE"].split()[0]) for one in found] == pytest.approx([1.25, 1.0])


def test_a_last_chunk_that_ends_earlier_or_later_than_it_was_cut_is_not_stretched():
    for ends_s in (3.0, 4.5):
        entries = [entry(0, "a", 0, 0.0, 2.0), entry(1, "b", 1, 2.0, ends_s, seam())]
        last = items(project_of(entries))[-1]
        assert float(last["PLAYRATE"].split()[0]) == 1.0
        # Half of the fade of 80 ms comes before.
        assert float(last["SOFFS"]) == pytest.approx(2.0 - 0.04)


def test_sections_are_markers():
    text = project_of(mix_entries())
    assert re.findall(r"MARKER (\d+) (\S+) (\S+)", text) == [
        ("1", "0.000000", '"A"'),
        ("2", "3.900000", '"B"'),
        ("3", "6.100000", '"A"'),
    ]


def test_text_from_outside_opens_and_closes_nothing():
    hostile = f'{HOSTILE}\n>\n<TRACK\nFILE "/etc/passwd"\n001  AX       AA    C        00:00:00:00'
    entries = [entry(0, "a", 0, 0, 2, title=hostile), entry(1, "b", 0, 2, 4, seam(), title=hostile)]
    found = items(project_of(entries))
    assert len(found) == 2
    assert all(one["NAME"].count('"') == one["FILE"].count('"') == 2 for one in found)
    assert len(events(edl(heard_of(entries), title=hostile))) == 2
    made = accompany_of(entries)
    names = [one["name"] for one in json.loads(made["package.json"])["files"]]
    assert len(set(names)) == len(names)
    for name in names:
        folder, _, last = name.rpartition("/")
        assert folder in ("", "chunks", "songs")
        assert last.isprintable()
        assert not set(last) & set('<>:"\\|?*/')
        assert not last.startswith(".")
    ElementTree.fromstring(made["rekordbox.xml"])


def accompany_of(entries, **more):
    mix = mix_facts(entries, **more)
    made = accompany(
        mix,
        report_of(mix, entries),
        rendered(entries),
        cover=b"\xff\xd8",
        size_bytes=12_345,
        chunks=[(f"cut of {one.song}", f"{one.chunk:04d}.flac") for one in entries],
        gains_db={},
    )
    return {one.name: one.data for one in made}


def test_rekordbox_gets_the_mix_with_a_cue_point_for_each_section():
    entries = mix_entries()
    root = ElementTree.fromstring(accompany_of(entries)["rekordbox.xml"])
    (track,) = root.findall("COLLECTION/TRACK")
    assert (track.get("Name"), track.get("Location")) == ("Segue: A and B", "file://localhost/mix.mp3")
    assert (track.get("TotalTime"), track.get("SampleRate"), track.get("Size")) == ("8", "44100", "12345")
    memory = [mark for mark in track.findall("POSITION_MARK") if mark.get("Num") == "-1"]
    assert [mark.get("Start") for mark in memory] == ["0.000", "3.900", "6.100"]
    assert [mark.get("Name") for mark in memory][1] == "B (0:10–0:12)"
    hot = [mark for mark in track.findall("POSITION_MARK") if mark.get("Num") != "-1"]
    assert [mark.get("Num") for mark in hot] == ["0", "1", "2"]
    assert all(0 <= int(mark.get(part)) <= 255 for mark in hot for part in ("Red", "Green", "Blue"))
    assert root.find("PLAYLISTS/NODE/NODE/TRACK").get("Key") == track.get("TrackID")


def test_a_mix_of_very_many_sections_still_has_all_its_files():
    made = accompany_of(many_entries(400))
    marks = ElementTree.fromstring(made["rekordbox.xml"]).findall("COLLECTION/TRACK/POSITION_MARK")
    assert len([mark for mark in marks if mark.get("Num") == "-1"]) == 255
    assert len([mark for mark in marks if mark.get("Num") != "-1"]) == 8


def test_a_package_holds_the_mixs_files_its_chunks_in_order_and_the_songs_whole():
    entries = mix_entries()
    songs = song_files(sections_of(entries))
    chunks = [("k" * 64, f"{one.chunk:04d}.mp3") for one in entries]
    package = package_of(entries, songs, chunks, ["mix.mp3", "mix.rpp"])
    assert Package.model_validate_json(package.model_dump_json()) == package
    assert [(one.name, one.kind, one.payload) for one in package.files] == [
        ("mix.mp3", None, "mix.mp3"),
        ("mix.rpp", None, "mix.rpp"),
        ("chunks/0000 A 31.mp3", Kind.CUT, "0031.mp3"),
        ("chunks/0001 A 32.mp3", Kind.CUT, "0032.mp3"),
        ("chunks/0002 B 5.mp3", Kind.CUT, "0005.mp3"),
        ("chunks/0003 A 2.mp3", Kind.CUT, "0002.mp3"),
        ("songs/01 A.flac", Kind.SONG, "audio.flac"),
        ("songs/02 B.flac", Kind.SONG, "audio.flac"),
    ]


def test_the_project_finds_its_songs_in_the_package():
    made = accompany_of(mix_entries())
    played = set(re.findall(r'FILE "(.*)"', made["mix.rpp"].decode()))
    assert played <= {one["name"] for one in json.loads(made["package.json"])["files"]}
    assert {"mix.mp3", "mix.cue", "report.json", "plot.svg"} <= {
        one["name"] for one in json.loads(made["package.json"])["files"]
    }
