"""Drive jobs without the gateway: real servers, and real workers where a test asks for them."""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path
from typing import Any

from shared.jobs.dispatcher import Dispatcher
from shared.jobs.leases import Leases, connect_valkey
from shared.jobs.progress import ProgressBoard
from shared.jobs.recipes import FitModel, MakeMix, Part, Recipe
from shared.jobs.records import Job, State
from shared.learning.approaches import get_approach
from shared.parameters import Cut, Sequencing, Training
from shared.queue import Order, make_app, send
from shared.settings import Settings
from shared.store import keys
from shared.store.artifacts import Attempt
from shared.store.keys import Artifact
from shared.store.manifests import Facts
from shared.store.objects import ObjectStore, connect
from tests.support.servers import until

CUT = Cut(method="equal", chunk_s=2.0)
SMALL = {"filters": 4, "lstm_units": 4, "dense_units": 4, "edge_frames": 8, "random_cuts_per_epoch": 0}


class Pipeline:
    """A dispatcher for one tenant, whose orders go to the real queue unless `sent` should keep them."""

    def __init__(self, settings: Settings, *, tenant: str | None = None, keep_orders: bool = False) -> None:
        self.settings, self.tenant = settings, tenant or f"t{uuid.uuid4().hex[:10]}"
        self.sent: list[Order] = []
        app = make_app("services.gateway", settings, patient=False)
        valkey = connect_valkey(settings)
        self.leases = Leases(valkey, settings)
        self.dispatcher = Dispatcher(
            connect(settings),
            self.leases,
            ProgressBoard(valkey, settings),
            self.sent.append if keep_orders else lambda order: send(app, order),
        )
        self.store: ObjectStore = self.dispatcher.store

    def upload(self, paths: list[Path]) -> list[str]:
        """Put songs where the gateway puts them; return their ids."""
        return [self.upload_bytes(path.read_bytes()) for path in paths]

    def upload_bytes(self, data: bytes) -> str:
        song = hashlib.sha256(data).hexdigest()
        self.store.put(keys.song_source(self.tenant, song), data)
        return song

    def submit(self, recipe: Recipe) -> Job:
        return self.dispatcher.submit(self.tenant, uuid.uuid4().hex, recipe)

    def make(self, order: Order, facts: Facts) -> None:
        """Commit what an order asks for, as a worker does."""
        Attempt(self.store, order.artifact).commit(order.spec, facts)

    def job(self, job: Job) -> Job:
        return self.dispatcher.records.get(self.tenant, job.id)

    def ended(self, job: Job, *, timeout_s: float = 120.0) -> Job:
        """Wait until a job is terminal."""
        until(lambda: self.job(job).outcome, timeout_s=timeout_s)
        return self.job(job)

    def succeeded(self, job: Job, *, timeout_s: float = 120.0) -> dict[str, list[str]]:
        """Wait until a job is terminal, and require that it succeeded; return its result."""
        outcome = self.ended(job, timeout_s=timeout_s).outcome
        assert outcome is not None
        assert outcome.state is State.SUCCEEDED, outcome.problem
        return outcome.result

    def attempts(self, artifact: Artifact) -> list[str]:
        """Return the attempts that have left anything of an artifact."""
        names = {stored.key.removeprefix(artifact.folder) for stored in self.store.list(artifact.folder)}
        folders = {name.split("/")[0] for name in names if "/" in name}
        return sorted(folders - {"starts", "checkpoints"})


def training(approach: str = "linear", **settings: Any) -> Training:
    """Return a training as the gateway resolves it."""
    resolved = get_approach(approach).resolve(settings).model_dump(mode="json")
    return Training(approach=approach, settings=resolved)


def long_training() -> Training:
    """Return a fit that lasts minutes, in short epochs."""
    return training("binary", **SMALL, epochs=10_000, patience=None)


def parts_of(songs: list[str], cut: Cut = CUT) -> tuple[Part, ...]:
    return tuple(Part(song=song, cut=cut) for song in songs)


def mix_of(songs: list[str], *, chunks: int = 5, model: str | Training | None = None) -> MakeMix:
    return MakeMix(parts=parts_of(songs), model=model or training(), sequencing=Sequencing(chunks=chunks))


def fit_of(songs: list[str], chosen: Training) -> FitModel:
    return FitModel(parts=parts_of(songs), training=chosen)
