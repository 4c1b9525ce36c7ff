"""Models: fit an approach, and read how well it judges."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response, status

from services.gateway import library
from services.gateway.auth import Tenant
from services.gateway.dependencies import IdempotencyKey, TheBackend, accept, documented, resolver_of
from services.gateway.paging import Cursor, Limit
from services.gateway.ranges import serve_payload
from services.gateway.schemas.artifacts import Model
from services.gateway.schemas.common import Page
from services.gateway.schemas.jobs import Job
from services.gateway.schemas.requests import ModelRequest
from services.gateway.views.artifacts import model_view
from shared.store.keys import Kind

router = APIRouter(prefix="/models", tags=["models"])


@router.post("", status_code=status.HTTP_202_ACCEPTED, responses=documented(404))
def fit_model(
    request: ModelRequest,
    response: Response,
    backend: TheBackend,
    tenant: Tenant,
    idempotency_key: IdempotencyKey = None,
) -> Job:
    """Fit an approach on cut songs; some songs are held out to judge it by."""
    recipe = resolver_of(backend, tenant).model(request)
    return accept(backend, tenant, recipe, idempotency_key, response)


@router.get("", responses=documented())
def list_models(backend: TheBackend, tenant: Tenant, limit: Limit = 50, cursor: Cursor = None) -> Page[Model]:
    """List models in the order of their ids."""
    return library.page_of_made(backend, tenant, Kind.MODEL, model_view, limit=limit, cursor=cursor)


@router.get("/{model_id}", responses=documented(404))
def get_model(model_id: str, backend: TheBackend, tenant: Tenant) -> Model:
    """Show a model and its main figures."""
    return model_view(model_id, library.made(backend, tenant, Kind.MODEL, model_id))


@router.get(
    "/{model_id}/report",
    response_class=Response,
    responses={
        200: {
            "content": {"application/json": {"schema": {"type": "object"}}},
            "description": "Accuracy, AUC and ranks on held-out songs, beside the baselines.",
        },
        **documented(404, 416),
    },
)
def get_report(request: Request, model_id: str, backend: TheBackend, tenant: Tenant) -> Response:
    """Read how well a model judges transitions of songs that it has not seen."""
    artifact = library.artifact_of(tenant, Kind.MODEL, model_id)
    return serve_payload(request, backend, artifact, "report.json", filename="report.json")


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
    """Delete a model, unless an open job needs it."""
    library.delete(backend, library.artifact_of(tenant, Kind.MODEL, model_id))
