"""Reports on models, and the leaderboard."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response, status

from services.gateway import library
from services.gateway.auth import Tenant
from services.gateway.dependencies import TheBackend, documented
from services.gateway.paging import Cursor, Limit
from services.gateway.reports import all_reports, serve_report
from services.gateway.schemas.common import POOL_DIGEST_EXAMPLE, Page
from services.gateway.schemas.reports import Leaderboard, ReportSummary
from services.gateway.views.reports import leaderboard, report_summary
from services.gateway.votes import tally
from shared.store.keys import Kind

router = APIRouter(tags=["reports"])


@router.get("/reports", responses=documented())
def list_reports(
    backend: TheBackend, tenant: Tenant, limit: Limit = 50, cursor: Cursor = None
) -> Page[ReportSummary]:
    """List reports in the order of their ids, each with its headline figures."""
    return library.page_of_made(backend, tenant, Kind.REPORT, report_summary, limit=limit, cursor=cursor)


@router.get(
    "/reports/{report_id}",
    response_class=Response,
    responses={
        200: {
            "content": {"application/json": {"schema": {"type": "object"}}},
            "description": "`protocol`, `pool` and `approaches`, with every figure and its interval.",
        },
        **documented(404, 416),
    },
)
def get_report(request: Request, report_id: str, backend: TheBackend, tenant: Tenant) -> Response:
    """Read a whole report: every approach, every gap, every figure."""
    artifact = library.artifact_of(tenant, Kind.REPORT, report_id)
    return serve_report(request, backend, artifact, page=False)


@router.get(
    "/reports/{report_id}/page",
    response_class=Response,
    responses={
        200: {"content": {"text/html": {}}, "description": "A page without scripts."},
        **documented(404, 416),
    },
)
def get_page(request: Request, report_id: str, backend: TheBackend, tenant: Tenant) -> Response:
    """Read a report as a page, with plots."""
    artifact = library.artifact_of(tenant, Kind.REPORT, report_id)
    return serve_report(request, backend, artifact, page=True)


@router.delete("/reports/{report_id}", status_code=status.HTTP_204_NO_CONTENT, responses=documented(404, 409))
def delete_report(report_id: str, backend: TheBackend, tenant: Tenant) -> None:
    """Delete a report, unless an open job needs it. Deleting a model deletes its reports."""
    library.delete(backend, library.artifact_of(tenant, Kind.REPORT, report_id))


@router.get("/leaderboard", responses=documented(404))
def get_leaderboard(
    backend: TheBackend,
    tenant: Tenant,
    pool: Annotated[
        str | None,
        Query(
            pattern=r"^[0-9a-f]{4,64}$",
            description="`pool` of a report, or a unique beginning of it; by default that of the newest one.",
            examples=[POOL_DIGEST_EXAMPLE],
        ),
    ] = None,
) -> Leaderboard:
    """Rank all approaches that were asked the same questions about the same songs; show votes beside."""
    return leaderboard(all_reports(backend, tenant), pool, tally(backend, tenant).rows)
