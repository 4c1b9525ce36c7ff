from __future__ import annotations

import numpy as np
import pytest

from services.assembler.extras.chapters import CHAPTERS_MAX, chapters_of, clock
from services.assembler.extras.palette import colours_of, hex_of
from services.assembler.extras.sections import heard_of, sections_of
from tests.unit.assembler.extras.mixes import HOSTILE, entry, many_entries, mix_entries


def test_a_section_ends_where_the_song_does_not_play_on():
    found = sections_of(mix_entries())
    assert [(one.first, one.song) for one in found] == [(0, "a"), (2, "b"), (3, "a")]
    assert [(one.start_s, one.end_s) for one in found] == [(0, 3.9), (3.9, 6.1), (6.1, 8.1)]
    sources = [(one.source_start_s, one.source_end_s) for one in found]
    assert np.allclose(sources, [(62, 65.9), (9.8, 12), (4, 6)])


def test_a_jump_within_a_song_begins_a_section_too():
    places = [("a", 0), ("a", 1), ("a", 3), ("a", 2)]
    entries = [entry(n, song, chunk, 2.0 * n, 2.0 * n + 2) for n, (song, chunk) in enumerate(places)]
    assert [one.first for one in sections_of(entries)] == [0, 2, 3]


def test_what_is_heard_is_as_long_in_the_song_as_in_the_mix():
    for one in heard_of(mix_entries()):
        assert one.source_end_s - one.source_start_s == pytest.approx(one.duration_s)
    assert [one.fade_in_s for one in heard_of(mix_entries())] == [0, 0, 0.08, 0.08]


def test_an_echo_is_no_fade_of_both_sides():
    echoing = [
        one.model_copy(update={"seam": one.seam and one.seam.model_copy(update={"manner": "echo_out"})})
        for one in mix_entries()
    ]
    assert {one.fade_in_s for one in heard_of(echoing)} == {0.0}


def test_a_chapter_names_its_song_and_where_in_it_it_lies():
    found = chapters_of(sections_of(mix_entries()), duration_s=8.2)
    assert [one.title for one in found] == ["A (1:02–1:06)", "B (0:10–0:12)", "A (0:04–0:06)"]
    assert [(one.start_s, one.end_s) for one in found] == [(0, 3.9), (3.9, 6.1), (6.1, 8.2)]


def test_the_last_chapter_of_a_very_long_mix_holds_the_rest():
    found = chapters_of(sections_of(many_entries(300)), duration_s=600.0)
    assert len(found) == CHAPTERS_MAX
    assert (found[-1].start_s, found[-1].end_s) == (2.0 * (CHAPTERS_MAX - 1), 600.0)


def test_titles_from_outside_are_one_visible_line():
    (found,) = chapters_of(sections_of([entry(0, "a" * 64, 0, 0, 2, title=HOSTILE)]), duration_s=2)
    assert found.title.isprintable()
    (nameless,) = chapters_of(sections_of([entry(0, "a" * 64, 0, 0, 2, title="\x00")]), duration_s=2)
    assert nameless.title == "aaaaaaaaaaaa (0:00–0:02)"


@pytest.mark.parametrize(
    ("time_s", "shown"), [(0, "0:00"), (59.6, "1:00"), (3671.2, "61:11"), (-0.1, "0:00")]
)
def test_times_are_minutes_and_seconds(time_s, shown):
    assert clock(time_s) == shown


def test_colours_are_a_songs_own_and_far_apart():
    found = colours_of([str(n) for n in range(24)])
    values = np.array(list(found.values()))
    assert ((values >= 0) & (values <= 1)).all()
    apart = np.linalg.norm(values[:, None] - values[None], axis=2) + 9 * np.eye(24)
    assert apart.min() > 0.06
    assert np.linalg.norm(values[1:8] - values[:7], axis=1).min() > 0.3
    assert hex_of((1.0, 0.0, 0.5)) == "#ff0080"
