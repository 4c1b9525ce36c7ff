"""The form of songs in a mix: sections, runs, how it begins and ends."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from services.assembler.choosing import choose
from services.assembler.form import Form, Spans
from services.assembler.runs import Runs
from services.assembler.scoring import Pool
from shared.errors import WishesContradict
from shared.parameters import End, Sequencing, Start
from tests.support.library import analysis_facts
from tests.unit.assembler.test_choosing import CHUNKS, SONGS, A, B, C, Chosen, D, Replaying, songs_of

LENGTH_S = 4.0
"""At 120 beats a minute two bars of four."""

NUMBERS = np.tile(np.arange(CHUNKS), 4)
SONG_OF = np.repeat(np.arange(4), CHUNKS)
SPANS = Spans(LENGTH_S * NUMBERS, LENGTH_S * (NUMBERS + 1), NUMBERS == 0, NUMBERS == CHUNKS - 1)
SECTIONS_S = [0.0, 16.0, 24.0, 36.0]
"""Where every song's sections begin: with its chunks 0, 4, 6 and 9."""


def form_of(**changes: Any) -> Form:
    facts = [analysis_facts(song).model_copy(update={"sections_s": SECTIONS_S, **changes}) for song in SONGS]
    return Form.of(SPANS, SONG_OF, SONGS, dict(zip(SONGS, facts, strict=True)))


def made(wish: dict[str, Any], form: Form | None = None, scorer: Replaying | None = None) -> Chosen:
    pool = Pool(SONG_OF, NUMBERS, {})
    return choose(
        scorer or Replaying(),
        pool,
        SONGS,
        np.full(48, LENGTH_S),
        Sequencing.model_validate({"steadiness": 0, "smoothness": 0, **wish}),
        lambda step, total: None,
        form=form or form_of(),
    )


def runs_of(order: list[int]) -> list[list[int]]:
    """Split an order, in plain Python, wherever a song does not play on."""
    runs = [[order[0]]]
    for before, after in pairwise(order):
        if after == before + 1 and after % CHUNKS:
            runs[-1].append(after)
        else:
            runs.append([after])
    return runs


def test_a_chunk_is_at_a_boundary_that_is_no_farther_than_half_a_bar() -> None:
    form = form_of(sections_s=[0.0, 17.0, 29.1])
    assert np.flatnonzero(form.begins[:CHUNKS]).tolist() == [0, 4]
    assert np.flatnonzero(form.ends[:CHUNKS]).tolist() == [3, CHUNKS - 1]
    np.testing.assert_allclose(form.bars, 2.0)


def test_without_a_beat_a_boundary_is_within_a_second_and_bars_are_not_known() -> None:
    form = form_of(tempo_bpm=None, sections_s=[0.0, 15.1, 25.1])
    assert np.flatnonzero(form.begins[:CHUNKS]).tolist() == [0, 4]
    assert np.isnan(form.bars).all()


def test_of_songs_that_nobody_listened_to_only_beginnings_and_ends_are_known() -> None:
    form = Form.of(SPANS, SONG_OF, SONGS, {})
    assert np.flatnonzero(form.apart).tolist() == [0, 11, 12, 23, 24, 35, 36, 47]
    assert np.isnan(form.begins).all()
    assert (form.strays(3, np.arange(48), np.zeros(48, np.bool_), np.full(48, np.nan)) == 0).all()


def test_a_song_of_few_chunks_has_no_inside_to_keep_its_ends_out_of() -> None:
    numbers = np.array([0, 1, 2, 0, 1, 2, 3])
    spans = Spans(1.0 * numbers, 1.0 * numbers + 1, numbers == 0, np.array([0, 0, 1, 0, 0, 0, 1], np.bool_))
    form = Form.of(spans, np.array([0, 0, 0, 1, 1, 1, 1]), [A, B], {})
    assert np.flatnonzero(form.apart).tolist() == [3, 6]


@pytest.mark.parametrize("method", ["beam", "sample"])
def test_steps_lean_towards_going_from_a_section_s_end_to_a_section_s_beginning(method: str) -> None:
    def shares(weight: float) -> tuple[float, float]:
        told = made({"method": method, "sections": weight, "chunks": 16}).form
        assert told is not None
        assert told.left_at_sections is not None
        assert told.entered_at_sections is not None
        return told.left_at_sections, told.entered_at_sections

    (left, entered), (before_left, before_entered) = shares(5.0), shares(0.0)
    assert left > before_left
    assert entered > before_entered
    assert left + entered > before_left + before_entered + 0.3


@pytest.mark.parametrize("method", ["beam", "sample"])
@pytest.mark.parametrize("bars", [8, 16])
def test_a_song_plays_on_for_as_many_bars_as_is_wished(method: str, bars: int) -> None:
    found = made({"method": method, "runs_bars": bars, "sections": 0, "chunks": 23})
    runs = runs_of(found.order.tolist())
    assert len(runs) > 2
    # The last is as long as the mix allows.
    assert all(0.75 * bars <= 2 * len(run) <= bars for run in runs[:-1])
    assert found.form is not None
    assert found.form.run_bars is not None
    songs = [run[0] // CHUNKS for run in runs]
    assert all(before != after for before, after in pairwise(songs))
    assert 0.75 * bars <= found.form.run_bars <= bars


def test_without_a_beat_runs_last_twelve_to_twenty_four_seconds() -> None:
    found = made({"runs_bars": 16, "sections": 0, "chunks": 25}, form_of(tempo_bpm=None))
    runs = runs_of(found.order.tolist())
    assert all(12 <= LENGTH_S * len(run) <= 24 for run in runs[:-1])
    assert found.form is not None
    assert found.form.run_bars is None


def test_the_last_run_comes_to_the_end_of_its_song_where_it_can() -> None:
    runs = runs_of(made({"runs_bars": 8, "sections": 0, "chunks": 16}).order.tolist())
    assert runs[-1][-1] % CHUNKS == CHUNKS - 1
    assert 6 <= 2 * len(runs[-1]) <= 8


def test_runs_put_limits_off_that_say_the_same_roughly() -> None:
    wish = Sequencing.model_validate({"runs_bars": 8, "limits": {"most_replay": 0.9}})
    assert wish.limits.most_replay == 0.9
    assert wish.limits.longest_run_s is None
    assert wish.limits.least_between_songs is None
    assert Sequencing.model_validate(wish.model_dump()) == wish


def test_a_mix_opens_with_an_intro_and_closes_with_an_ending_and_none_comes_inside() -> None:
    for method in ("beam", "sample"):
        order = made({"method": method}).order
        assert order[0] == 0
        assert order[-1] % CHUNKS == CHUNKS - 1
        assert not np.isin(order[1:-1] % CHUNKS, [0, CHUNKS - 1]).any()


def test_any_opening_and_closing_may_be_asked_for() -> None:
    free = {"opening": "any", "closing": "any", "limits": {"most_replay": None, "longest_run_s": None}}
    order = made({**free, "chunks": 48, "limits": dict.fromkeys(("twins_apart",))}).order
    assert sorted(order.tolist()) == list(range(48))


def test_what_users_name_stands_before_an_intro_and_an_ending() -> None:
    order = made({"start": Start(song=B, chunk=5), "end": End(song=C, chunk=2)}).order
    assert order[[0, -1]].tolist() == [CHUNKS + 5, 2 * CHUNKS + 2]
    order = made({"end": End(song=D), "closing": "ending"}).order
    assert order[-1] == 47


def test_where_the_pool_does_not_allow_it_a_mix_is_made_all_the_same() -> None:
    assert len(made({"chunks": 47}).order) == 47
    assert songs_of(made({"chunks": 47}))[0] == A


def test_a_length_in_seconds_is_met_and_a_true_end_is_taken_only_if_it_is_asked_for() -> None:
    assert made({"duration_s": 60}).order[-1] % CHUNKS != CHUNKS - 1
    assert made({"duration_s": 60, "closing": "ending"}).order[-1] % CHUNKS == CHUNKS - 1


@pytest.mark.parametrize(
    ("wish", "named"),
    [
        ({"opening": "intro", "start": Start(song=A, chunk=3)}, ("opening", "start")),
        ({"closing": "ending", "end": End(song=A, chunk=3)}, ("closing", "end")),
        ({"closing": "ending", "opening": "intro", "chunks": 47}, ("closing", "chunks")),
        ({"opening": "intro", "duration_s": 190}, ("opening", "duration_s")),
        ({"runs_bars": 16, "limits": {"most_replay": 0.5}}, ("runs_bars", "limits.most_replay")),
        ({"runs_bars": 16, "limits": {"longest_run_s": 20}}, ("runs_bars", "limits.longest_run_s")),
        ({"runs_bars": 16, "most_in_a_row": 3}, ("runs_bars", "most_in_a_row")),
        (
            {"runs_bars": 16, "limits": {"least_between_songs": 0.5}},
            ("runs_bars", "limits.least_between_songs"),
        ),
        ({"runs_bars": 16, "must": SONGS, "chunks": 12}, ("runs_bars", "must")),
        ({"runs_bars": 16, "limits": {"least_songs": 4}, "chunks": 12}, ("runs_bars", "limits.least_songs")),
    ],
)
def test_wishes_that_contradict_the_form_are_refused_by_both_names_before_anything_is_scored(
    wish: dict[str, Any], named: tuple[str, str]
) -> None:
    scorer = Replaying()
    with pytest.raises(WishesContradict) as refused:
        made(wish, scorer=scorer)
    assert str(refused.value).startswith(f"`{named[0]}` contradicts `{named[1]}`: ")
    assert scorer.rows == 0


def test_an_intro_that_cannot_be_is_refused_where_it_is_asked_for() -> None:
    nowhere = np.zeros(48, np.bool_)
    spans = Spans(SPANS.starts_s, SPANS.stops_s, nowhere, nowhere)
    form = Form.of(spans, SONG_OF, SONGS, {})
    with pytest.raises(WishesContradict, match=r"`opening` contradicts `songs`"):
        made({"opening": "intro"}, form)
    with pytest.raises(WishesContradict, match=r"`closing` contradicts `songs`"):
        made({"closing": "ending"}, form)
    assert len(made({}, form).order) == 30


def test_runs_of_a_beat_end_with_the_chunk_that_brings_them_nearest() -> None:
    runs = Runs.of(8, form_of(), np.full(48, LENGTH_S))
    goes_on, all_may = np.array([True, False]), np.ones(2, np.bool_)

    def may(run: float) -> list[bool]:
        return runs.verdict(run, 1, np.array([2, 30]), goes_on, all_may).tolist()

    assert [may(run) for run in (0.25, 0.5, 0.75, 1.0)] == [
        [True, False],
        [True, False],
        [True, True],
        [False, True],
    ]
    # What cannot go on may be left.
    assert runs.verdict(0.25, 11, np.array([2, 30]), ~all_may, all_may).all()
