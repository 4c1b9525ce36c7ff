"""With real workers: one tenant's many jobs and another's one."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.jobs.leases import MESSAGES_PER_WORKER
from shared.jobs.recipes import CutSongs, DecodeSong
from shared.jobs.records import Job
from shared.parameters import Cut
from shared.worker import CORES
from tests.support.pipeline import Pipeline, parts_of

pytestmark = pytest.mark.integration

MANY = 40


def cut_job(pipeline: Pipeline, song: str, number: int) -> Job:
    cut = Cut(method="equal", chunk_s=round(2 + 0.01 * number, 2))
    return pipeline.submit(CutSongs(parts=parts_of([song], cut)))


def test_one_job_takes_a_few_tasks_time_beside_another_tenants_many(
    pipeline: Pipeline, short_songs: list[Path]
) -> None:
    greedy, modest = pipeline, Pipeline(pipeline.settings)
    songs = [one.upload(short_songs[:1])[0] for one in (greedy, modest)]
    for one, song in zip((greedy, modest), songs, strict=True):
        one.succeeded(one.submit(DecodeSong(song=song)))
    many = [cut_job(greedy, songs[0], number) for number in range(MANY)]
    one_job = cut_job(modest, songs[1], 0)
    modest.succeeded(one_job)
    for job in many:
        greedy.succeeded(job)
    ended = modest.job(one_job).outcome
    assert ended is not None
    outcomes = [greedy.job(job).outcome for job in many]
    before_it = sum(
        one_job.accepted.accepted_at < outcome.ended_at < ended.ended_at for outcome in outcomes if outcome
    )
    # Those that run, those whose messages lie there, and as many again for what is told late.
    assert before_it <= 2 * (CORES + MESSAGES_PER_WORKER)
    assert before_it < MANY // 2
