"""Clearing up without a pause while jobs run and are cancelled, and songs come and go: nothing is lost."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from cli.stack.stack import Stack
from services.gateway import library
from services.gateway.backend import Backend, connect_backend
from services.gateway.clearing import collect
from services.gateway.garbage import (
    LEFTOVER,
    STALE_MARK,
    UNFINISHED_UPLOAD,
    UNNAMED_ATTEMPT,
    UNUSED,
)
from services.gateway.shipped import ship
from services.gateway.uploads import Received, keep
from shared.errors import AlreadyEnded
from shared.jobs.recipes import CutSongs, FitModel, MakeMix, Recipe
from shared.jobs.records import Job, State
from shared.parameters import Cut, Output, Sequencing
from shared.store import keys
from shared.store.keys import Artifact, Kind
from shared.store.objects import sha256_of
from tests.support.listening import decode_mono
from tests.support.pipeline import CUT, Pipeline, parts_of, training
from tests.support.servers import until
from tests.support.whole import lacking

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(600)]

GRACE = timedelta(seconds=15)
"""In place of a day. An attempt whose payloads are stored is committed within a second or two."""
ROUNDS = 4
REASONS = {UNFINISHED_UPLOAD, UNNAMED_ATTEMPT, LEFTOVER, UNUSED, STALE_MARK}


class User:
    """Does what users do, in an order drawn by lot."""

    def __init__(self, pipeline: Pipeline, backend: Backend, songs: list[Path]) -> None:
        self.pipeline, self.backend, self.tenant = pipeline, backend, pipeline.tenant
        self.files = {sha256_of(path): path for path in songs}
        self.lot, self.jobs, self.cancelled = random.Random(7), [], []
        self.model = ship(backend, self.tenant, "linear")[0].key

    def upload(self, song: str) -> None:
        """Do as the gateway does with an upload."""
        key, path = keys.upload(self.tenant, f"{len(self.jobs)}-{song[:8]}"), self.files[song]
        self.pipeline.store.put_file(key, path)
        keep(self.backend.store, self.tenant, Received(key, song, path.stat().st_size), path.name)
        library.begin_decoding(self.backend, self.tenant, song)

    def submit(self, recipe: Recipe) -> Job:
        self.jobs.append(self.backend.submit(self.tenant, f"job{len(self.jobs):04d}", recipe))
        return self.jobs[-1]

    def cancel(self, job: Job) -> None:
        with suppress(AlreadyEnded):
            self.backend.records.cancel(self.tenant, job.id)
            self.cancelled.append(job)

    def act(self, number: int) -> None:
        """Ask for a mix, cuts and a fit; every other time take one back, or delete a song and all models."""
        for song in self.files:
            if library.find_song(self.backend, self.tenant, song) is None:
                self.upload(song)
        parts = parts_of(list(self.files), self.lot.choice([CUT, Cut(method="equal", chunk_s=3.0)]))
        wish = Sequencing(chunks=self.lot.randint(2, 4), method="greedy")
        self.submit(MakeMix(parts=parts, model=self.model, sequencing=wish, output=Output(seams="plain")))
        self.submit(CutSongs(parts=parts_of(list(self.files), Cut(method="equal", chunk_s=2.0 + number))))
        fit = self.submit(FitModel(parts=parts, training=training("linear")))
        if number % 2 == 0:
            self.cancel(self.lot.choice([fit, self.jobs[-2]]))
            return
        until(lambda: not self.backend.open_jobs(self.tenant), timeout_s=300)
        library.delete(self.backend, Artifact(self.tenant, Kind.SONG, self.lot.choice(list(self.files))))
        for key in list(self.backend.artifacts.keys(self.tenant, Kind.MODEL)):
            model = Artifact(self.tenant, Kind.MODEL, key)
            if key != self.model and self.backend.artifacts.find(model) is not None:
                library.delete(self.backend, model)


class Sweeper(threading.Thread):
    """Clears up without a pause until told to stop."""

    def __init__(self, backend: Backend, tenant: str) -> None:
        super().__init__(name="sweeper")
        self._backend, self._tenant, self._stopped = backend, tenant, threading.Event()
        self.passes, self.reasons, self.error = 0, Counter[str](), None

    def run(self) -> None:
        try:
            while not self._stopped.is_set():
                found = collect(self._backend, self._tenant, dry_run=False, least_age=GRACE)
                self.passes += 1
                self.reasons.update(one.reason for one in found)
        except BaseException as error:
            self.error = error

    def stop(self) -> None:
        self._stopped.set()
        self.join()
        assert self.error is None, repr(self.error)


@pytest.fixture
def backends(working_stack: Stack) -> Iterator[list[Backend]]:
    """Two gateways' connections: one for users, one that clears up."""
    made = [connect_backend(working_stack.settings()) for _ in range(2)]
    yield made
    for backend in made:
        backend.close()


def test_clearing_up_while_everything_happens_takes_nothing_that_counts(
    pipeline: Pipeline, backends: list[Backend], short_songs: list[Path]
) -> None:
    user, tenant = User(pipeline, backends[0], short_songs[:3]), pipeline.tenant
    lost = plant_garbage(pipeline)
    for song in user.files:
        user.upload(song)
    sweeper = Sweeper(backends[1], tenant)
    sweeper.start()
    try:
        for number in range(ROUNDS):
            user.act(number)
            time.sleep(0.5)
        for job in user.jobs:
            pipeline.ended(job, timeout_s=300)
        until(lambda: not (sweeper.reasons.keys() ^ REASONS), timeout_s=120)
    finally:
        sweeper.stop()

    for job in user.jobs:
        outcome = pipeline.job(job).outcome
        assert outcome is not None
        wanted = State.CANCELLED if job in user.cancelled else State.SUCCEEDED
        assert outcome.state is wanted, outcome.problem
    states = Counter(pipeline.job(job).outcome.state for job in user.jobs)
    assert states[State.CANCELLED] > 0
    mine = [key for key in lacking(pipeline.store) if key.startswith(keys.tenant_folder(tenant))]
    assert mine == []
    artifacts = pipeline.dispatcher.artifacts
    artifacts.refresh(-1)
    mixes = [Artifact(tenant, Kind.MIX, key) for key in artifacts.keys(tenant, Kind.MIX)]
    assert mixes
    for mix in mixes:
        decode_mono(artifacts.read(mix, "mix.mp3"))
    assert not any(pipeline.store.exists(key) for key in lost)
    assert sweeper.passes > ROUNDS

    for song in user.files:
        if library.find_song(backends[0], tenant, song) is not None:
            library.delete(backends[0], Artifact(tenant, Kind.SONG, song))
        assert list(pipeline.store.list(Artifact(tenant, Kind.SONG, song).folder)) == []


def plant_garbage(pipeline: Pipeline) -> list[str]:
    """Put there what crashes leave; return the keys."""
    tenant, cut = pipeline.tenant, Artifact(pipeline.tenant, Kind.CUT, "c" * 64)
    lost = [
        keys.upload(tenant, "half"),
        keys.song_source(tenant, "d" * 64),
        keys.open_job(tenant, "never-accepted"),
        cut.payload("lost", "0000.flac"),
        f"{Artifact(tenant, Kind.MODEL, 'e' * 64).checkpoints}000004.npz",
    ]
    for key in lost:
        pipeline.store.put(key, b"left behind")
    return lost
