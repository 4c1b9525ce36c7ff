from __future__ import annotations

import pytest
from pydantic import ValidationError

from services.gateway.resolution import Resolver
from services.gateway.schemas.requests import ReportRequest
from services.gateway.views.reports import NothingToRank, leaderboard, report_summary
from shared.errors import BadSetting, HeldOutGone, NotFound, TooFewSongs
from shared.jobs.follow_ups import HELD_OUT_PROTOCOL
from shared.jobs.recipes import EvaluateModel
from shared.judging import Protocol
from shared.parameters import Cut, Training
from shared.store.keys import Kind
from shared.store.specs import ModelSpec
from tests.support.library import OTHER_SONG, SONG, TENANT, Library, model_facts, report_facts

POOL, OTHER_POOL = "d" * 64, "de" * 32


@pytest.fixture
def library():
    return Library()


def report_on(library, seed, mrr, *, pool=POOL):
    """Commit a report on a model of its own; return the model's id."""
    spec = ModelSpec(dataset=library.dataset().key, training=Training(seed=seed))
    model = library.commit(spec, model_facts())
    library.report(model=model, facts=report_facts(mrr, pool=pool))
    return model.key


def reports(library):
    return {one.key: manifest for one, manifest in library.items() if one.kind is Kind.REPORT}


def test_a_report_in_a_list_tells_its_headline_and_where_it_is(library):
    report = library.report()
    shown = report_summary(report.key, library[report])
    assert (shown.approach, shown.pool, shown.songs, shown.chunks) == ("binary", POOL, 2, 8)
    assert shown.figures["binary"].mrr.value == 0.5
    assert shown.figures["binary"].gap_mrr == {"0.02": 0.6, "0.1": 0.5}
    assert shown.links["page"] == f"/v1/reports/{report.key}/page"
    assert shown.links["model"] == f"/v1/models/{shown.model}"


def test_the_best_comes_first_and_a_baseline_that_is_the_same_is_one_row(library):
    weak, strong = report_on(library, 1, 0.3), report_on(library, 2, 0.7)
    board = leaderboard(reports(library), POOL, [])
    assert [(row.place, row.approach, row.models) for row in board.rows] == [
        (1, "binary", [strong]),
        (2, "linear", sorted([weak, strong])),
        (3, "binary", [weak]),
    ]
    assert [row.beats_linear for row in board.rows] == [True, None, False]
    assert (board.pool, board.songs, board.chunks, board.headline_gap_s) == (POOL, 2, 8, 0.1)


def test_ties_share_a_place(library):
    report_on(library, 1, 0.4)
    assert [row.place for row in leaderboard(reports(library), POOL, []).rows] == [1, 1]


def test_only_reports_on_the_same_questions_are_ranked_the_newest_ones_unless_told(library):
    report_on(library, 1, 0.3)
    newest = report_on(library, 2, 0.7, pool=OTHER_POOL)
    assert leaderboard(reports(library), None, []).rows[0].models == [newest]
    assert leaderboard(reports(library), "dddd", []).pool == POOL
    with pytest.raises(BadSetting, match="2 pools begin with d"):
        leaderboard(reports(library), "d", [])


@pytest.mark.parametrize("pool", [None, "beef"])
def test_of_no_report_there_is_no_leaderboard(library, pool):
    if pool:
        report_on(library, 1, 0.3)
    with pytest.raises(NothingToRank, match="to rank"):
        leaderboard(reports(library), pool, [])


def resolver(library, *uploaded):
    return Resolver(TENANT, library.get, set(uploaded).__contains__, lambda: "d" * 64, dict)


def test_a_request_without_songs_is_for_the_held_out_ones_with_as_many_chunks_as_they_have(library):
    model = library.model().key
    assert resolver(library).report(model, ReportRequest()) == EvaluateModel(
        model=model, protocol=HELD_OUT_PROTOCOL
    )
    fewer = ReportRequest(protocol=Protocol(chunks_per_song=9, seed=2))
    assert resolver(library).report(model, fewer).protocol == Protocol(chunks_per_song=9, seed=2)


def test_a_request_with_songs_gets_every_default(library):
    model = library.model().key
    recipe = resolver(library).report(model, ReportRequest(songs=[SONG, OTHER_SONG, SONG]))
    assert [(part.song, part.cut) for part in recipe.parts] == [(SONG, Cut()), (OTHER_SONG, Cut())]
    assert recipe.protocol == Protocol()


def test_what_cannot_be_judged_is_refused_before_anything_is_accepted(library):
    model = library.model().key
    ready = resolver(library, SONG, OTHER_SONG)
    for songs, error in (([SONG], TooFewSongs), (["c" * 64, SONG], NotFound)):
        with pytest.raises(error):
            ready.check(ready.report(model, ReportRequest(songs=songs)))
    with pytest.raises(TooFewSongs):
        ready.check(ready.report(model, ReportRequest()))
    with pytest.raises(NotFound):
        ready.check(ready.report("e" * 64, ReportRequest(songs=[SONG, OTHER_SONG])))
    ready.check(ready.report(model, ReportRequest(songs=[SONG, OTHER_SONG])))


def test_held_out_songs_whose_cuts_are_gone_are_refused(library):
    spec = ModelSpec(dataset="f" * 64, training=Training())
    model = library.commit(spec, model_facts(held_out=[SONG, OTHER_SONG])).key
    with pytest.raises(HeldOutGone):
        resolver(library).check(EvaluateModel(model=model))


def test_held_out_songs_are_not_cut_anew():
    with pytest.raises(ValidationError, match="cut already"):
        ReportRequest(cut=Cut())
