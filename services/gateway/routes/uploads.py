"""Uploads in pieces, by tus 1.0 (https://tus.io): its core, creation and termination."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends, Header, Request, Response, status

from services.gateway import pieces
from services.gateway.arrivals import need_servers, room_of, take_in
from services.gateway.auth import Tenant
from services.gateway.dependencies import TheBackend, TheCollector, documented
from services.gateway.names import clean_name, is_id
from services.gateway.pieces import Begun, Pieces
from services.gateway.problems import LONGEST_FOUND
from services.gateway.schemas.uploads import Upload
from services.gateway.upload_refusals import (
    PIECE_TYPE,
    TUS_VERSION,
    NoPiece,
    OtherTusVersion,
    UploadElsewhere,
    UploadTooLong,
)
from services.gateway.uploads import Ceiling
from shared.errors import BadSetting, NotFound, SongTooLarge

router = APIRouter(prefix="/uploads", tags=["uploads"])
EXTENSIONS = "creation,termination"
MOST_BYTES = 2**53 - 1
_SHA256 = re.compile(r"[0-9a-f]{64}")

_OFFSET = {"description": "Bytes of the upload that are here.", "schema": {"type": "integer"}}
_LENGTH = {"description": "Bytes that the upload is to have.", "schema": {"type": "integer"}}


def _speaks_tus(
    tus_resumable: Annotated[
        str | None,
        Header(
            max_length=20,
            description="The version of tus that the client speaks.",
            json_schema_extra={"enum": [TUS_VERSION]},
        ),
    ] = None,
) -> None:
    if tus_resumable not in (None, TUS_VERSION):
        raise OtherTusVersion


def known_upload(upload_id: str, backend: TheBackend, tenant: Tenant) -> Pieces:
    """Return the upload that a path names.

    Raises:
        NotFound: there is none.
    """
    found = pieces.find(backend.store, tenant, upload_id) if is_id(upload_id) else None
    if found is None:
        raise NotFound("upload", upload_id[:LONGEST_FOUND])
    return found


KnownUpload = Annotated[Pieces, Depends(known_upload)]
SpeaksTus = Depends(_speaks_tus)


@router.options("", status_code=status.HTTP_204_NO_CONTENT, responses=documented())
def get_options(backend: TheBackend) -> Response:
    """Tell what of tus is spoken, and how large a file may be."""
    told = {
        "Tus-Version": TUS_VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(backend.settings.max_upload_bytes),
    }
    return Response(status_code=status.HTTP_204_NO_CONTENT, headers=told)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    dependencies=[SpeaksTus],
    responses={201: {"headers": {"Location": {"schema": {"type": "string"}}}}, **documented(412, 413)},
)
def begin_upload(
    response: Response,
    backend: TheBackend,
    tenant: Tenant,
    upload_length: Annotated[
        int, Header(ge=1, le=MOST_BYTES, description="Bytes that the file has.", examples=[912_384])
    ],
    upload_metadata: Annotated[
        str | None,
        Header(
            max_length=4000,
            pattern=r"^[ -~]*$",
            description="Pairs of a name and a value in Base64, with commas between: `filename`, and "
            "`sha256` (64 hexadecimal digits) for the file to be compared with.",
            examples=["filename TmlnaHQgRHJpdmUud2F2"],
        ),
    ] = None,
) -> Upload:
    """Begin an upload whose bytes are to come in pieces; its address is in `Location`.

    What nobody has gone on with for a day is cleared up. `POST /v1/songs` takes a file in one request.
    """
    need_servers(backend, tenant)
    limit_bytes = backend.settings.max_upload_bytes
    Ceiling(limit_bytes, SongTooLarge(limit_bytes=limit_bytes)).check(upload_length)
    room = room_of(backend.quotas, tenant)
    if room is not None:
        room.check(upload_length)
    begun = pieces.begin(backend.store, tenant, _announced(upload_length, upload_metadata or ""))
    told = _view(begun)
    response.headers["Location"] = told.links["self"]
    return told


@router.head(
    "/{upload_id}",
    response_class=Response,
    dependencies=[SpeaksTus],
    responses={
        200: {
            "description": "How far it is.",
            "headers": {"Upload-Offset": _OFFSET, "Upload-Length": _LENGTH},
        },
        **documented(404, 412),
    },
)
def get_offset(upload: KnownUpload) -> Response:
    """Tell how far an upload has come, in headers: go on from `Upload-Offset`."""
    return Response(headers=_headers(upload.offset_bytes, upload.begun.size_bytes))


@router.get("/{upload_id}", responses=documented(404))
def get_upload(upload: KnownUpload) -> Upload:
    """Show how far an upload has come, and the song that it became."""
    return _view(upload)


@router.patch(
    "/{upload_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    response_class=Response,
    dependencies=[SpeaksTus],
    responses={
        204: {"description": "It is stored.", "headers": {"Upload-Offset": _OFFSET}},
        **documented(404, 408, 409, 412, 413, 415),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {PIECE_TYPE: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def send_piece(
    request: Request,
    upload: KnownUpload,
    backend: TheBackend,
    collector: TheCollector,
    tenant: Tenant,
    upload_offset: Annotated[
        int, Header(ge=0, le=MOST_BYTES, description="Where in the file the piece begins.", examples=[0])
    ],
) -> Response:
    """Go on with an upload from where it is. Once all of its bytes are here the song is, too.

    Of a piece that breaks off, what has come is kept.
    """
    if request.headers.get("content-type", "").lower() != PIECE_TYPE:
        raise NoPiece
    if upload_offset != upload.offset_bytes:
        raise UploadElsewhere(offset_bytes=upload.offset_bytes, given_bytes=upload_offset)
    size_bytes, length = upload.begun.size_bytes, request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > size_bytes - upload.offset_bytes:
        raise UploadTooLong(size_bytes=size_bytes)
    if upload.done:
        return Response(status_code=status.HTTP_204_NO_CONTENT, headers=_headers(size_bytes))
    await to_thread.run_sync(need_servers, backend, tenant)
    room = await to_thread.run_sync(room_of, backend.quotas, tenant)
    offset_bytes = await collector.take(
        upload,
        request.stream(),
        room=room,
        finish=lambda received: take_in(backend, tenant, received, upload.begun.name)[1],
    )
    backend.quotas.usage.add(tenant, offset_bytes - upload.offset_bytes)
    return Response(status_code=status.HTTP_204_NO_CONTENT, headers=_headers(offset_bytes))


@router.delete(
    "/{upload_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=[SpeaksTus],
    responses=documented(404, 412),
)
def end_upload(upload: KnownUpload, backend: TheBackend) -> None:
    """Give an upload up, and delete what has come of it. The song that it became stays."""
    pieces.forget(backend.store, upload)


def _announced(size_bytes: int, metadata: str) -> Begun:
    """Return what a client says of a file.

    Raises:
        BadSetting: it is no list of names and values in Base64, or names a SHA-256 that is none.
    """
    values: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in metadata.split(","))):
        name, _, encoded = pair.partition(" ")
        try:
            values[name] = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise BadSetting(
                f"The value of {name[:LONGEST_FOUND]!r} in Upload-Metadata is no text in Base64. Send pairs "
                "of a name and a value, `filename TmlnaHQgRHJpdmUud2F2`, with commas between."
            ) from None
    sha256 = values.get("sha256")
    if sha256 is not None and not _SHA256.fullmatch(sha256):
        raise BadSetting("The `sha256` in Upload-Metadata has to be 64 hexadecimal digits, in small letters.")
    return Begun(name=clean_name(values.get("filename")), size_bytes=size_bytes, sha256=sha256)


def _headers(offset_bytes: int, size_bytes: int | None = None) -> dict[str, str]:
    told: dict[str, Any] = {"Upload-Offset": offset_bytes, "Upload-Length": size_bytes}
    return {name: str(value) for name, value in told.items() if value is not None}


def _view(upload: Pieces) -> Upload:
    done, path = upload.done, f"/v1/uploads/{upload.id}"
    return Upload(
        id=upload.id,
        name=upload.begun.name,
        size_bytes=upload.begun.size_bytes,
        offset_bytes=upload.offset_bytes,
        begun_at=upload.begun.begun_at,
        song=done and done.song,
        is_new=done and done.is_new,
        links={"self": path} | ({"song": f"/v1/songs/{done.song}"} if done else {}),
    )
