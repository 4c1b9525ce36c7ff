from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.schemas.jobs import StageState
from services.gateway.views.jobs import TYPICAL_NETWORK_FIT_S, TYPICAL_S, Pulse, job_view
from shared.jobs.pipeline import make_plan
from shared.jobs.progress import Progress
from shared.jobs.recipes import DecodeSong, EvaluateModel, MakeMix, Part, Recipe
from shared.jobs.records import Accepted, Job, Outcome, State
from shared.learning.approaches import get_approach
from shared.parameters import Training
from shared.queue import Queue
from shared.store.keys import Artifact, Kind
from shared.store.manifests import Problem
from tests.support.library import CUT, OTHER_SONG, SONG, TENANT, Library, mix_recipe

ALL_ALIVE = dict.fromkeys(Queue, 1)
MIX_S = sum(
    seconds
    for kind, seconds in TYPICAL_S.items()
    if kind not in (Kind.GAPPED, Kind.PREVIEW, Kind.VIEW, Kind.REPORT)
)
"""What the stages of a mix of one song typically take."""


def job(recipe: Recipe, outcome: Outcome | None = None) -> Job:
    return Job(accepted=Accepted(id="j" * 32, tenant=TENANT, recipe=recipe), outcome=outcome)


def plan(recipe: Recipe, library: Library):
    return make_plan(TENANT, recipe, library.get, lambda song: True)


def song(key: str) -> Artifact:
    return Artifact(TENANT, Kind.SONG, key)


def show(recipe: Recipe, library: Library, pulse: Pulse | None = None, outcome: Outcome | None = None):
    return job_view(job(recipe, outcome), plan(recipe, library), pulse or Pulse(workers=ALL_ALIVE))


def at(done: float, *, eta_s: float | None = None) -> Progress:
    return Progress(done=done, total=10, unit="seconds", eta_s=eta_s)


def test_a_job_that_nobody_is_at_is_queued():
    shown = show(mix_recipe(SONG, OTHER_SONG), Library())
    assert (shown.state, shown.progress, shown.eta_s) == (State.QUEUED, 0.0, None)
    names = [stage.name for stage in shown.stages]
    assert names == ["decode", "cut", "analyse", "spectra", "dataset", "fit", "pool", "sequence", "render"]
    assert [stage.total for stage in shown.stages] == [2, 2, 2, 2, 1, 1, 1, 1, 1]
    assert {stage.state for stage in shown.stages} == {StageState.WAITING}


def test_a_running_task_makes_job_and_stage_running():
    pulse = Pulse(frozenset({song(SONG)}), {song(SONG): at(4, eta_s=6)}, ALL_ALIVE)
    shown = show(mix_recipe(SONG, OTHER_SONG), Library(), pulse)
    decode, cut, *_ = shown.stages
    assert shown.state is State.RUNNING
    assert (decode.state, cut.state) == (StageState.RUNNING, StageState.WAITING)
    assert decode.progress is not None
    assert (decode.progress.done, decode.progress.total, decode.progress.unit) == (4, 10, "seconds")


def test_of_several_tasks_the_one_furthest_behind_is_told():
    both = {song(SONG): at(9), song(OTHER_SONG): at(2)}
    decode = show(mix_recipe(SONG, OTHER_SONG), Library(), Pulse(frozenset(both), both, ALL_ALIVE)).stages[0]
    assert decode.progress is not None
    assert decode.progress.done == 2


def test_progress_that_nobody_works_on_any_more_is_not_told():
    shown = show(DecodeSong(song=SONG), Library(), Pulse(frozenset(), {song(SONG): at(9)}, ALL_ALIVE))
    assert (shown.progress, shown.stages[0].progress) == (0.0, None)


def test_work_of_other_jobs_does_not_make_this_one_running():
    pulse = Pulse(frozenset({song(OTHER_SONG)}), {}, ALL_ALIVE)
    assert show(mix_recipe(SONG), Library(), pulse).state is State.QUEUED


def test_stages_weigh_what_they_typically_take():
    library = Library()
    library.song()
    binary = Training(approach="binary", settings=get_approach("binary").resolve().model_dump(mode="json"))
    rest_s = MIX_S - TYPICAL_S[Kind.MODEL]
    linear_s, binary_s = rest_s + TYPICAL_S[Kind.MODEL], rest_s + TYPICAL_NETWORK_FIT_S
    decoded_s = TYPICAL_S[Kind.SONG]
    assert show(mix_recipe(SONG), library).progress == pytest.approx(decoded_s / linear_s)
    assert show(mix_recipe(SONG, model=binary), library).progress == pytest.approx(decoded_s / binary_s)


def test_half_a_song_counts_half():
    pulse = Pulse(frozenset({song(SONG)}), {song(SONG): at(5)}, ALL_ALIVE)
    assert show(DecodeSong(song=SONG), Library(), pulse).progress == pytest.approx(0.5)


@given(st.floats(0, 10), st.floats(0, 10))
def test_progress_never_falls_while_a_task_goes_on(one, other):
    recipe, library = mix_recipe(SONG, OTHER_SONG), Library()
    earlier, later = sorted((one, other))

    def progress(done):
        pulse = Pulse(frozenset({song(SONG)}), {song(SONG): at(done)}, ALL_ALIVE)
        return show(recipe, library, pulse).progress

    assert 0 <= progress(earlier) <= progress(later) <= 1


def test_the_eta_is_that_of_the_running_task_and_of_all_that_follows():
    recipe, library = mix_recipe(SONG), Library()
    pulse = Pulse(frozenset({song(SONG)}), {song(SONG): at(4, eta_s=7.0)}, ALL_ALIVE)
    after_s = MIX_S - TYPICAL_S[Kind.SONG]
    assert show(recipe, library, pulse).eta_s == pytest.approx(7.0 + after_s)
    only = Pulse(frozenset({song(SONG)}), {song(SONG): at(4, eta_s=7.0)}, ALL_ALIVE)
    assert show(DecodeSong(song=SONG), library, only).eta_s == pytest.approx(7.0)


def test_queues_without_workers_are_warned_of_by_name():
    recipe = mix_recipe(SONG)
    warning = show(recipe, Library(), Pulse(workers={**ALL_ALIVE, Queue.CHUNKER: 0})).warning
    assert warning is not None
    assert "chunker" in warning
    # Nothing waits for an assembler yet.
    assert show(recipe, Library(), Pulse(workers={**ALL_ALIVE, Queue.ASSEMBLER: 0})).warning is None
    assert show(recipe, Library(), Pulse(workers=ALL_ALIVE)).warning is None


def test_without_valkey_the_warning_says_so():
    warning = show(mix_recipe(SONG), Library(), Pulse(workers=None)).warning
    assert warning is not None
    assert "Valkey" in warning


def test_a_mix_that_succeeded_is_whole_whatever_was_deleted_since():
    library = Library()
    library.song()
    mix = library.mix()
    outcome = Outcome(state=State.SUCCEEDED, result={"mixes": [mix.key], "songs": [SONG], "spectra": ["x"]})
    shown = show(mix_recipe(SONG), Library(), outcome=outcome)
    assert (shown.state, shown.progress, shown.eta_s, shown.warning) == (State.SUCCEEDED, 1.0, None, None)
    assert {stage.state for stage in shown.stages} == {StageState.DONE}
    assert all(stage.done == stage.total for stage in shown.stages)
    assert (shown.mix, shown.result.mixes, shown.result.songs) == (mix.key, [mix.key], [SONG])
    assert shown.links["mix"] == f"/v1/mixes/{mix.key}"


def test_a_job_for_a_report_shows_its_stages_and_links_to_it():
    library = Library()
    recipe = EvaluateModel(
        parts=tuple(Part(song=song, cut=CUT) for song in (SONG, OTHER_SONG)), model=library.model().key
    )
    names = [(stage.name, stage.total) for stage in show(recipe, library).stages]
    assert names == [("decode", 2), ("cut", 2), ("gaps", 2), ("spectra", 2), ("report", 1)]
    outcome = Outcome(state=State.SUCCEEDED, result={"reports": ["r" * 64]})
    shown = show(recipe, library, outcome=outcome)
    assert (shown.goal, shown.report, shown.mix) == ("report", "r" * 64, None)
    assert shown.links["report"] == f"/v1/reports/{'r' * 64}"


def test_a_failed_job_tells_why():
    cause = Problem(slug="song-too-short", title="The song is too short", detail="It lasts 0.1 s.")
    shown = show(mix_recipe(SONG), Library(), outcome=Outcome(state=State.FAILED, problem=cause))
    assert (shown.state, shown.mix) == (State.FAILED, None)
    assert shown.problem is not None
    assert shown.problem.type == "urn:segue:problem:song-too-short"
    assert shown.problem.detail == "It lasts 0.1 s."


def test_a_plan_that_is_complete_shows_every_stage_done():
    library = Library()
    library.song()
    library.mix()
    recipe = mix_recipe(SONG)
    assert isinstance(recipe, MakeMix)
    shown = show(recipe, library)
    assert shown.progress == 1.0
    assert {stage.state for stage in shown.stages} == {StageState.DONE}
