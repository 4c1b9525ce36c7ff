"""Look at jobs: their records, what is missing by now, and what Valkey knows of it."""

from __future__ import annotations

from services.gateway.backend import Backend
from services.gateway.schemas.jobs import Job, JobSummary
from services.gateway.views.jobs import Pulse, job_view, summary_of
from shared.errors import QueueUnavailable
from shared.jobs import attention, records
from shared.jobs.plans import Plan
from shared.queue import Queue
from shared.store.keys import Artifact


def look_at(backend: Backend, job: records.Job) -> Job:
    """Show a job as it is now."""
    return watch(backend, job)[0]


def watch(backend: Backend, job: records.Job) -> tuple[Job, list[Artifact]]:
    """Show a job as it is now; return with it the artifacts whose making changes what is shown."""
    plan = backend.plan(job)
    shown = job_view(job, plan, Pulse() if job.outcome else take_pulse(backend, plan))
    return shown, plan.missing


def summarise(backend: Backend, job: records.Job) -> JobSummary:
    """Show a job as lists do; only an open one costs a look at what is missing."""
    if job.outcome is not None:
        return summary_of(job, is_running=False)
    plan = backend.plan(job)
    return summary_of(job, is_running=bool(take_pulse(backend, plan).running))


def take_pulse(backend: Backend, plan: Plan) -> Pulse:
    """Return what Valkey knows of a plan's missing artifacts; if it does not answer, that."""

    def ask() -> Pulse:
        running = backend.leases.running(plan.missing)
        return Pulse(
            running=frozenset(running),
            progress=backend.board.read(sorted(running)),
            workers={queue: len(attention.attentive(backend.leases, queue)) for queue in Queue},
        )

    try:
        return backend.ask_queue(ask)
    except QueueUnavailable:
        return Pulse()
