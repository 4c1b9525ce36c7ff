"""The list of a tenant's jobs, the newest first.

Job ids say nothing of time, so what was accepted when is read once per job and process. After that a page
costs one listing of folders per thousand jobs: a listing of all that is in them takes stores that keep
folders, as SeaweedFS does, longer than a client waits. Only the page's jobs are read whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from services.gateway.backend import Backend
from services.gateway.looking import summarise
from services.gateway.paging import page_of
from services.gateway.schemas.common import Page
from services.gateway.schemas.jobs import JobSummary
from shared.errors import Illegible
from shared.jobs.records import JobRecords, State

_UNKNOWN_TIME = "00000000T000000.000000"


def page_of_jobs(
    backend: Backend, tenant: str, *, state: State | None, limit: int, cursor: str | None
) -> Page[JobSummary]:
    """Return a page of jobs, of one state if that is given."""
    wanted: Callable[[JobSummary], bool] = lambda job: state is None or job.state is state  # noqa: E731

    def show(place: str) -> JobSummary | None:
        job = backend.records.find(tenant, place.rsplit("-", 1)[1])
        summary = summarise(backend, job) if job else None
        return summary if summary and wanted(summary) else None

    return page_of(_places(backend, tenant, cursor), show, limit)


def _places(backend: Backend, tenant: str, cursor: str | None) -> Iterator[str]:
    """Yield the time and id of each job as one text, the newest first, from after the cursor."""
    found = (_place(backend.records, tenant, identifier) for identifier in backend.records.ids(tenant))
    places = sorted((place for place in found if place), reverse=True)
    yield from (place for place in places if cursor is None or place < cursor)


def _place(records: JobRecords, tenant: str, identifier: str) -> str | None:
    """Return where a job stands; one whose record cannot be read is at the end, None where there is none."""
    try:
        accepted_at = records.accepted_at(tenant, identifier)
    except Illegible:
        return f"{_UNKNOWN_TIME}-{identifier}"
    return f"{_sortable(accepted_at)}-{identifier}" if accepted_at else None


def _sortable(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%f")
