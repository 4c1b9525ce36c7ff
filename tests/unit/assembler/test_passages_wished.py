"""Passages that have to appear, or must not: whatever the pool, they are met, or refused by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.assembler.choosing import Chosen, choose
from services.assembler.form import Form, Spans
from services.assembler.paths import Chunks
from services.assembler.scoring import Pool
from shared.errors import InputError, WishesContradict
from shared.learning.approaches import Scorer
from shared.learning.corpus import Floats, Indices
from shared.parameters import End, Passage, Sequencing, Start
from shared.passages import Extents
from shared.sound.edges import Edges
from shared.store.arrays import Arrays
from tests.unit.assembler.searches import replaying

A, B, C, D = (letter * 64 for letter in "abcd")
SONGS = [A, B, C, D]
CHUNKS, CHUNK_S = 12, 4.0
END_S = CHUNKS * CHUNK_S


class Given(Scorer):
    """Scores of a matrix."""

    def __init__(self, matrix: Floats) -> None:
        self.matrix, self.rows = matrix, 0

    def prepare(self, edges: Edges, songs: Indices | None = None) -> Arrays:
        return {}

    def scores(
        self, prepared: Arrays, reference: int, candidates: Indices, step: int | None = None
    ) -> Floats:
        self.rows += 1
        return self.matrix[reference, candidates]


class Music:
    """Songs of chunks of given lengths, scored so that each song goes on best."""

    def __init__(self, counts: list[int], durations_s: np.ndarray, seed: int = 0) -> None:
        self.songs = SONGS[: len(counts)]
        self.durations_s = durations_s
        cuts = np.repeat(np.arange(len(counts)), counts)
        numbers = np.concatenate([np.arange(count) for count in counts])
        starts_s = np.cumsum(durations_s) - durations_s
        starts_s -= starts_s[np.searchsorted(cuts, cuts)]
        last = np.append(np.diff(cuts) > 0, True)
        spans = Spans(starts_s, starts_s + durations_s, numbers == 0, last)
        self.pool, self.form = Pool(cuts, numbers, {}), Form.of(spans, cuts, self.songs, {})
        self.extents = Extents(self.songs, cuts, numbers, spans.starts_s, spans.stops_s)
        self.scorer = Given(replaying(Chunks(durations_s, cuts, numbers), seed))

    def mixed(self, wish: Sequencing) -> Chosen:
        return choose(
            self.scorer,
            self.pool,
            self.songs,
            self.durations_s,
            wish,
            lambda step, total: None,
            starts_s=self.extents.starts_s,
            form=self.form,
        )


def even() -> Music:
    return Music([CHUNKS] * 4, np.full(4 * CHUNKS, CHUNK_S))


def span(song: str, first: int, last: int) -> Passage:
    """Return the passage of some chunks of a song of `even`, the last one included."""
    return Passage(song=song, from_s=first * CHUNK_S, to_s=(last + 1) * CHUNK_S)


def chunk(song: str, number: int) -> int:
    return SONGS.index(song) * CHUNKS + number


SHAPES: list[dict[str, Any]] = [
    {"chunks": 20},
    {"chunks": 20, "method": "sample", "seed": 3},
    {"chunks": 20, "runs_bars": 8},
    {"duration_s": 80},
    {"chunks": 20, "start": Start(song=D, chunk=3), "end": End(song=A)},
    {"chunks": 20, "most_in_a_row": 1},
    {"chunks": 20, "opening": "intro", "closing": "ending"},
    {"chunks": 20, "repeats_after": 6},
    {"chunks": 60, "repeats_after": 6},
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_passages_appear_or_do_not_whatever_else_is_asked_for(shape: dict[str, Any]) -> None:
    must = (span(A, 7, 8), span(B, 5, 5), span(B, 9, 9), span(C, 3, 4), D)
    without = (span(A, 3, 6), span(B, 6, 8), span(C, 5, 10))
    order = even().mixed(Sequencing.model_validate({**shape, "must": must, "without": without})).order
    gone = [
        chunk(song, number)
        for song, first, last in ((A, 3, 6), (B, 6, 8), (C, 5, 10))
        for number in range(first, last + 1)
    ]
    assert not set(gone) & set(order.tolist())
    for some in ((A, 7, 8), (B, 5, 5), (B, 9, 9), (C, 3, 4), (D, 0, 11)):
        assert {chunk(some[0], number) for number in range(some[1], some[2] + 1)} & set(order.tolist())


def test_many_passages_of_one_song_keep_to_the_limits() -> None:
    music = even()
    must = tuple(span(B, number, number) for number in range(1, 10))
    found = music.mixed(Sequencing(chunks=20, must=must))
    assert set(range(chunk(B, 1), chunk(B, 10))) <= set(found.order.tolist())
    assert found.limits is not None
    assert (found.limits.least_between_songs, found.limits.longest_run_s) == (1 / 3, 32)


def test_limits_give_way_to_what_is_asked_for_only_as_far_as_counting_shows() -> None:
    must = tuple(span(B, number, number) for number in range(CHUNKS))
    found = even().mixed(Sequencing(chunks=14, must=must, limits={"least_songs": 4, "longest_run_s": 8}))
    assert set(range(chunk(B, 0), chunk(C, 0))) <= set(found.order.tolist())
    assert found.limits is not None
    assert (found.limits.least_songs, found.limits.longest_run_s) == (3, None)


def test_where_all_places_but_one_go_to_a_song_it_need_not_change() -> None:
    must = tuple(span(A, number, number) for number in (2, 4, 6, 8))
    found = even().mixed(Sequencing(chunks=5, must=must, end=End(song=A), opening="any"))
    assert {chunk(A, number) for number in (2, 4, 6, 8)} <= set(found.order.tolist())


def test_an_intro_and_an_ending_that_are_asked_for_are_where_a_mix_begins_and_ends() -> None:
    must = (span(C, 0, 0), span(B, 11, 11))
    found = even().mixed(Sequencing(chunks=12, must=must))
    assert found.order[[0, -1]].tolist() == [chunk(C, 0), chunk(B, 11)]


def test_further_intros_come_inside_unless_that_was_ruled_out() -> None:
    must = (span(C, 0, 0), span(B, 0, 0))
    assert {chunk(C, 0), chunk(B, 0)} <= set(even().mixed(Sequencing(chunks=12, must=must)).order.tolist())
    with pytest.raises(WishesContradict, match="`must` contradicts `opening`"):
        even().mixed(Sequencing(chunks=12, must=must, opening="intro"))
    with pytest.raises(WishesContradict, match="`must` contradicts `closing`"):
        even().mixed(Sequencing(chunks=12, must=(span(C, 11, 11), span(B, 11, 11)), closing="ending"))


def test_where_every_place_is_needed_the_first_one_is() -> None:
    found = even().mixed(
        Sequencing(chunks=3, must=(span(B, 3, 3), span(C, 4, 4), span(D, 5, 5)), opening="any", closing="any")
    )
    assert set(found.order.tolist()) == {chunk(B, 3), chunk(C, 4), chunk(D, 5)}


@pytest.mark.parametrize(
    ("wish", "named"),
    [
        ({"must": (span(A, 2, 3),), "without": (A,)}, ("must", "without")),
        ({"must": (span(A, 2, 3),), "without": (span(A, 1, 4),)}, ("must", "without")),
        ({"must": (span(A, 2, 3),), "without": (span(A, 0, 2), span(A, 3, 6))}, ("must", "without")),
        ({"must": (A,), "without": (Passage(song=A, from_s=0),)}, ("must", "without")),
        ({"must": (Passage(song="e" * 64, to_s=3),)}, ("must", "songs")),
        ({"must": (Passage(song=A, from_s=END_S + 1),)}, ("must", "songs")),
        ({"must": tuple(span(A, number, number) for number in range(4)), "chunks": 3}, ("must", "chunks")),
        ({"must": (span(A, 2, 2), span(B, 2, 2)), "start": Start(song=A), "chunks": 2}, ("must", "chunks")),
        ({"must": (span(A, 2, 2), span(B, 2, 2)), "end": End(song=C), "chunks": 2}, ("must", "chunks")),
        (
            {"must": tuple(span(A, number, number) for number in range(6)), "duration_s": 18},
            ("must", "duration_s"),
        ),
        (
            {"must": tuple(span(A, number, number) for number in range(6)), "most_in_a_row": 1, "chunks": 10},
            ("must", "most_in_a_row"),
        ),
        ({"start": Start(song=A, chunk=2), "without": (span(A, 1, 3),)}, ("start", "without")),
        ({"end": End(song=A, chunk=2), "without": (span(A, 1, 3),)}, ("end", "without")),
        ({"end": End(song=A), "without": (Passage(song=A, to_s=END_S),)}, ("end", "without")),
        ({"without": (span(A, 0, 10), B, C), "chunks": 14}, ("chunks", "without")),
        (
            {"without": tuple(Passage(song=song, to_s=END_S) for song in SONGS), "chunks": 1},
            ("chunks", "without"),
        ),
        ({"without": (span(A, 0, 10), B, C), "duration_s": 53}, ("duration_s", "without")),
        ({"without": tuple(span(song, 0, 0) for song in SONGS), "opening": "intro"}, ("opening", "without")),
    ],
)
def test_passages_that_contradict_other_wishes_are_refused_before_anything_is_scored(
    wish: dict[str, Any], named: tuple[str, str]
) -> None:
    music = even()
    with pytest.raises(WishesContradict) as refused:
        music.mixed(Sequencing(**wish))
    assert str(refused.value).startswith(f"`{named[0]}` contradicts `{named[1]}`: ")
    assert music.scorer.rows == 0


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_over_random_pools_passages_are_met_or_refused(data: st.DataObject) -> None:
    counts = data.draw(st.lists(st.integers(3, 14), min_size=1, max_size=4))
    seed = data.draw(st.integers(0, 2**32 - 1))
    music = Music(counts, np.random.default_rng(seed).uniform(1.5, 9, sum(counts)), seed)

    def passages(most: int) -> tuple[Passage, ...]:
        songs = st.sampled_from(music.songs)
        spans = st.tuples(songs, st.floats(0, 60), st.floats(0.5, 30))
        drawn = data.draw(st.lists(spans, max_size=most))
        return tuple(Passage(song=song, from_s=at, to_s=at + length_s) for song, at, length_s in drawn)

    must, without = passages(5), passages(3)
    asked: dict[str, Any] = data.draw(
        st.sampled_from([{"chunks": 9}, {"chunks": 20}, {"duration_s": 60}, {"chunks": 12, "runs_bars": 8}])
    )
    method = data.draw(st.sampled_from(["beam", "sample"]))
    wish = Sequencing(must=must, without=without, method=method, **asked)
    try:
        order = music.mixed(wish).order
    except InputError:
        return
    assert all(music.extents.of(passage)[order].any() for passage in must)
    assert not music.extents.of_any(without)[order].any()
    assert wish.chunks in (None, len(order))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["beam", "sample"]), st.booleans())
def test_where_there_is_room_passages_are_never_refused(seed: int, method: str, of_one: bool) -> None:
    generator = np.random.default_rng(seed)
    counts = generator.integers(15, 30, 4).tolist()
    music = Music(counts, generator.uniform(2, 8, sum(counts)), seed)
    songs = [music.songs[0 if of_one else at] for at in generator.integers(0, 4, 6)]
    places_s = generator.uniform(0, 25, 6)
    must = tuple(
        Passage(song=song, from_s=at, to_s=at + 5) for song, at in zip(songs, places_s.tolist(), strict=True)
    )
    order = music.mixed(Sequencing(chunks=24, must=must, method=method, seed=seed % 1000)).order  # type: ignore[arg-type]
    assert all(music.extents.of(passage)[order].any() for passage in must)
