"""Models: fit an approach, judge it, and read how well it judges."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response, status

from services.gateway import library
from services.gateway.auth import Tenant
from services.gateway.dependencies import IdempotencyKey, TheBackend, accept, documented, resolver_of
from services.gateway.paging import Cursor, Limit
from services.gateway.ranges import serve_payload
from services.gateway.reports import delete_reports_on, newest_report, prefers_page, serve_newest
from services.gateway.schemas.artifacts import Model
from services.gateway.schemas.common import Page
from services.gateway.schemas.jobs import Job
from services.gateway.schemas.requests import ModelRequest, PretrainedRequest, ReportRequest
from services.gateway.shipped import ship
from services.gateway.views.artifacts import model_view
from shared.store.keys import Kind

router = APIRouter(prefix="/models", tags=["models"])
_AS_A_PAGE: dict[str, Any] = {"text/html": {}}
_HELD_OUT = ReportRequest()


@router.post("", status_code=status.HTTP_202_ACCEPTED, responses=documented(404, 413))
def fit_model(
    request: ModelRequest,
    response: Response,
    backend: TheBackend,
    tenant: Tenant,
    idempotency_key: IdempotencyKey = None,
) -> Job:
    """Fit an approach, by default `segue`, on cut songs; some songs are held out to judge it by."""
    recipe = resolver_of(backend, tenant).model(request)
    return accept(backend, tenant, recipe, idempotency_key, response)


@router.get("", responses=documented())
def list_models(backend: TheBackend, tenant: Tenant, limit: Limit = 50, cursor: Cursor = None) -> Page[Model]:
    """List models in the order of their ids."""
    return library.page_of_made(backend, tenant, Kind.MODEL, model_view, limit=limit, cursor=cursor)


@router.post("/pretrained", responses=documented())
def get_pretrained(request: PretrainedRequest, backend: TheBackend, tenant: Tenant) -> Model:
    """Have a model that needs no fit: shipped with Segue, and from then on a model like any other."""
    artifact, manifest = ship(backend, tenant, request.approach)
    return model_view(artifact.key, manifest)


@router.get("/{model_id}", responses=documented(404))
def get_model(model_id: str, backend: TheBackend, tenant: Tenant) -> Model:
    """Show a model and its main figures."""
    return model_view(model_id, library.made(backend, tenant, Kind.MODEL, model_id))


@router.post("/{model_id}/report", status_code=status.HTTP_202_ACCEPTED, responses=documented(404, 413))
def ask_for_report(
    model_id: str,
    response: Response,
    backend: TheBackend,
    tenant: Tenant,
    request: ReportRequest = _HELD_OUT,
    idempotency_key: IdempotencyKey = None,
) -> Job:
    """Judge a model on songs, or on those that it held out of its fit; the job's goal is the report.

    Songs that the model has learned from are left out, under whatever id, and named in the report.
    """
    model = library.artifact_of(tenant, Kind.MODEL, model_id)
    recipe = resolver_of(backend, tenant).report(model.key, request)
    return accept(backend, tenant, recipe, idempotency_key, response)


@router.get(
    "/{model_id}/report",
    response_class=Response,
    responses={
        200: {
            "content": {"application/json": {"schema": {"type": "object"}}, **_AS_A_PAGE},
            "description": "`protocol`, `pool` and `approaches`, with every figure and its interval.",
        },
        **documented(404, 416),
    },
)
def get_report(request: Request, model_id: str, backend: TheBackend, tenant: Tenant) -> Response:
    """Read the newest report on a model: how well it judges songs that it has not learned from.

    One on its held-out songs is made after every fit that held out two songs or more; where there is none
    yet, the problem says whether one is under way. As a page where `Accept` asks for `text/html`.
    """
    report = newest_report(backend, tenant, model_id)
    return serve_newest(request, backend, report, page=prefers_page(request))


@router.get(
    "/{model_id}/report.html",
    response_class=Response,
    responses={
        200: {"content": _AS_A_PAGE, "description": "A page without scripts."},
        **documented(404, 416),
    },
)
def get_report_page(request: Request, model_id: str, backend: TheBackend, tenant: Tenant) -> Response:
    """Read the newest report on a model as a page, with plots."""
    return serve_newest(request, backend, newest_report(backend, tenant, model_id), page=True)


@router.get(
    "/{model_id}/figures",
    response_class=Response,
    responses={
        200: {
            "content": {"application/json": {"schema": {"type": "object"}}},
            "description": "Accuracy, AUC and ranks on held-out songs, beside the baselines.",
        },
        **documented(404, 416),
    },
)
def get_figures(request: Request, model_id: str, backend: TheBackend, tenant: Tenant) -> Response:
    """Read the quick figures that a model was stored with; its report has more, and takes longer."""
    artifact = library.artifact_of(tenant, Kind.MODEL, model_id)
    return serve_payload(request, backend, artifact, "report.json", filename="figures.json")


@router.get(
    "/{model_id}/history",
    response_class=Response,
    responses={
        200: {
            "content": {"application/json": {"schema": {"type": "array", "items": {"type": "object"}}}},
            "description": "Loss and accuracy of each epoch; empty for what is solved in closed form.",
        },
        **documented(404, 416),
    },
)
def get_history(request: Request, model_id: str, backend: TheBackend, tenant: Tenant) -> Response:
    """Read how a fit went, epoch by epoch."""
    artifact = library.artifact_of(tenant, Kind.MODEL, model_id)
    return serve_payload(request, backend, artifact, "history.json", filename="history.json")


@router.delete("/{model_id}", status_code=status.HTTP_204_NO_CONTENT, responses=documented(404, 409))
def delete_model(model_id: str, backend: TheBackend, tenant: Tenant) -> None:
    """Delete a model with all reports on it, unless an open job needs it."""
    model = library.artifact_of(tenant, Kind.MODEL, model_id)
    library.delete(backend, model)
    delete_reports_on(backend, model)
