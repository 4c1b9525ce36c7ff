"""Mixes: the main job, and what comes of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response, status
from starlette.responses import StreamingResponse

from services.gateway import library
from services.gateway.auth import Tenant
from services.gateway.backend import Backend
from services.gateway.dependencies import IdempotencyKey, TheBackend, accept, documented, resolver_of
from services.gateway.mix_files import MIX_FILES, MixFile, seam_snippet, serve_mix_file, serve_package
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


@router.post("", status_code=status.HTTP_202_ACCEPTED, responses=documented(404, 413))
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
    "/{mix_id}/seams/{position}/audio",
    response_class=Response,
    responses={
        200: {"content": {"audio/mpeg": {}}, "description": "Up to 5 s before the seam and 5 s after it."},
        206: {"content": {"audio/mpeg": {}}, "description": "The range that was asked for."},
        **documented(404, 416),
    },
)
def get_seam_audio(
    request: Request,
    mix_id: str,
    position: Annotated[int, Path(ge=0, description="Of the chunk that the seam leads to, from 0.")],
    backend: TheBackend,
    tenant: Tenant,
) -> Response:
    """Listen to one of the worst seams: the report lists them, and names them again at each seam."""
    return serve_mix_file(request, backend, tenant, mix_id, seam_snippet(position))


@router.get(
    "/{mix_id}/package",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"application/zip": {}}, "description": "A ZIP archive, sent as it is read."},
        **documented(404),
    },
)
def get_package(mix_id: str, backend: TheBackend, tenant: Tenant) -> Response:
    """Take a mix to a DAW: its chunks as files, its songs, a Reaper project that plays them, and all else.

    The songs are whole and lossless, so that seams can be moved: expect a large file.
    """
    return serve_package(backend, tenant, mix_id)


def _add_file(file: MixFile) -> None:
    """Add the route of one of the files that come with a mix."""

    def get_file(request: Request, mix_id: str, backend: TheBackend, tenant: Tenant) -> Response:
        return serve_mix_file(request, backend, tenant, mix_id, file)

    schema = {"schema": {"type": "object"}} if file.media_type == "application/json" else {}
    router.add_api_route(
        f"/{{mix_id}}/{file.name}",
        get_file,
        name=f"get_{file.name}",
        description=file.summary,
        response_class=Response,
        responses={
            200: {"content": {file.media_type: schema}, "description": file.holds},
            **documented(404, 416),
        },
    )


for _file in MIX_FILES:
    _add_file(_file)


@router.delete("/{mix_id}", status_code=status.HTTP_204_NO_CONTENT, responses=documented(404, 409))
def delete_mix(mix_id: str, backend: TheBackend, tenant: Tenant) -> None:
    """Delete a mix, unless an open job needs it."""
    library.delete(backend, library.artifact_of(tenant, Kind.MIX, mix_id))


def _view(backend: Backend, tenant: str, key: str, manifest: Manifest) -> Mix:
    assert isinstance(manifest.spec, MixSpec)
    sequence = Artifact(tenant, Kind.SEQUENCE, manifest.spec.sequence)
    return mix_view(key, manifest, backend.artifacts.find(sequence))
