"""Songs: upload, list, listen, delete."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response, status

from services.gateway import library
from services.gateway.arrivals import need_servers, room_of, take_in
from services.gateway.auth import Tenant
from services.gateway.backend import Backend
from services.gateway.corrections import find_correction, forget_correction, keep_correction
from services.gateway.dependencies import (
    IdempotencyKey,
    TheBackend,
    TheReceiver,
    accept,
    documented,
)
from services.gateway.multipart import FormFile
from services.gateway.names import clean_name
from services.gateway.paging import Cursor, Limit, page_of
from services.gateway.ranges import serve_payload
from services.gateway.schemas.common import Page
from services.gateway.schemas.jobs import Job
from services.gateway.schemas.songs import Analysis, Song, SongState
from services.gateway.views.songs import analysis_view
from shared.corrections import Correction
from shared.errors import BadSetting, Conflict
from shared.jobs.recipes import AnalyseSongs
from shared.store.arrays import unpack_arrays
from shared.store.keys import Artifact, Kind
from shared.store.specs import AnalysisSpec

router = APIRouter(prefix="/songs", tags=["songs"])
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FORM = {
    "schema": {"type": "object", "required": ["file"], "properties": {"file": _BINARY["schema"]}},
}


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    responses={
        200: {"model": Song, "description": "These bytes were there already: the same song."},
        **documented(408, 413),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": _BINARY,
                "audio/*": _BINARY,
                "multipart/form-data": _FORM,
            },
        }
    },
)
async def upload_song(
    request: Request,
    response: Response,
    backend: TheBackend,
    receiver: TheReceiver,
    tenant: Tenant,
    name: Annotated[
        str | None, Query(max_length=1000, description="The file's name.", examples=["Night Drive.mp3"])
    ] = None,
) -> Song:
    """Upload a song: the file's bytes as the body, or a form with one part `file`.

    The song is `received` at once and decoded by a worker. The same bytes give the same song; sent again,
    they give one that failed to decode another try. The upload needs no Idempotency-Key for that.
    """
    await to_thread.run_sync(need_servers, backend, tenant)
    room = await to_thread.run_sync(room_of, backend.quotas, tenant)
    blocks: AsyncIterator[bytes] = request.stream()
    form = None
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        form = FormFile(request.headers["content-type"], blocks)
        blocks = form.blocks()
    length = request.headers.get("content-length", "")
    declared_bytes = int(length) if length.isdecimal() and not form else 0
    received = await receiver.receive(tenant, blocks, declared_bytes, room=room)
    chosen = clean_name(name or (form.name if form else None))
    song, is_new = await to_thread.run_sync(take_in, backend, tenant, received, chosen)
    if is_new:
        backend.quotas.usage.add(tenant, received.size_bytes)
    response.headers["Location"] = song.links["self"]
    response.status_code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
    return song


@router.get("", responses=documented())
def list_songs(backend: TheBackend, tenant: Tenant, limit: Limit = 50, cursor: Cursor = None) -> Page[Song]:
    """List songs in the order of their ids."""
    songs = backend.artifacts.keys(tenant, Kind.SONG, after=cursor)
    return page_of(songs, lambda key: library.find_song(backend, tenant, key), limit)


@router.get("/{song_id}", responses=documented(404))
def get_song(song_id: str, backend: TheBackend, tenant: Tenant) -> Song:
    """Show a song."""
    return library.get_song(backend, tenant, song_id)


@router.head("/{song_id}/audio", include_in_schema=False)
@router.get(
    "/{song_id}/audio",
    response_class=Response,
    responses={
        200: {"content": {"audio/flac": _BINARY}, "description": "The song, decoded, at its own rate."},
        206: {"content": {"audio/flac": _BINARY}, "description": "The range that was asked for."},
        **documented(404, 409, 416),
    },
)
def get_song_audio(request: Request, song_id: str, backend: TheBackend, tenant: Tenant) -> Response:
    """Listen to a song as Segue decoded it. Takes `Range`."""
    return _serve_decoded(request, backend, tenant, song_id, "audio.flac")


@router.get(
    "/{song_id}/peaks",
    response_class=Response,
    responses={
        200: {
            "content": {"application/json": {"schema": {"type": "object"}}},
            "description": "Lowest and highest sample of each stretch, under `peaks`.",
        },
        **documented(404, 409, 416),
    },
)
def get_song_peaks(request: Request, song_id: str, backend: TheBackend, tenant: Tenant) -> Response:
    """Read the outline of a song, to draw it. A song that an earlier release decoded has none."""
    return _serve_decoded(request, backend, tenant, song_id, "peaks.json")


@router.post("/{song_id}/analysis", status_code=status.HTTP_202_ACCEPTED, responses=documented(404, 409, 413))
def analyse_song(
    song_id: str,
    response: Response,
    backend: TheBackend,
    tenant: Tenant,
    idempotency_key: IdempotencyKey = None,
) -> Job:
    """Find a song's beats, bars, key and sections."""
    song = library.get_song(backend, tenant, song_id)
    known = find_correction(backend, tenant, song.id)
    recipe = AnalyseSongs(songs=(song.id,), corrections={} if known.is_empty else {song.id: known})
    return accept(backend, tenant, recipe, idempotency_key, response)


@router.get("/{song_id}/analysis", responses=documented(404))
def get_analysis(song_id: str, backend: TheBackend, tenant: Tenant) -> Analysis:
    """Show what was found of a song's beats, bars, key and sections. A `POST` has it found."""
    song = library.get_song(backend, tenant, song_id)
    known = find_correction(backend, tenant, song.id)
    artifact = AnalysisSpec(song=song.id, correction=None if known.is_empty else known).artifact(tenant)
    manifest = library.made(backend, tenant, Kind.ANALYSIS, artifact.key)
    return analysis_view(manifest, unpack_arrays(backend.artifacts.read(artifact, "rhythm.npz")), known)


@router.get("/{song_id}/correction", responses=documented(404))
def get_correction(song_id: str, backend: TheBackend, tenant: Tenant) -> Correction:
    """Show what is known of a song, beside what is found by listening."""
    return find_correction(backend, tenant, library.get_song(backend, tenant, song_id).id)


@router.put("/{song_id}/correction", responses=documented(404))
def put_correction(song_id: str, known: Correction, backend: TheBackend, tenant: Tenant) -> Correction:
    """Say what you know of a song: its tempo, its bars, its key. It takes the place of what was said before.

    Cuts, analyses and mixes that are asked for from then on go by it; what there is stays as it is.
    """
    song = library.get_song(backend, tenant, song_id)
    if known.downbeat_s is not None and song.duration_s is not None and known.downbeat_s > song.duration_s:
        raise BadSetting(
            f"The song lasts {song.duration_s:.1f} s, and a bar is said to begin at {known.downbeat_s:g} s. "
            "Give an instant within it."
        )
    keep_correction(backend, tenant, song.id, known)
    return known


@router.delete("/{song_id}/correction", status_code=status.HTTP_204_NO_CONTENT, responses=documented(404))
def delete_correction(song_id: str, backend: TheBackend, tenant: Tenant) -> None:
    """Forget what was said of a song."""
    forget_correction(backend, tenant, library.get_song(backend, tenant, song_id).id)


@router.delete("/{song_id}", status_code=status.HTTP_204_NO_CONTENT, responses=documented(404, 409))
def delete_song(song_id: str, backend: TheBackend, tenant: Tenant) -> None:
    """Delete a song, unless an open job needs it. Its cuts and mixes stay."""
    artifact = library.artifact_of(tenant, Kind.SONG, song_id)
    library.delete(backend, artifact)
    forget_correction(backend, tenant, artifact.key)


def _serve_decoded(request: Request, backend: Backend, tenant: str, song_id: str, payload: str) -> Response:
    """Answer with what was stored when a song was decoded, named by the song."""
    song = library.get_song(backend, tenant, song_id)
    if song.state is SongState.RECEIVED:
        raise Conflict(f"Song {song.id} is not decoded yet. Wait until its state is `ready`.")
    filename = f"{song.title}.{payload.rsplit('.', 1)[1]}"
    return serve_payload(request, backend, Artifact(tenant, Kind.SONG, song.id), payload, filename=filename)
