"""Pools: bring the chunks of several cuts together."""

from __future__ import annotations

from fastapi import APIRouter, Response, status

from services.gateway import library
from services.gateway.auth import Tenant
from services.gateway.dependencies import IdempotencyKey, TheBackend, accept, documented, resolver_of
from services.gateway.paging import Cursor, Limit
from services.gateway.schemas.artifacts import Pool
from services.gateway.schemas.common import Page
from services.gateway.schemas.jobs import Job
from services.gateway.schemas.requests import PoolRequest
from services.gateway.views.artifacts import pool_view
from shared.store.keys import Kind

router = APIRouter(prefix="/pools", tags=["pools"])


@router.post("", status_code=status.HTTP_202_ACCEPTED, responses=documented(404, 413))
def build_pool(
    request: PoolRequest,
    response: Response,
    backend: TheBackend,
    tenant: Tenant,
    idempotency_key: IdempotencyKey = None,
) -> Job:
    """Bring the chunks of songs together, as a model sees them: by default the shipped `segue`."""
    recipe = resolver_of(backend, tenant).pool(request)
    return accept(backend, tenant, recipe, idempotency_key, response)


@router.get("", responses=documented())
def list_pools(backend: TheBackend, tenant: Tenant, limit: Limit = 50, cursor: Cursor = None) -> Page[Pool]:
    """List pools in the order of their ids."""
    return library.page_of_made(backend, tenant, Kind.POOL, pool_view, limit=limit, cursor=cursor)


@router.get("/{pool_id}", responses=documented(404))
def get_pool(pool_id: str, backend: TheBackend, tenant: Tenant) -> Pool:
    """Show a pool."""
    return pool_view(pool_id, library.made(backend, tenant, Kind.POOL, pool_id))


@router.delete("/{pool_id}", status_code=status.HTTP_204_NO_CONTENT, responses=documented(404, 409))
def delete_pool(pool_id: str, backend: TheBackend, tenant: Tenant) -> None:
    """Delete a pool, unless an open job needs it."""
    library.delete(backend, library.artifact_of(tenant, Kind.POOL, pool_id))
