"""Changes of mixes: revisions with their history, and previews of seams."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response, status

from services.gateway import library
from services.gateway.auth import Tenant
from services.gateway.dependencies import IdempotencyKey, TheBackend, accept, documented, resolver_of
from services.gateway.ranges import serve_payload
from services.gateway.revisions import history_of
from services.gateway.schemas.artifacts import History, Preview
from services.gateway.schemas.jobs import Job
from services.gateway.schemas.requests import PreviewRequest, RevisionRequest
from services.gateway.views.artifacts import preview_view
from shared.store.keys import Artifact, Kind
from shared.store.manifests import PreviewFacts

router = APIRouter(tags=["mixes"])
_AS_IT_IS = PreviewRequest()


@router.post(
    "/mixes/{mix_id}/revisions", status_code=status.HTTP_202_ACCEPTED, responses=documented(404, 413)
)
def revise_mix(
    mix_id: str,
    request: RevisionRequest,
    response: Response,
    backend: TheBackend,
    tenant: Tenant,
    idempotency_key: IdempotencyKey = None,
) -> Job:
    """Make a new mix of a mix by edits; the old one stays, and what was not changed sounds as it did.

    The same edits of the same mix give the same revision.
    """
    mix = library.artifact_of(tenant, Kind.MIX, mix_id)
    recipe = resolver_of(backend, tenant).revision(mix.key, request)
    return accept(backend, tenant, recipe, idempotency_key, response)


@router.get("/mixes/{mix_id}/revisions", responses=documented(404))
def get_history(mix_id: str, backend: TheBackend, tenant: Tenant) -> History:
    """Show the mixes that a mix was made of, back to the first, and the revisions of it."""
    return history_of(backend, tenant, mix_id)


@router.post(
    "/mixes/{mix_id}/seams/{position}/preview",
    status_code=status.HTTP_202_ACCEPTED,
    responses=documented(404, 413),
)
def preview_seam(
    mix_id: str,
    position: Annotated[
        int, Path(ge=1, lt=10_000, description="The place of the chunk that begins there, from 1.")
    ],
    response: Response,
    backend: TheBackend,
    tenant: Tenant,
    request: PreviewRequest = _AS_IT_IS,
    idempotency_key: IdempotencyKey = None,
) -> Job:
    """Hear a few seconds around one seam, as it is or as a change would have it, without a whole mix."""
    mix = library.artifact_of(tenant, Kind.MIX, mix_id)
    recipe = resolver_of(backend, tenant).preview(mix.key, position, request)
    return accept(backend, tenant, recipe, idempotency_key, response)


@router.get("/previews/{preview_id}", responses=documented(404))
def get_preview(preview_id: str, backend: TheBackend, tenant: Tenant) -> Preview:
    """Show a preview. It is kept for a day, and after that until garbage is collected."""
    return preview_view(preview_id, library.made(backend, tenant, Kind.PREVIEW, preview_id))


@router.head("/previews/{preview_id}/audio", include_in_schema=False)
@router.get(
    "/previews/{preview_id}/audio",
    response_class=Response,
    responses={
        200: {"content": {"audio/*": {}}, "description": "The sound around the seam."},
        206: {"content": {"audio/*": {}}, "description": "The range that was asked for."},
        **documented(404, 416),
    },
)
def get_preview_audio(request: Request, preview_id: str, backend: TheBackend, tenant: Tenant) -> Response:
    """Listen to a preview. Takes `Range`."""
    facts = library.made(backend, tenant, Kind.PREVIEW, preview_id).expect(PreviewFacts)
    artifact = Artifact(tenant, Kind.PREVIEW, preview_id)
    return serve_payload(request, backend, artifact, facts.audio_file, filename=f"seam.{facts.format}")
