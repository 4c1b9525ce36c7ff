"""Mixes: the main job, and what comes of it."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response, status

from services.gateway import library
from services.gateway.auth import Tenant
from services.gateway.backend import Backend
from services.gateway.dependencies import IdempotencyKey, TheBackend, accept, documented, resolver_of
from services.gateway.paging import Cursor, Limit
from services.gateway.ranges import serve_payload
from services.gateway.schemas.artifacts import Mix
from services.gateway.schemas.common import Page
from services.gateway.schemas.jobs import Job
from services.gateway.schemas.requests import MixRequest
from services.gateway.views.artifacts import mix_view
from shared.store.keys import Artifact, Kind
from shared.store.manifests import Manifest, MixFacts
from shared.store.specs import MixSpec

router = APIRouter(prefix="/mixes", tags=["mixes"])
_JSON = {"application/json": {"schema": {"type": "object"}}}


@router.post("", status_code=status.HTTP_202_ACCEPTED, responses=documented(404))
def make_mix(
    request: MixRequest,
    response: Response,
    backend: TheBackend,
    tenant: Tenant,
    idempotency_key: IdempotencyKey = None,
) -> Job:
    """Make a mix of songs: cut them, take or fit a model, choose chunks, render.

    The shipped `segue` judges, unless `model` or `training` says otherwise.

    What is there already is not made again: a second, identical request gives the same mix at once.
    """
    recipe = resolver_of(backend, tenant).mix(request)
    return accept(backend, tenant, recipe, idempotency_key, response)


@router.get("", responses=documented())
def list_mixes(backend: TheBackend, tenant: Tenant, limit: Limit = 50, cursor: Cursor = None) -> Page[Mix]:
    """List mixes in the order of their ids."""

    def view(key: str, manifest: Manifest) -> Mix:
        return _view(backend, tenant, key, manifest)

    return library.page_of_made(backend, tenant, Kind.MIX, view, limit=limit, cursor=cursor)


@router.get("/{mix_id}", responses=documented(404))
def get_mix(mix_id: str, backend: TheBackend, tenant: Tenant) -> Mix:
    """Show a mix."""
    return _view(backend, tenant, mix_id, library.made(backend, tenant, Kind.MIX, mix_id))


@router.head("/{mix_id}/audio", include_in_schema=False)
@router.get(
    "/{mix_id}/audio",
    response_class=Response,
    responses={
        200: {"content": {"audio/*": {}}, "description": "The mix, in the format that was asked for."},
        206: {"content": {"audio/*": {}}, "description": "The range that was asked for."},
        **documented(404, 416),
    },
)
def get_audio(request: Request, mix_id: str, backend: TheBackend, tenant: Tenant) -> Response:
    """Listen to a mix. Takes `Range`."""
    facts = library.made(backend, tenant, Kind.MIX, mix_id).expect(MixFacts)
    name = f"{facts.title.replace('/', '-')}.{facts.format}"
    artifact = Artifact(tenant, Kind.MIX, mix_id)
    return serve_payload(request, backend, artifact, facts.audio_file, filename=name)


@router.get(
    "/{mix_id}/cue",
    response_class=Response,
    responses={
        200: {"content": {"application/x-cue": {}}, "description": "The cue sheet."},
        **documented(404, 416),
    },
)
def get_cue(request: Request, mix_id: str, backend: TheBackend, tenant: Tenant) -> Response:
    """Read where in the mix each song comes."""
    artifact = library.artifact_of(tenant, Kind.MIX, mix_id)
    return serve_payload(request, backend, artifact, "mix.cue", filename="mix.cue")


@router.get(
    "/{mix_id}/labels",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {}}, "description": "A label track for Audacity."},
        **documented(404, 416),
    },
)
def get_labels(request: Request, mix_id: str, backend: TheBackend, tenant: Tenant) -> Response:
    """Read where in the mix each chunk begins and ends, to be imported beside the audio."""
    artifact = library.artifact_of(tenant, Kind.MIX, mix_id)
    return serve_payload(request, backend, artifact, "labels.txt", filename="labels.txt")


@router.get(
    "/{mix_id}/report",
    response_class=Response,
    responses={
        200: {"content": _JSON, "description": "Every chunk with its source and score."},
        **documented(404, 416),
    },
)
def get_report(request: Request, mix_id: str, backend: TheBackend, tenant: Tenant) -> Response:
    """Read what was done: each chunk, where it comes from, where it is, and how well it follows."""
    artifact = library.artifact_of(tenant, Kind.MIX, mix_id)
    return serve_payload(request, backend, artifact, "report.json", filename="report.json")


@router.get(
    "/{mix_id}/peaks",
    response_class=Response,
    responses={
        200: {"content": _JSON, "description": "Lowest and highest sample of each stretch."},
        **documented(404, 416),
    },
)
def get_peaks(request: Request, mix_id: str, backend: TheBackend, tenant: Tenant) -> Response:
    """Read the outline of the mix, to draw it."""
    artifact = library.artifact_of(tenant, Kind.MIX, mix_id)
    return serve_payload(request, backend, artifact, "peaks.json", filename="peaks.json")


@router.delete("/{mix_id}", status_code=status.HTTP_204_NO_CONTENT, responses=documented(404, 409))
def delete_mix(mix_id: str, backend: TheBackend, tenant: Tenant) -> None:
    """Delete a mix, unless an open job needs it."""
    library.delete(backend, library.artifact_of(tenant, Kind.MIX, mix_id))


def _view(backend: Backend, tenant: str, key: str, manifest: Manifest) -> Mix:
    assert isinstance(manifest.spec, MixSpec)
    sequence = Artifact(tenant, Kind.SEQUENCE, manifest.spec.sequence)
    return mix_view(key, manifest, backend.artifacts.find(sequence))
