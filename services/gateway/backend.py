"""The gateway's connections: impatient ones, since a client waits for each answer.

A server that does not answer is told to the client within 5 s; nothing is tried again here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import structlog
from kombu.exceptions import OperationalError
from redis.backoff import NoBackoff
from redis.retry import Retry

from services.gateway.access.quotas import Quotas, share_of
from services.gateway.paging import readable
from shared.errors import KeyReused, QueueFull, QueueUnavailable, Unavailable
from shared.jobs.dispatcher import Dispatcher
from shared.jobs.leases import Leases, connect_valkey, translated
from shared.jobs.pipeline import make_plan
from shared.jobs.plans import Find, Plan
from shared.jobs.progress import ProgressBoard
from shared.jobs.recipes import Recipe
from shared.jobs.records import Job, JobRecords
from shared.queue import Order, make_app, send
from shared.settings import Settings
from shared.store import keys
from shared.store.artifacts import Artifacts
from shared.store.keys import Artifact
from shared.store.objects import ObjectStore, connect

VALKEY_TIMEOUT_S = 1.0
STORE_TIMEOUT_S = 4.0
FULL_SHARE = 0.9
"""Of Valkey's memory, where it has a limit: the rest is for jobs that were accepted before."""
POOLED_CONNECTIONS = 48
"""Kept open to the store: as many as threads that answer requests, look for listeners and store uploads."""
AWAY_S = 2.0
"""For so long Valkey is not asked again about what can be shown without it."""
log = structlog.get_logger(__name__)
Answer = TypeVar("Answer")


@dataclass
class Backend:
    """Everything that routes work with."""

    settings: Settings
    store: ObjectStore
    """Gives up soon."""
    patient_store: ObjectStore
    """For what takes its time: uploads, and copies inside the store."""
    dispatcher: Dispatcher
    quotas: Quotas = field(init=False)
    """What holds tenants to their share."""
    _uncached: Artifacts = field(init=False)
    _away_until_s: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._uncached = Artifacts(self.store)
        self.quotas = Quotas(self.settings, self._stored_bytes, self._count_open, self._count_all_open)

    @property
    def leases(self) -> Leases:
        """What Valkey knows of work under way."""
        return self.dispatcher.leases

    @property
    def board(self) -> ProgressBoard:
        """Progress and announcements."""
        return self.dispatcher.board

    @property
    def records(self) -> JobRecords:
        """The truth about jobs."""
        return self.dispatcher.records

    @property
    def artifacts(self) -> Artifacts:
        """Manifests as they are now: what was deleted anywhere is forgotten."""
        try:
            self.dispatcher.artifacts.refresh(self.ask_queue(self.leases.deletions))
        except QueueUnavailable:
            self._uncached.refresh(-1)  # Deletions are not heard of: remember for a minute at most.
            return self._uncached
        return self.dispatcher.artifacts

    def need_queue(self) -> None:
        """Raise QueueUnavailable unless Valkey answers: nothing is accepted without it."""
        with translated():
            self.leases.valkey.ping()

    def need_room_in_queue(self) -> None:
        """Raise QueueUnavailable unless Valkey answers, or QueueFull if it has next to no memory left."""
        with translated():
            memory: Any = self.leases.valkey.info("memory")
        used, most = memory["used_memory"], memory.get("maxmemory", 0)
        if most and used > FULL_SHARE * most:
            raise QueueFull(used_share=used / most, most_share=FULL_SHARE)

    def ask_queue(self, ask: Callable[[], Answer]) -> Answer:
        """Ask Valkey for what can be done without: a list must not wait for it once per item.

        Raises:
            QueueUnavailable: it does not answer, or did not a moment ago.
        """
        if time.monotonic() < self._away_until_s:
            raise QueueUnavailable("it did not answer a moment ago")
        try:
            return ask()
        except QueueUnavailable:
            self._away_until_s = time.monotonic() + AWAY_S
            raise

    def submit(self, tenant: str, job: str, recipe: Recipe) -> Job:
        """Accept a job, or return the one of this id.

        Raises:
            QueueUnavailable, StoreUnavailable: nothing was accepted.
            KeyReused: the job of this id was asked for something else.
        """
        self.need_room_in_queue()
        try:
            accepted = self.dispatcher.submit(tenant, job, recipe)
        except Unavailable:
            found = self.records.find(tenant, job)
            if found is None:
                raise
            # Accepted, and a server went away before it was enqueued: the reconciler does it.
            log.warning("accepted but not enqueued", action="enqueue_left", job=job)
            accepted = found
        if accepted.accepted.recipe != recipe:
            raise KeyReused(kind="job", name=job)
        return accepted

    def plan(self, job: Job, find: Find | None = None) -> Plan:
        """Plan a job to be looked at: whether uploads still lie there is left to the reconciler."""
        return make_plan(job.tenant, job.accepted.recipe, find or self.artifacts.find, lambda _: True)

    def open_jobs(self, tenant: str, *, need_all: bool = False) -> list[Job]:
        """Return a tenant's jobs that have not ended, oldest first.

        Args:
            tenant: whose.
            need_all: do not pass over those whose records cannot be read.

        Raises:
            Illegible: one cannot be read, and all are needed.
        """
        names = (mark.key.rsplit("/", 1)[1] for mark in self.records.open_marks(tenant))
        find = partial(self.records.find, tenant)
        found = map(find, names) if need_all else (job for _, job in readable(names, find))
        return [job for job in found if job is not None and job.outcome is None]

    def needed_by(self, artifact: Artifact) -> Job | None:
        """Return an open job that needs an artifact; one that cannot be read keeps nothing from deletion."""
        jobs = self.open_jobs(artifact.tenant)
        return next((job for job in jobs if artifact in self.plan(job).needed), None)

    def _stored_bytes(self, tenant: str) -> int:
        return sum(stored.size_bytes for stored in self.store.list(keys.tenant_folder(tenant)))

    def _count_open(self, tenant: str) -> int:
        return sum(1 for _ in self.store.list(keys.open_jobs_folder(tenant)))

    def _count_all_open(self) -> int:
        """Count the open jobs of all, of each tenant at most its share.

        Uploads are taken in beyond it; they must not use up what others may ask for.
        """
        tenants = self.records.tenants()
        counts = ((self._count_open(tenant), share_of(self.settings, tenant).open_jobs) for tenant in tenants)
        return sum(min(found, limit) if limit else found for found, limit in counts)

    def close(self) -> None:
        """Give the connections back."""
        self.leases.valkey.close()


def connect_backend(settings: Settings) -> Backend:
    """Return the gateway's connections; no request is made yet."""
    valkey = connect_valkey(settings, timeout_s=VALKEY_TIMEOUT_S)
    valkey.set_retry(Retry(NoBackoff(), 0))
    store = connect(settings, timeout_s=STORE_TIMEOUT_S, retries=0, connections=POOLED_CONNECTIONS)
    app = make_app("services.gateway", settings, patient=False)

    def enqueue(order: Order) -> None:
        try:
            send(app, order)
        except OperationalError as error:
            raise QueueUnavailable(type(error).__name__) from error

    dispatcher = Dispatcher(store, Leases(valkey, settings), ProgressBoard(valkey, settings), enqueue)
    return Backend(settings, store, connect(settings), dispatcher)
