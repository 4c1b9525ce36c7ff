"""The list of a tenant's jobs, the newest first.

Job ids say nothing of time, so all acceptances are listed to find a page: one request to the store per
thousand objects. Only the jobs of the page are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from services.gateway.backend import Backend
from services.gateway.looking import summarise
from services.gateway.paging import page_of
from services.gateway.schemas.common import Page
from services.gateway.schemas.jobs import JobSummary
from shared.jobs.records import State
from shared.store import keys

_ACCEPTED = "/accepted.json"


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
    stored = backend.store.list(keys.jobs_folder(tenant))
    places = sorted(
        (
            f"{_sortable(one.modified)}-{one.key.removesuffix(_ACCEPTED).rsplit('/', 1)[1]}"
            for one in stored
            if one.key.endswith(_ACCEPTED)
        ),
        reverse=True,
    )
    yield from (place for place in places if cursor is None or place < cursor)


def _sortable(instant: datetime | None) -> str:
    return (instant or datetime.fromtimestamp(0, UTC)).astimezone(UTC).strftime("%Y%m%dT%H%M%S.%f")
