"""Cuts: cut songs into chunks, list, listen, delete."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response, status

from services.gateway import library
from services.gateway.auth import Tenant
from services.gateway.dependencies import IdempotencyKey, TheBackend, accept, documented, resolver_of
from services.gateway.paging import Cursor, Limit
from services.gateway.ranges import serve_payload
from services.gateway.schemas.artifacts import CutDetails, CutSummary
from services.gateway.schemas.common import Page
from services.gateway.schemas.jobs import Job
from services.gateway.schemas.requests import CutsRequest
from services.gateway.views.artifacts import cut_summary, cut_view
from shared.errors import NotFound
from shared.store.keys import Artifact, Kind
from shared.store.manifests import CutFacts, Manifest

router = APIRouter(prefix="/cuts", tags=["cuts"])
OfSong = Annotated[
    str | None,
    Query(pattern=r"^[0-9a-f]{64}$", description="The song whose cuts are listed; all without it."),
]


@router.post("", status_code=status.HTTP_202_ACCEPTED, responses=documented(404, 413))
def cut_songs(
    request: CutsRequest,
    response: Response,
    backend: TheBackend,
    tenant: Tenant,
    idempotency_key: IdempotencyKey = None,
) -> Job:
    """Cut songs into chunks."""
    recipe = resolver_of(backend, tenant).cuts(request)
    return accept(backend, tenant, recipe, idempotency_key, response)


@router.get("", responses=documented())
def list_cuts(
    backend: TheBackend, tenant: Tenant, limit: Limit = 50, cursor: Cursor = None, song: OfSong = None
) -> Page[CutSummary]:
    """List cuts, all or those of one song, in the order of their ids."""

    def show(key: str, manifest: Manifest) -> CutSummary | None:
        return cut_summary(key, manifest) if song in (None, manifest.expect(CutFacts).song) else None

    return library.page_of_made(backend, tenant, Kind.CUT, show, limit=limit, cursor=cursor)


@router.get("/{cut_id}", responses=documented(404))
def get_cut(cut_id: str, backend: TheBackend, tenant: Tenant) -> CutDetails:
    """Show a cut and its chunks."""
    return cut_view(cut_id, library.made(backend, tenant, Kind.CUT, cut_id))


@router.head("/{cut_id}/chunks/{n}/audio", include_in_schema=False)
@router.get(
    "/{cut_id}/chunks/{n}/audio",
    response_class=Response,
    responses={200: {"content": {"audio/*": {}}, "description": "The chunk."}, **documented(404, 416)},
)
def get_chunk_audio(
    request: Request,
    cut_id: str,
    n: Annotated[int, Path(ge=0, description="The chunk's number, from 0.")],
    backend: TheBackend,
    tenant: Tenant,
) -> Response:
    """Listen to a chunk. Takes `Range`."""
    facts = library.made(backend, tenant, Kind.CUT, cut_id).expect(CutFacts)
    if n >= facts.chunks:
        raise NotFound("chunk", f"{n} of {facts.chunks} (cut {cut_id})")
    file = facts.chunk_file(n)
    return serve_payload(request, backend, Artifact(tenant, Kind.CUT, cut_id), file, filename=file)


@router.delete("/{cut_id}", status_code=status.HTTP_204_NO_CONTENT, responses=documented(404, 409))
def delete_cut(cut_id: str, backend: TheBackend, tenant: Tenant) -> None:
    """Delete a cut, unless an open job needs it."""
    library.delete(backend, library.artifact_of(tenant, Kind.CUT, cut_id))
