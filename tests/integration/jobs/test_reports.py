"""Evaluation as a stage of its own, on real servers and workers: by itself after a fit, and on demand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.stack.stack import Stack
from shared.jobs.follow_ups import report_job_id
from shared.jobs.recipes import EvaluateModel
from shared.jobs.reconciler import look
from shared.jobs.records import Job, State
from shared.judging import Protocol
from shared.settings import Settings
from shared.store.artifacts import Attempt
from shared.store.keys import Artifact, Kind
from shared.store.manifests import DatasetFacts, ModelFacts, ReportFacts
from shared.store.specs import DatasetSpec, ModelSpec, ReportSpec
from tests.support.library import facts_of, model_facts
from tests.support.pipeline import Pipeline, fit_of, mix_of, parts_of, training

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def pipeline(working_stack: Stack) -> Pipeline:
    """Jobs of a tenant of this module's own: its songs are decoded and cut once."""
    pipeline = Pipeline(working_stack.settings())
    pipeline.store.ensure_bucket()
    return pipeline


@pytest.fixture(scope="module")
def songs(pipeline: Pipeline, short_songs: list[Path]) -> list[str]:
    return pipeline.upload(short_songs)


def report_of(pipeline: Pipeline, model: str) -> Job:
    """Wait until the report that follows a fit has been asked for."""
    artifact = Artifact(pipeline.tenant, Kind.MODEL, model)
    facts = pipeline.dispatcher.artifacts.get(artifact).expect(ModelFacts)
    found = pipeline.dispatcher.records.find(
        pipeline.tenant, report_job_id(pipeline.tenant, model, facts.weights_sha256)
    )
    assert found is not None
    return found


def read(pipeline: Pipeline, report: str) -> tuple[ReportFacts, dict, str]:
    """Return a report's record, its figures and its page."""
    artifact = Artifact(pipeline.tenant, Kind.REPORT, report)
    artifacts = pipeline.dispatcher.artifacts
    figures = json.loads(artifacts.read(artifact, "report.json"))
    page = artifacts.read(artifact, "report.html").decode()
    return artifacts.get(artifact).expect(ReportFacts), figures, page


def test_a_fit_is_followed_by_a_report_on_its_held_out_songs_and_another_can_be_asked_for(
    pipeline: Pipeline, songs: list[str]
) -> None:
    (model,) = pipeline.succeeded(pipeline.submit(fit_of(songs, training())))["models"]
    manifest = pipeline.dispatcher.artifacts.get(Artifact(pipeline.tenant, Kind.MODEL, model))
    held_out = manifest.expect(ModelFacts).held_out_songs
    (report,) = pipeline.succeeded(report_of(pipeline, model))["reports"]
    facts, figures, page = read(pipeline, report)
    assert (facts.approach, facts.songs) == ("linear", len(held_out)) == ("linear", 2)
    assert set(facts.figures) == set(figures["approaches"]) == {"random", "spectral", "linear"}
    assert facts.pool == figures["pool"]["digest"]
    assert figures["approaches"]["linear"]["headline"]["mrr"] == facts.figures["linear"].mrr
    assert figures["pool"]["left_out"] == []
    assert "does B follow A?" in page
    # On all songs, the dataset gone: what the model keeps tells which of them it has learned from.
    spec = manifest.spec
    pipeline.dispatcher.artifacts.delete(Artifact(pipeline.tenant, Kind.DATASET, spec.dataset))  # type: ignore[union-attr]
    pipeline.leases.note_deletion()
    protocol = Protocol(chunks_per_song=4, gaps_s=(0.1,))
    recipe = EvaluateModel(parts=parts_of(songs), model=model, protocol=protocol)
    (other,) = pipeline.succeeded(pipeline.submit(recipe))["reports"]
    facts, figures, _ = read(pipeline, other)
    assert {song["song"] for song in figures["pool"]["left_out"]} == set(songs) - set(held_out)
    assert set(facts.figures) == {"random", "spectral", "linear"}
    assert (facts.songs, facts.chunks) == (2, 8)


def test_two_models_on_the_same_songs_share_what_is_judged_and_can_be_compared(
    pipeline: Pipeline, songs: list[str]
) -> None:
    made = [
        pipeline.succeeded(pipeline.submit(fit_of(songs, training(approach))))["models"][0]
        for approach in ("linear", "spectral")
    ]
    reports = [pipeline.succeeded(report_of(pipeline, model))["reports"][0] for model in made]
    specs = [
        pipeline.dispatcher.artifacts.get(Artifact(pipeline.tenant, Kind.REPORT, report)).spec
        for report in reports
    ]
    assert all(isinstance(spec, ReportSpec) for spec in specs)
    assert specs[0].gapped == specs[1].gapped  # type: ignore[union-attr]
    one, other = (read(pipeline, report)[0] for report in reports)
    assert one.pool == other.pool
    assert one.figures == other.figures, "the same baselines, fitted on the same songs"


def test_a_report_that_cannot_be_made_fails_its_own_job_alone(pipeline: Pipeline, songs: list[str]) -> None:
    mixed = pipeline.submit(mix_of(songs))
    model = pipeline.succeeded(mixed)["models"][0]
    impossible = Protocol(chunks_per_song=1000, gaps_s=(0.1,))
    job = pipeline.ended(pipeline.submit(EvaluateModel(model=model, protocol=impossible)))
    assert job.outcome is not None
    assert job.outcome.problem is not None
    assert (job.outcome.state, job.outcome.problem.slug) == (State.FAILED, "too-few-songs")
    pipeline.succeeded(report_of(pipeline, model))


def test_a_crash_before_the_end_of_the_fit_is_on_record_loses_no_report_and_makes_no_second(
    settings: Settings,
) -> None:
    pipeline = Pipeline(settings, keep_orders=True)
    songs = [pipeline.upload_bytes(bytes([number])) for number in range(3)]
    job = pipeline.submit(fit_of(songs, training()))
    commit_all(pipeline, job, held_out=songs[:2])
    look(pipeline.dispatcher)
    model = pipeline.succeeded(job)["models"][0]
    report = report_of(pipeline, model)
    assert report.accepted.recipe == EvaluateModel(model=model, protocol=Protocol(chunks_per_song=None))
    # The worker died before the outcome: whoever advances the job next asks again, and finds the same one.
    again = job.model_copy(update={"outcome": None})
    pipeline.dispatcher.advance(again)
    assert sorted(pipeline.dispatcher.records.ids(pipeline.tenant)) == sorted([job.id, report.id])
    for order in pipeline.sent:  # Each was delivered, so there is room again.
        pipeline.leases.unclaim(order.task.queue, order.artifact)
    look(pipeline.dispatcher)
    assert {order.artifact.kind for order in pipeline.sent if order.job == report.id} == {Kind.GAPPED}


def commit_all(pipeline: Pipeline, job: Job, *, held_out: list[str]) -> None:
    """Make what a fit lacks in the workers' place."""
    while ready := pipeline.dispatcher.plan(job).ready:
        for spec in ready:
            facts = facts_of(spec)
            if isinstance(spec, ModelSpec):
                facts = model_facts(held_out=held_out)
            elif isinstance(spec, DatasetSpec):
                facts = DatasetFacts(chunks=4, train_songs=[], held_out_songs=held_out)
            Attempt(pipeline.store, spec.artifact(pipeline.tenant)).commit(spec, facts)  # type: ignore[arg-type]
