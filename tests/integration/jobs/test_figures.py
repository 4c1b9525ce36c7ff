"""What real workers count: stages by kind and outcome, and problems of the decoder."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.jobs.recipes import CutSongs
from shared.metrics.catalogue import JOB_SECONDS, STAGE_PROBLEMS, STAGE_SECONDS, STAGE_STARTS
from shared.metrics.tally import SUM
from shared.queue import Queue
from shared.store.keys import Artifact, Kind
from tests.support.figures import counted, observed
from tests.support.pipeline import Pipeline, parts_of
from tests.support.servers import until

pytestmark = pytest.mark.integration


def test_stages_are_counted_by_kind_and_outcome(pipeline: Pipeline, short_songs: list[Path]) -> None:
    leases = pipeline.leases
    starts = counted(leases, STAGE_STARTS, "cut")
    commits = observed(leases, STAGE_SECONDS, "cut", "committed")
    jobs = observed(leases, JOB_SECONDS, "succeeded")
    pipeline.succeeded(pipeline.submit(CutSongs(parts=parts_of(pipeline.upload(short_songs[:2])))))
    until(lambda: observed(leases, STAGE_SECONDS, "cut", "committed") == commits + 2)
    assert counted(leases, STAGE_STARTS, "cut") == starts + 2
    assert counted(leases, STAGE_SECONDS, "cut", "committed", SUM) > 0
    until(lambda: observed(leases, JOB_SECONDS, "succeeded") > jobs)


def test_what_the_decoder_rejects_is_counted_by_its_problem(pipeline: Pipeline) -> None:
    leases, labels = pipeline.leases, ("song", "not-audio")
    problems = counted(leases, STAGE_PROBLEMS, *labels)
    rejected = observed(leases, STAGE_SECONDS, "song", "rejected")
    song = pipeline.upload_bytes(b"no sound, and never was")
    pipeline.ended(pipeline.submit(CutSongs(parts=parts_of([song]))))
    until(lambda: counted(leases, STAGE_PROBLEMS, *labels) == problems + 1)
    until(lambda: observed(leases, STAGE_SECONDS, "song", "rejected") == rejected + 1)


def test_no_round_trip_is_made_for_a_chunk(pipeline: Pipeline, short_songs: list[Path]) -> None:
    """Valkey itself counts the commands that pass figures on."""
    (song,) = pipeline.upload(short_songs[:1])
    pipeline.succeeded(pipeline.submit(CutSongs(parts=parts_of([song]))))
    until(lambda: not pipeline.leases.queued(Queue.CHUNKER))
    valkey = pipeline.leases.valkey
    valkey.config_resetstat()
    cut = parts_of([song])[0].cut.model_copy(update={"chunk_s": 0.1, "min_chunk_ms": 0})
    (key,) = pipeline.succeeded(pipeline.submit(CutSongs(parts=parts_of([song], cut))))["cuts"]
    chunks = len(pipeline.dispatcher.artifacts.get(Artifact(pipeline.tenant, Kind.CUT, key)).payloads)
    calls = valkey.info("commandstats").get("cmdstat_hincrbyfloat", {}).get("calls", 0)
    assert chunks > 100
    assert calls < chunks / 3
