"""The planner on reports: which songs are judged, what is made for them, and what follows a fit."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from shared.jobs.follow_ups import HELD_OUT_PROTOCOL, report_after_fit, report_job_id
from shared.jobs.pipeline import make_plan
from shared.jobs.plans import Plan
from shared.jobs.recipes import EvaluateModel, FitModel, MakeMix, Part, Recipe
from shared.jobs.records import Accepted, Job
from shared.judging import Protocol
from shared.parameters import Training
from shared.store.keys import Artifact, Kind
from shared.store.manifests import DatasetFacts
from shared.store.specs import DatasetSpec, GappedSpec, ModelSpec, ReportSpec, Spec
from tests.support.library import CUT, TENANT, Library, facts_of, model_facts

A, B, C, D = ("a" * 64, "b" * 64, "c" * 64, "d" * 64)
PARTS = tuple(Part(song=song, cut=CUT) for song in (A, B, C, D))


class World(Library):
    """Manifests of songs whose bytes are there; a dataset of four holds out C and D."""

    held_out = (C, D)

    def plan(self, recipe: Recipe) -> Plan:
        return make_plan(TENANT, recipe, self.get, lambda song: True)

    def run(self, recipe: Recipe) -> list[list[str]]:
        """Make what is ready, round by round; return what each round made."""
        rounds = []
        while (plan := self.plan(recipe)).ready:
            rounds.append(sorted(str(spec.artifact_kind) for spec in plan.ready))
            for spec in plan.ready:
                self.make(spec)
        return rounds

    def make(self, spec: Spec) -> Artifact:
        if isinstance(spec, ModelSpec):
            return self.commit(spec, model_facts(held_out=self.held_out))
        if isinstance(spec, DatasetSpec):
            facts = DatasetFacts(chunks=4, train_songs=[A, B], held_out_songs=list(self.held_out))
            return self.commit(spec, facts)
        return self.commit(spec, facts_of(spec))

    def fitted(self) -> Artifact:
        self.run(FitModel(parts=PARTS, training=Training()))
        return self.one(Kind.MODEL)

    def one(self, kind: Kind) -> Artifact:
        (found,) = (artifact for artifact in self if artifact.kind is kind)
        return found

    def report_spec(self) -> ReportSpec:
        spec = self[self.one(Kind.REPORT)].spec
        assert isinstance(spec, ReportSpec)
        return spec

    def songs_judged(self) -> set[str]:
        """Return the songs of the cuts that a report rests on."""
        gapped = [self[Artifact(TENANT, Kind.GAPPED, key)].spec for key in self.report_spec().gapped]
        cuts = [self[Artifact(TENANT, Kind.CUT, spec.cut)].spec for spec in gapped]  # type: ignore[union-attr]
        return {cut.song for cut in cuts}  # type: ignore[union-attr]


def test_a_model_is_judged_on_named_songs_stage_by_stage() -> None:
    world = World()
    model = world.fitted()
    recipe = EvaluateModel(parts=(Part(song="e" * 64), Part(song="f" * 64)), model=model.key)
    assert world.run(recipe) == [
        ["songs", "songs"],
        ["cuts", "cuts"],
        ["gapped", "gapped", "spectra", "spectra"],
        ["reports"],
    ]
    plan = world.plan(recipe)
    assert plan.complete
    assert [goal.kind for goal in plan.goals] == [Kind.REPORT]
    assert {kind: (stage.done, stage.total) for kind, stage in plan.stages.items()} == {
        Kind.SONG: (2, 2),
        Kind.CUT: (2, 2),
        Kind.GAPPED: (2, 2),
        Kind.SPECTRA: (2, 2),
        Kind.REPORT: (1, 1),
    }
    spec = world.report_spec()
    assert (spec.model, spec.weights_sha256, spec.dataset) == (model.key, "w", world.one(Kind.DATASET).key)


def test_without_parts_the_held_out_songs_are_judged_as_they_were_cut_for_the_fit() -> None:
    world = World()
    recipe = EvaluateModel(model=world.fitted().key, protocol=HELD_OUT_PROTOCOL)
    assert world.run(recipe) == [["gapped", "gapped"], ["reports"]]
    assert world.songs_judged() == {C, D}
    assert world.plan(recipe).complete


def test_a_model_fitted_for_its_report_is_judged_on_what_it_held_out() -> None:
    world = World()
    recipe = EvaluateModel(parts=PARTS, model=Training())
    rounds = world.run(recipe)
    assert rounds[2:] == [["spectra"] * 4, ["datasets"], ["models"], ["gapped"] * 2, ["reports"]]
    assert world.songs_judged() == {C, D}
    assert all(stage.done == stage.total for stage in world.plan(recipe).stages.values())


def test_judged_songs_are_shared_by_models_and_the_order_of_songs_does_not_matter() -> None:
    world = World()
    world.fitted()
    recipe = EvaluateModel(parts=PARTS, model=world.one(Kind.MODEL).key)
    world.run(recipe)
    turned = EvaluateModel(parts=tuple(reversed(PARTS)), model=recipe.model)
    assert world.plan(turned).complete
    other = World.make(world, ModelSpec(dataset=world.one(Kind.DATASET).key, training=Training(seed=1)))
    assert world.run(EvaluateModel(parts=PARTS, model=other.key)) == [["reports"]]


def test_other_gaps_are_measured_anew_and_another_seed_only_asks_anew() -> None:
    world = World()
    model = world.fitted().key
    world.run(EvaluateModel(model=model))
    assert world.run(EvaluateModel(model=model, protocol=Protocol(seed=1))) == [["reports"]]
    wider = Protocol(gaps_s=(0.1, 1.0))
    assert world.run(EvaluateModel(model=model, protocol=wider)) == [["gapped", "gapped"], ["reports"]]


def test_a_model_without_its_dataset_is_judged_on_named_songs() -> None:
    world = World()
    model = world.fitted().key
    del world[world.one(Kind.DATASET)]
    world.run(EvaluateModel(parts=PARTS, model=model))
    assert world.report_spec().dataset is None


def test_held_out_songs_that_are_gone_fail_the_job_and_say_what_to_do() -> None:
    world = World()
    model = world.fitted().key
    cut = next(one for one in world if one.kind is Kind.CUT and world[one].spec.song == C)  # type: ignore[union-attr]
    del world[cut]
    problem = world.plan(EvaluateModel(model=model)).problem
    assert problem is not None
    assert problem.slug == "held-out-gone"
    assert "Name the songs" in problem.detail


@pytest.mark.parametrize("parts", [(), PARTS[:1]])
def test_fewer_than_two_songs_are_not_judged(parts: tuple[Part, ...]) -> None:
    world = World()
    world.held_out = (C,)  # type: ignore[assignment]
    model = world.fitted().key
    problem = world.plan(EvaluateModel(parts=parts, model=model)).problem
    assert problem is not None
    assert problem.slug == "too-few-songs"


def test_a_model_that_is_gone_fails_the_job() -> None:
    for parts in ((), PARTS):
        problem = World().plan(EvaluateModel(parts=parts, model="e" * 64)).problem
        assert problem is not None
        assert problem.slug == "model-gone"


def test_what_a_report_rests_on_is_needed() -> None:
    world = World()
    model = world.fitted()
    needed = set(world.plan(EvaluateModel(model=model.key)).needed)
    cuts = {one for one in world if one.kind is Kind.CUT and world[one].spec.song in (C, D)}  # type: ignore[union-attr]
    assert {model, *cuts} <= needed


def test_a_fit_without_songs_is_no_recipe() -> None:
    with pytest.raises(ValidationError, match="needs parts"):
        EvaluateModel(model=Training())


def follow_up(world: World, recipe: Recipe) -> tuple[str, EvaluateModel] | None:
    world.run(recipe)
    job = Job(accepted=Accepted(id="j" * 32, tenant=TENANT, recipe=recipe))
    return report_after_fit(job, world.plan(recipe), world.get)


def test_a_report_follows_every_fit_once_per_model() -> None:
    world = World()
    fit, mix = FitModel(parts=PARTS, training=Training()), MakeMix(parts=PARTS, model=Training())
    found = follow_up(world, fit)
    model = world.one(Kind.MODEL)
    assert found == (
        report_job_id(TENANT, model.key, "w"),
        EvaluateModel(model=model.key, protocol=Protocol(chunks_per_song=None)),
    )
    assert follow_up(world, mix) == found


def test_no_report_follows_where_nothing_was_fitted_or_held_out_or_a_report_was_asked_for() -> None:
    world = World()
    model = world.fitted().key
    assert follow_up(world, MakeMix(parts=PARTS, model=model)) is None
    assert follow_up(world, EvaluateModel(parts=PARTS, model=Training())) is None
    world = World()
    world.held_out = (C,)  # type: ignore[assignment]
    assert follow_up(world, FitModel(parts=PARTS, training=Training())) is None


def test_gaps_are_part_of_the_name() -> None:
    assert GappedSpec(cut=A, gaps_s=(0.1,)).artifact("x") != GappedSpec(cut=A, gaps_s=(0.2,)).artifact("x")
