"""What must survive: killed children and workers, an emptied Valkey, duplicates, cancels, a move."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import redis

from cli.stack.stack import Stack
from shared.jobs.recipes import CutSongs
from shared.jobs.records import State
from shared.metrics.catalogue import STAGE_SECONDS
from shared.parameters import Cut
from shared.queue import Order, Queue, make_app, send
from shared.settings import Settings
from shared.store.artifacts import Attempt
from shared.store.keys import Artifact, Kind, open_jobs_folder, tenant_folder
from shared.store.manifests import CutFacts, ModelFacts
from tests.support.figures import observed
from tests.support.pipeline import Pipeline, fit_of, long_training, mix_of, parts_of
from tests.support.servers import until

pytestmark = pytest.mark.integration


def running_fit(pipeline: Pipeline) -> Artifact:
    """Wait until a fit runs and has a checkpoint; return its artifact."""

    def find() -> Artifact | None:
        for key in pipeline.dispatcher.artifacts.keys(pipeline.tenant, Kind.MODEL):
            model = Artifact(pipeline.tenant, Kind.MODEL, key)
            if pipeline.dispatcher.segment(model) and pipeline.leases.running([model]):
                return model
        return None

    found = until(find, timeout_s=120)
    assert found is not None
    return found


def children_of(pid: int) -> list[psutil.Process]:
    """Return the pool children of a worker: those that run, not Python's resource tracker."""
    return [child for child in psutil.Process(pid).children() if "spawn_main" in " ".join(child.cmdline())]


def test_the_main_job_and_the_same_again(pipeline: Pipeline, short_songs: list[Path]) -> None:
    songs = pipeline.upload(short_songs)
    first = pipeline.succeeded(pipeline.submit(mix_of(songs)))
    again = pipeline.submit(mix_of(songs))
    assert again.outcome is not None, "everything is there, so the job has ended before it is answered"
    assert again.outcome.result == first
    queued = {artifact.kind for queue in Queue for artifact in pipeline.leases.queued(queue)}
    assert queued <= {Kind.GAPPED, Kind.REPORT}, "only the report after the fit is under way"


def test_a_fit_goes_on_from_its_checkpoint_when_its_child_is_killed(
    pipeline: Pipeline, working_stack: Stack, short_songs: list[Path]
) -> None:
    job = pipeline.submit(fit_of(pipeline.upload(short_songs), long_training()))
    model = running_fit(pipeline)
    reached = pipeline.dispatcher.segment(model)
    killed = observed(pipeline.leases, STAGE_SECONDS, "model", "killed")
    # In mid-segment, when it has stored a checkpoint since it began.
    until(lambda: pipeline.dispatcher.segment(model) > reached, timeout_s=60)
    until(lambda: model in pipeline.leases.all_running())
    reached = pipeline.dispatcher.segment(model)
    for child in children_of(working_stack.pids()["trainer"]):
        child.kill()
    until(lambda: pipeline.dispatcher.segment(model) > reached, timeout_s=120)
    until(lambda: observed(pipeline.leases, STAGE_SECONDS, "model", "killed") == killed + 1)
    assert pipeline.job(job).outcome is None
    pipeline.dispatcher.records.cancel(pipeline.tenant, job.id)
    until(lambda: not pipeline.leases.running([model]))


def test_a_job_goes_on_when_a_whole_worker_is_killed(
    pipeline: Pipeline, working_stack: Stack, short_songs: list[Path]
) -> None:
    job = pipeline.submit(mix_of(pipeline.upload(short_songs)))
    until(lambda: pipeline.leases.queued(Queue.CHUNKER) or pipeline.dispatcher.plan(pipeline.job(job)).stages)
    psutil.Process(working_stack.pids()["chunker"]).kill()
    pipeline.succeeded(job, timeout_s=180)


def test_a_job_goes_on_when_valkey_is_emptied(pipeline: Pipeline, short_songs: list[Path]) -> None:
    job = pipeline.submit(mix_of(pipeline.upload(short_songs)))
    until(lambda: pipeline.dispatcher.plan(pipeline.job(job)).stages[Kind.SONG].done)
    pipeline.leases.valkey.flushall()
    result = pipeline.succeeded(job, timeout_s=180)
    for key in result["cuts"]:
        assert len(pipeline.attempts(Artifact(pipeline.tenant, Kind.CUT, key))) == 1


def test_a_worker_goes_on_when_a_task_ends_while_valkey_is_down(
    pipeline: Pipeline, working_stack: Stack, short_songs: list[Path]
) -> None:
    job = pipeline.submit(fit_of(pipeline.upload(short_songs), long_training()))
    model = running_fit(pipeline)
    down_until_s = time.monotonic() + 10  # A task that fits ends after six seconds here.
    while time.monotonic() < down_until_s:
        if valkey := working_stack.pids().get("valkey"):
            with suppress(psutil.NoSuchProcess):  # It may be dead already, and not started again yet.
                psutil.Process(valkey).kill()
        time.sleep(0.05)
    until(lambda: _answers(pipeline))
    reached = pipeline.dispatcher.segment(model)
    until(lambda: pipeline.dispatcher.segment(model) > reached + 4, timeout_s=120)
    assert pipeline.job(job).outcome is None
    pipeline.dispatcher.records.cancel(pipeline.tenant, job.id)
    until(lambda: not pipeline.leases.running([model]))


def _answers(pipeline: Pipeline) -> bool:
    try:
        return bool(pipeline.leases.valkey.ping())
    except redis.RedisError:
        return False


def test_a_duplicate_delivery_makes_one_artifact(pipeline: Pipeline, short_songs: list[Path]) -> None:
    (song,) = pipeline.upload(short_songs[:1])
    recipe = CutSongs(parts=parts_of([song], Cut(method="equal", chunk_s=0.5, min_chunk_ms=0)))
    # The job is only accepted: its message is sent here, several times over.
    pipeline.succeeded(pipeline.submit(CutSongs(parts=parts_of([song]))))
    job = pipeline.dispatcher.records.accept(pipeline.tenant, "duplicate", recipe)[0]
    app = make_app("services.gateway", pipeline.settings, patient=False)
    (spec,) = pipeline.dispatcher.plan(job).ready
    for _ in range(4):
        send(app, Order.model_validate({"tenant": pipeline.tenant, "job": job.id, "spec": spec}))
    (key,) = pipeline.succeeded(job)["cuts"]
    cut = Artifact(pipeline.tenant, Kind.CUT, key)
    until(lambda: not pipeline.leases.running([cut]) and not pipeline.leases.queued(Queue.CHUNKER))
    manifest = pipeline.dispatcher.artifacts.get(cut)
    until(lambda: pipeline.attempts(cut) == [manifest.attempt])
    assert len(manifest.payloads) == manifest.expect(CutFacts).chunks + 1


def test_two_writers_of_one_artifact_agree_on_the_first(pipeline: Pipeline, short_songs: list[Path]) -> None:
    (song,) = pipeline.upload(short_songs[:1])
    (key,) = pipeline.succeeded(pipeline.submit(CutSongs(parts=parts_of([song]))))["cuts"]
    cut = Artifact(pipeline.tenant, Kind.CUT, key)
    winner = pipeline.dispatcher.artifacts.get(cut)
    late = Attempt(pipeline.store, cut)
    late.put("0000.flac", b"other bytes")
    assert late.commit(winner.spec, winner.expect(CutFacts)) == winner
    assert pipeline.attempts(cut) == [winner.attempt]


def test_cancelling_one_of_two_jobs_that_share_a_fit_leaves_the_other(
    pipeline: Pipeline, short_songs: list[Path]
) -> None:
    songs = pipeline.upload(short_songs)
    first, second = (pipeline.submit(fit_of(songs, long_training())) for _ in range(2))
    model = running_fit(pipeline)
    pipeline.dispatcher.records.cancel(pipeline.tenant, first.id)
    reached = pipeline.dispatcher.segment(model)
    until(lambda: pipeline.dispatcher.segment(model) > reached + 1, timeout_s=60)
    assert pipeline.job(second).outcome is None, "the other job still wants the fit"
    pipeline.dispatcher.records.cancel(pipeline.tenant, second.id)
    until(lambda: not pipeline.leases.running([model]), timeout_s=60)
    assert pipeline.dispatcher.artifacts.find(model) is None
    for job in (first, second):
        outcome = pipeline.job(job).outcome
        assert outcome is not None
        assert outcome.state is State.CANCELLED


def test_a_bucket_on_a_new_machine_with_an_empty_valkey_is_the_whole_system(
    pipeline: Pipeline, settings: Settings, short_songs: list[Path]
) -> None:
    old = Pipeline(settings, tenant=pipeline.tenant)  # Servers without workers: its job stays open.
    songs = old.upload(short_songs)
    job = old.submit(mix_of(songs))
    assert job.outcome is None
    keys = [stored.key for stored in old.store.list(tenant_folder(old.tenant))]
    marks = open_jobs_folder(old.tenant)
    # Workers look for open jobs while this copies: what a job needs has to be there before its mark is.
    for key in sorted(keys, key=lambda key: key.startswith(marks)):
        pipeline.store.put(key, old.store.get(key))
    result = pipeline.succeeded(job)
    model = Artifact(pipeline.tenant, Kind.MODEL, result["models"][0])
    assert pipeline.dispatcher.artifacts.get(model).expect(ModelFacts).approach == "linear"


def test_a_job_tells_which_song_cannot_be_used(pipeline: Pipeline, short_songs: list[Path]) -> None:
    songs = [*pipeline.upload(short_songs[:1]), pipeline.upload_bytes(b"no sound at all")]
    outcome = pipeline.ended(pipeline.submit(mix_of(songs))).outcome
    assert outcome is not None
    assert outcome.state is State.FAILED
    assert outcome.problem is not None
    assert outcome.problem.slug == "not-audio"
    assert songs[1] in outcome.problem.detail


def test_a_mix_longer_than_its_pool_fails_and_says_so(pipeline: Pipeline, short_songs: list[Path]) -> None:
    started = time.monotonic()
    outcome = pipeline.ended(pipeline.submit(mix_of(pipeline.upload(short_songs), chunks=500))).outcome
    assert outcome is not None
    assert outcome.problem is not None
    assert outcome.problem.slug == "pool-too-small"
    assert "500" in outcome.problem.detail
    assert time.monotonic() - started < 300
