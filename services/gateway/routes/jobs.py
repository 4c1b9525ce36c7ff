"""Jobs: list, watch, cancel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Header, HTTPException, Query, status
from fastapi.sse import EventSourceResponse, ServerSentEvent

from services.gateway.auth import Tenant
from services.gateway.dependencies import TheAnnouncements, TheBackend, documented
from services.gateway.events import TERMINAL, event_of, follow
from services.gateway.history import page_of_jobs
from services.gateway.looking import look_at, watch
from services.gateway.names import is_id
from services.gateway.paging import Cursor, Limit
from services.gateway.problems import LONGEST_FOUND
from services.gateway.schemas.common import Page
from services.gateway.schemas.jobs import Job, JobSummary
from shared.errors import NotFound, QueueUnavailable
from shared.jobs import records
from shared.jobs.records import State
from shared.store.keys import Artifact

router = APIRouter(prefix="/jobs", tags=["jobs"])
log = structlog.get_logger(__name__)

LastEventId = Annotated[
    str | None, Header(max_length=100, description="Id of the last event that was seen; browsers send it.")
]


def known_job(job_id: str, backend: TheBackend, tenant: Tenant) -> records.Job:
    """Return the job that a path names.

    Raises:
        NotFound: there is none.
    """
    if not is_id(job_id):
        raise NotFound("job", job_id[:LONGEST_FOUND])
    return backend.records.get(tenant, job_id)


KnownJob = Annotated[records.Job, Depends(known_job)]


@router.get("", responses=documented())
def list_jobs(
    backend: TheBackend,
    tenant: Tenant,
    state: Annotated[State | None, Query(description="Only jobs in this state.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[JobSummary]:
    """List jobs, the newest first."""
    return page_of_jobs(backend, tenant, state=state, limit=limit, cursor=cursor)


@router.get("/{job_id}", responses=documented(404))
def get_job(job: KnownJob, backend: TheBackend) -> Job:
    """Show a job: how far it is, and what it made."""
    return look_at(backend, job)


def not_seen(job: KnownJob, backend: TheBackend, last_event_id: LastEventId = None) -> records.Job:
    """Return the job to follow; 204, which ends a browser's reconnecting, if its end was seen already."""
    if job.outcome is not None and last_event_id is not None:
        shown = look_at(backend, job)
        if shown.state in TERMINAL and event_of(shown).id == last_event_id:
            raise HTTPException(status.HTTP_204_NO_CONTENT)
    return job


@router.get(
    "/{job_id}/events",
    response_class=EventSourceResponse,
    responses={
        200: {"description": "Events `job` with the job as it is, whenever it changes; at its end `ended`."},
        204: {"description": "The client has seen the end already."},
        **documented(404),
    },
)
async def follow_job(
    job: Annotated[records.Job, Depends(not_seen)],
    backend: TheBackend,
    announcements: TheAnnouncements,
    last_event_id: LastEventId = None,
) -> AsyncIterator[ServerSentEvent]:
    """Follow a job by server-sent events, from a snapshot to its end."""

    def look() -> tuple[Job, list[Artifact]]:
        return watch(backend, backend.records.get(job.tenant, job.id))

    async for event in follow(announcements, job.id, look, last_seen=last_event_id):
        yield event


@router.delete("/{job_id}", responses=documented(404, 409))
def cancel_job(job: KnownJob, backend: TheBackend) -> Job:
    """Cancel a job. Work that another job wants goes on for that one."""
    ended = backend.records.cancel(job.tenant, job.id)
    try:
        backend.board.announce(job.id)
    except QueueUnavailable as error:
        log.warning("cancel not announced", action="announce_failed", job=job.id, cause=str(error))
    return look_at(backend, ended)
