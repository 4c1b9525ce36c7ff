"""Files out of the store: whole or in ranges, with validators, never held in memory (RFC 9110)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

from fastapi import Request, Response
from starlette.responses import StreamingResponse

from services.gateway.backend import Backend
from services.gateway.problems import RangeNotSatisfiable
from shared.errors import NotFound
from shared.store.keys import Artifact
from shared.store.manifests import RejectedInput

IMMUTABLE = "private, max-age=31536000, immutable"
_SINGLE_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
_MOST_DIGITS = 20
"""A number that has so many is larger than any file."""


@dataclass(frozen=True)
class ByteRange:
    """Bytes from `start` up to but not including `stop`."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        """The number of bytes."""
        return self.stop - self.start


def parse_range(header: str | None, size_bytes: int) -> ByteRange | None:
    """Return the one range that a Range header asks for; None: send the whole.

    Headers that make no sense, and those of several ranges, are ignored, as the RFC allows.

    Raises:
        RangeNotSatisfiable: the range begins after the last byte.
    """
    match = _SINGLE_RANGE.fullmatch((header or "").replace(" ", ""))
    if match is None or match.groups() == ("", ""):
        return None
    first, last = (_number(digits) for digits in match.groups())
    if first is None:
        start, stop = max(0, size_bytes - (last or 0)), size_bytes
    else:
        start, stop = first, size_bytes if last is None else min(size_bytes, last + 1)
        if last is not None and last < start:
            return None
    if start >= size_bytes:
        raise RangeNotSatisfiable(size_bytes=size_bytes)
    return ByteRange(start, stop)


def _number(digits: str) -> int | None:
    """Return a number, or one that is as good: Python reads none of thousands of digits."""
    return int(digits.lstrip("0")[:_MOST_DIGITS] or "0") if digits else None


def serve_payload(
    request: Request, backend: Backend, artifact: Artifact, payload: str, *, filename: str
) -> Response:
    """Return a payload of a committed artifact, or the range of it that was asked for.

    Raises:
        NotFound: there is no such payload.
        RejectedInput: the artifact could not be made.
        RangeNotSatisfiable: the range begins after the last byte.
    """
    manifest = backend.artifacts.get(artifact)
    if manifest.problem is not None:
        raise RejectedInput(manifest.problem)
    found = manifest.payloads.get(payload)
    if found is None:
        raise NotFound(f"{payload} of {artifact.kind.noun}", artifact.key)
    etag = f'"{found.sha256}"'
    headers = {
        "ETag": etag,
        "Cache-Control": IMMUTABLE,
        "Accept-Ranges": "bytes",
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(filename, safe='')}",
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    # A range of another version would be of no use: then the whole is sent.
    same = request.headers.get("if-range", etag) == etag
    part = parse_range(request.headers.get("range"), found.size_bytes) if same else None
    status = HTTPStatus.OK if part is None else HTTPStatus.PARTIAL_CONTENT
    if part is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{found.size_bytes}"
    part = part or ByteRange(0, found.size_bytes)
    headers["Content-Length"] = str(part.length)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=found.content_type)
    key = artifact.payload(manifest.attempt, payload)
    blocks = backend.store.stream(key, offset=part.start, length=part.length)
    return StreamingResponse(blocks, status_code=status, headers=headers, media_type=found.content_type)
