"""The planner, as the pure function that it is: manifests in, missing artifacts out."""

from __future__ import annotations

from typing import Any

import pytest

from shared.corrections import Correction
from shared.jobs.pipeline import make_plan
from shared.jobs.plans import Plan
from shared.jobs.recipes import AnalyseSongs, CutSongs, DecodeSong, MakeMix, Part, Recipe
from shared.parameters import Cut, Output, Sequencing, Training
from shared.store.keys import Artifact, Kind, digest
from shared.store.manifests import Problem, SequenceFacts, Step
from shared.store.specs import AnalysisSpec, CutSpec, MixSpec, SequenceSpec, SongSpec, Spec
from tests.support.library import OTHER_SONG, SONG, TENANT, Library

A, B = SONG, OTHER_SONG


class World(Library):
    """The manifests there are, and the songs whose bytes are there."""

    def __init__(self, *songs: str) -> None:
        super().__init__()
        self.songs = set(songs)

    def plan(self, recipe: Recipe) -> Plan:
        return make_plan(TENANT, recipe, self.get, self.songs.__contains__)

    def run(self, recipe: Recipe) -> list[list[str]]:
        """Make what is ready, round by round; return what each round made."""
        rounds = []
        while (plan := self.plan(recipe)).ready:
            rounds.append(sorted(str(spec.artifact_kind) for spec in plan.ready))
            for spec in plan.ready:
                self.make(spec)
        return rounds


BY_SCORES_ALONE = Sequencing(steadiness=0, sections=0)


def mix(**changes: object) -> MakeMix:
    values = {"parts": (Part(song=A), Part(song=B)), "model": Training(), **changes}
    return MakeMix.model_validate(values)


def test_a_mix_is_made_stage_by_stage() -> None:
    world = World(A, B)
    assert world.run(mix()) == [
        ["songs", "songs"],
        ["cuts", "cuts"],
        ["analyses", "analyses", "spectra", "spectra"],
        ["datasets"],
        ["models"],
        ["pools"],
        ["sequences"],
        ["mixes"],
    ]
    plan = world.plan(mix())
    assert plan.complete
    assert [goal.kind for goal in plan.goals] == [Kind.MIX]
    assert all(stage.done == stage.total for stage in plan.stages.values())


def test_only_songs_that_are_cut_on_beats_are_analysed_before() -> None:
    world, on_beats = World(A, B), Cut(method="beats")
    parts = (Part(song=A, cut=on_beats), Part(song=B))
    assert world.plan(CutSongs(parts=parts)).stages[Kind.ANALYSIS].total == 1
    assert world.run(CutSongs(parts=parts)) == [["songs", "songs"], ["analyses", "cuts"], ["cuts"]]
    plain = mix(output=Output(seams="plain"), sequencing=BY_SCORES_ALONE)
    assert Kind.ANALYSIS not in world.plan(plain).stages


class Choosing(World):
    """Sequences are of one of the songs only."""

    def make(self, spec: Spec) -> Artifact:
        if isinstance(spec, SequenceSpec):
            steps = [Step(song=B, cut="c" * 64, chunk=chunk, score=None) for chunk in range(3)]
            return self.commit(spec, SequenceFacts(steps=steps))
        return super().make(spec)


def test_of_a_blended_mix_the_songs_that_are_heard_are_analysed_before_it_is_rendered() -> None:
    world, recipe = Choosing(A, B), mix(sequencing=BY_SCORES_ALONE)
    assert world.plan(recipe).stages[Kind.ANALYSIS].total == 2
    assert world.run(recipe)[-3:] == [["sequences"], ["analyses"], ["mixes"]]
    plan = world.plan(recipe)
    assert (plan.stages[Kind.ANALYSIS].done, plan.stages[Kind.ANALYSIS].total) == (1, 1)
    (goal,) = plan.goals
    spec = world[goal].spec
    assert isinstance(spec, MixSpec)
    assert [world[Artifact(TENANT, Kind.ANALYSIS, key)].spec.song for key in spec.analyses] == [B]  # type: ignore[union-attr]


def test_an_analysis_that_a_cut_rests_on_is_counted_once() -> None:
    world, on_beats = Choosing(A, B), Cut(method="beats")
    recipe = mix(parts=(Part(song=A), Part(song=B, cut=on_beats)), sequencing=BY_SCORES_ALONE)
    world.run(recipe)
    stage = world.plan(recipe).stages[Kind.ANALYSIS]
    assert (stage.done, stage.total) == (1, 1)


def test_what_is_known_of_a_song_makes_other_analyses_and_other_cuts_on_beats() -> None:
    world, on_beats = Choosing(A, B), Cut(method="beats")
    world.run(mix(parts=(Part(song=A), Part(song=B, cut=on_beats)), sequencing=BY_SCORES_ALONE))
    known = Correction(tempo_bpm=90)
    parts = (Part(song=A, correction=known), Part(song=B, cut=on_beats, correction=known))
    again = mix(parts=parts, sequencing=BY_SCORES_ALONE)
    assert world.run(again)[:2] == [["analyses"], ["cuts"]]
    specs = [one.spec for artifact, one in world.items() if artifact.kind in (Kind.ANALYSIS, Kind.CUT)]
    told = [(spec.artifact_kind, spec.song) for spec in specs if getattr(spec, "correction", None) == known]
    # What is known of a song that is not cut on beats changes nothing of its cut.
    assert sorted(told) == [(Kind.ANALYSIS, B), (Kind.CUT, B)]


def test_names_are_as_before_where_nothing_is_known() -> None:
    told = AnalysisSpec(song=A, correction=Correction(key="A minor")).artifact(TENANT)
    assert (
        AnalysisSpec(song=A).artifact(TENANT)
        == AnalysisSpec(song=A, correction=None).artifact(TENANT)
        != told
    )
    assert AnalysisSpec(song=A).artifact(TENANT).key == digest(Kind.ANALYSIS, {"of": "analysis", "song": A})


def test_a_mix_is_chosen_by_what_was_found_of_all_songs_and_known_of_them() -> None:
    world, known = Choosing(A, B), Correction(key="A minor")
    recipe = mix(parts=(Part(song=A, correction=known), Part(song=B)))
    world.run(recipe)
    (sequence,) = (one.spec for artifact, one in world.items() if artifact.kind is Kind.SEQUENCE)
    assert isinstance(sequence, SequenceSpec)
    specs = [world[Artifact(TENANT, Kind.ANALYSIS, key)].spec for key in sequence.analyses]
    assert specs == [AnalysisSpec(song=A, correction=known), AnalysisSpec(song=B)]
    stage = world.plan(recipe).stages[Kind.ANALYSIS]
    assert (stage.done, stage.total) == (2, 2)


@pytest.mark.parametrize(
    ("wish", "needed"),
    [
        ({}, True),
        ({"steadiness": 0}, True),
        ({"sections": 0}, True),
        ({"steadiness": 0, "sections": 0}, False),
        ({"steadiness": 0, "sections": 0, "runs_bars": 16}, True),
        ({"steadiness": 0, "sections": 0, "limits": {"tempo_within_percent": 6}}, True),
        ({"steadiness": 0, "sections": 0, "limits": {"key_within": 0}}, True),
        ({"method": "greedy"}, False),
    ],
)
def test_analyses_are_needed_where_chunks_are_chosen_by_them(wish: dict[str, Any], needed: bool) -> None:
    assert Sequencing.model_validate(wish).needs_analyses is needed


def test_hard_joins_need_no_analysis() -> None:
    world = Choosing(A, B)
    plain = mix(output=Output(seams="plain"), sequencing=BY_SCORES_ALONE)
    assert world.run(plain)[-2:] == [["sequences"], ["mixes"]]
    assert Kind.ANALYSIS not in world.plan(plain).stages


def test_analyses_are_a_goal_of_their_own() -> None:
    world = World(A, B)
    assert world.run(AnalyseSongs(songs=(A, B))) == [["songs", "songs"], ["analyses", "analyses"]]
    assert [goal.kind for goal in world.plan(AnalyseSongs(songs=(A, B))).goals] == [Kind.ANALYSIS] * 2


def test_a_song_that_cannot_be_decoded_fails_its_analysis() -> None:
    world = World(A)
    world.reject(SongSpec(song=A), Problem(slug="not-audio", title="Not audio", detail="No sound."))
    problem = world.plan(AnalyseSongs(songs=(A,))).problem
    assert problem is not None
    assert A in problem.detail


def test_a_song_goes_on_while_another_is_behind() -> None:
    world = World(A, B)
    world.make(SongSpec(song=A))
    ready = world.plan(mix()).ready
    assert {(spec.artifact_kind, spec.song) for spec in ready} == {(Kind.SONG, B), (Kind.CUT, A)}  # type: ignore[attr-defined]


def test_what_exists_is_not_made_again() -> None:
    world = World(A, B)
    world.run(mix())
    assert world.plan(mix()).ready == []
    longer = world.plan(mix(sequencing=Sequencing(chunks=31)))
    assert [spec.artifact_kind for spec in longer.ready] == [Kind.SEQUENCE]


def test_a_mix_with_a_model_trains_nothing() -> None:
    world = World(A, B)
    world.run(mix())
    model = next(artifact for artifact in world if artifact.kind is Kind.MODEL)
    assert not {Kind.DATASET, Kind.MODEL, Kind.SPECTRA} & set(world.plan(mix(model=model.key)).stages)
    assert world.plan(mix(model=model.key)).complete


def test_a_model_that_is_gone_fails_the_job() -> None:
    problem = World(A, B).plan(mix(model="c" * 64)).problem
    assert problem is not None
    assert problem.slug == "model-gone"


def test_a_rejected_song_fails_every_job_that_needs_it_and_names_it() -> None:
    world = World(A, B)
    text = Problem(slug="not-audio", title="Not audio", detail="It is a text.")
    world.reject(SongSpec(song=B), text)
    plan = world.plan(mix())
    assert plan.problem is not None
    assert "It is a text." in plan.problem.detail
    assert B in plan.problem.detail
    assert not plan.complete


def test_a_deleted_song_fails_the_job_instead_of_waiting_for_ever() -> None:
    problem = World(A).plan(mix()).problem
    assert problem is not None
    assert problem.slug == "song-gone"


def test_the_same_part_twice_is_one_cut() -> None:
    world = World(A)
    recipe = CutSongs(parts=(Part(song=A), Part(song=A)))
    assert world.run(recipe) == [["songs"], ["cuts"]]
    assert len(world.plan(recipe).goals) == 1


def test_two_cuts_of_one_song_decode_it_once() -> None:
    parts = (Part(song=A), Part(song=A, cut=Cut(method="equal")))
    assert World(A).run(CutSongs(parts=parts)) == [["songs"], ["cuts", "cuts"]]


def test_decoding_has_the_song_as_its_goal() -> None:
    world = World(A)
    recipe = DecodeSong(song=A)
    assert not world.plan(recipe).complete
    world.run(recipe)
    assert world.plan(recipe).goals == [Artifact(TENANT, Kind.SONG, A)]


def test_keys_depend_on_parameters_and_not_on_the_tenant() -> None:
    fine, coarse = CutSpec(song=A, cut=Cut(chunk_s=1.0)), CutSpec(song=A, cut=Cut(chunk_s=2.0))
    assert fine.artifact("x").key != coarse.artifact("x").key
    assert fine.artifact("x").key == fine.artifact("y").key
    assert fine.artifact("x") != fine.artifact("y")
