"""Job records: the truth about jobs, in the bucket.

Each record is created once and never changed. `accepted` says what was asked, `cancelled` that it is not
wanted any more, `outcome` how it ended. The mark under `jobs-open/` is written before `accepted` and
deleted after `outcome`, so a crash between two writes leaves a mark too many and never one too few.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

import structlog
from pydantic import Field

from shared import tracing
from shared.errors import AlreadyEnded, NotFound
from shared.jobs.recipes import Recipe
from shared.metrics.catalogue import JOB_SECONDS, JOBS_ACCEPTED
from shared.metrics.tally import TALLY
from shared.origin import Origin, current_origin
from shared.store import keys
from shared.store.documents import find_document
from shared.store.manifests import Document, Problem
from shared.store.memory import Memory
from shared.store.objects import ObjectStore, Stored, to_json

MOST_HELD_BYTES = 6_000_000
"""So much of JSON of what was asked is remembered, which takes some 40 MB."""
log = structlog.get_logger(__name__)


class State(StrEnum):
    """The states of a job. The last three are terminal."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


def _now() -> datetime:
    return datetime.now(UTC)


class Accepted(Document):
    """What was asked."""

    id: str
    tenant: str
    recipe: Recipe
    origin: Origin = Origin()
    accepted_at: datetime = Field(default_factory=_now)


class Cancelled(Document):
    """The wish that a job end."""

    cancelled_at: datetime = Field(default_factory=_now)


class Outcome(Document):
    """How a job ended."""

    state: State
    ended_at: datetime = Field(default_factory=_now)
    result: dict[str, list[str]] = Field(default_factory=dict, description="Keys made, by kind.")
    problem: Problem | None = None


class Job(Document):
    """A job as its records tell it."""

    accepted: Accepted
    cancelled: Cancelled | None = None
    outcome: Outcome | None = None

    @property
    def id(self) -> str:
        """The job's id."""
        return self.accepted.id

    @property
    def tenant(self) -> str:
        """Whose it is."""
        return self.accepted.tenant


Record = TypeVar("Record", bound=Document)


def job_id(tenant: str, idempotency_key: str | None) -> str:
    """Return a job's id: random, or of its idempotency key, so that asking twice gives one job."""
    if idempotency_key is None:
        return uuid.uuid4().hex
    return hashlib.sha256(f"{tenant}\n{idempotency_key}".encode()).hexdigest()[:32]


class JobRecords:
    """Read and write job records of every tenant."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._accepted_at: dict[tuple[str, str], datetime] = {}
        self._accepted: Memory[tuple[str, str], Accepted] = Memory(
            MOST_HELD_BYTES, lambda asked: len(asked.model_dump_json())
        )

    def accept(
        self, tenant: str, identifier: str, recipe: Recipe, origin: Origin | None = None
    ) -> tuple[Job, bool]:
        """Store a job; return it, and whether it is new. A known id gives the job that is there."""
        origin = origin or current_origin()
        accepted = Accepted(id=identifier, tenant=tenant, recipe=recipe, origin=origin)
        if known := self.find(tenant, identifier):
            return known, False
        self.put_mark(tenant, identifier)
        new = self._create(tenant, identifier, "accepted", accepted)
        # The mark of an earlier try may have been swept meanwhile, and this one with it: see `drop_mark`.
        if not self.is_open(tenant, identifier):
            self.put_mark(tenant, identifier)
        if not new:
            return self.get(tenant, identifier), False
        TALLY.count(JOBS_ACCEPTED)
        log.info(
            "job accepted",
            action="job_accepted",
            job=identifier,
            tenant=tenant,
            goal=recipe.goal,
            request_id=origin.request_id,
        )
        return Job(accepted=accepted), True

    def find(self, tenant: str, identifier: str) -> Job | None:
        """Return a job, or None.

        Raises:
            Illegible: a record of it is damaged.
        """
        accepted = self._find_accepted(tenant, identifier)
        if accepted is None:
            return None
        return Job(
            accepted=accepted,
            cancelled=self._read(tenant, identifier, "cancelled", Cancelled),
            outcome=self._read(tenant, identifier, "outcome", Outcome),
        )

    def accepted_at(self, tenant: str, identifier: str) -> datetime | None:
        """Return when a job was accepted, or None where there is none; remembered for good.

        Raises:
            Illegible: the record is damaged.
        """
        known = self._accepted_at.get((tenant, identifier))
        if known is None and (accepted := self._find_accepted(tenant, identifier)) is not None:
            known = accepted.accepted_at
            self._accepted_at[tenant, identifier] = known
        return known

    def _find_accepted(self, tenant: str, identifier: str) -> Accepted | None:
        """Return what was asked, or None; it never changes, so the store is not asked each time."""
        accepted = self._accepted.get((tenant, identifier))
        if accepted is None and (accepted := self._read(tenant, identifier, "accepted", Accepted)):
            self._accepted.keep((tenant, identifier), accepted)
        return accepted

    def get(self, tenant: str, identifier: str) -> Job:
        """Return a job, or raise NotFound."""
        job = self.find(tenant, identifier)
        if job is None:
            raise NotFound("job", identifier)
        return job

    def cancel(self, tenant: str, identifier: str) -> Job:
        """Withdraw a job's wish. It is terminal at once; tasks that no other job wants stop by themselves.

        Raises:
            AlreadyEnded: it succeeded or failed before.
        """
        job = self.get(tenant, identifier)
        if job.outcome is None:
            self._create(tenant, identifier, "cancelled", Cancelled())
            job = self.finish(job, Outcome(state=State.CANCELLED))
        if job.outcome is None or job.outcome.state is not State.CANCELLED:
            raise AlreadyEnded(job=identifier, state=job.outcome.state if job.outcome else "ended")
        return job

    def finish(self, job: Job, outcome: Outcome) -> Job:
        """Record how a job ended, unless it has ended already; return it as it ended."""
        if self._create(job.tenant, job.id, "outcome", outcome):
            took = outcome.ended_at - job.accepted.accepted_at
            TALLY.observe(JOB_SECONDS, max(0.0, took.total_seconds()), outcome.state)
            _trace(job.accepted, outcome)
        self._store.delete(keys.open_job(job.tenant, job.id))
        return self.get(job.tenant, job.id)

    def condemn(self, tenant: str, identifier: str, problem: Problem) -> None:
        """End a job of which a record is damaged, so that nobody waits for it any more."""
        self._create(tenant, identifier, "outcome", Outcome(state=State.FAILED, problem=problem))
        self._store.delete(keys.open_job(tenant, identifier))

    def is_open(self, tenant: str, identifier: str) -> bool:
        """Tell whether a job is not terminal yet, by its mark."""
        return self._store.exists(keys.open_job(tenant, identifier))

    def tenants(self) -> list[str]:
        """Return every tenant that has anything stored."""
        return list(self._store.folders("t/"))

    def open_marks(self, tenant: str) -> list[Stored]:
        """Return the marks of a tenant's open jobs, oldest first."""
        marks = self._store.list(keys.open_jobs_folder(tenant))
        return sorted(marks, key=lambda mark: (mark.modified or _now(), mark.key))

    def put_mark(self, tenant: str, identifier: str) -> None:
        """Mark a job as open; one mark too many is dropped when the job is looked at."""
        self._store.put(keys.open_job(tenant, identifier), b"")

    def drop_mark(self, tenant: str, identifier: str) -> None:
        """Delete the mark of a job that has ended, or that was never accepted.

        One that is accepted in the same moment keeps its mark: `accept` looks for it after its record is
        there, and this looks for the record after the mark is gone; so the later of the two sees the other.
        """
        self._store.delete(keys.open_job(tenant, identifier))
        job = self.find(tenant, identifier)
        if job is not None and job.outcome is None:
            self.put_mark(tenant, identifier)

    def ids(self, tenant: str) -> Iterator[str]:
        """Yield the ids of all of a tenant's jobs."""
        return self._store.folders(keys.jobs_folder(tenant))

    def _read(self, tenant: str, identifier: str, name: str, kind: type[Record]) -> Record | None:
        return find_document(self._store, kind, keys.job_record(tenant, identifier, name))

    def _create(self, tenant: str, identifier: str, name: str, document: Document) -> bool:
        return self._store.create(keys.job_record(tenant, identifier, name), to_json(document))


def _trace(accepted: Accepted, outcome: Outcome) -> None:
    tracing.record(
        f"job {accepted.recipe.goal}",
        {"segue.job": accepted.id, "segue.tenant": accepted.tenant, "segue.state": outcome.state},
        parent=accepted.origin.traceparent,
        began=accepted.accepted_at,
        ended=outcome.ended_at,
    )
