"""The one place where errors become HTTP: problem documents (RFC 9457) and their status.

A problem says what was found, what was needed and what to do. It carries no stack trace, and of what was
sent only as much as it takes to recognise it.
"""

from __future__ import annotations

import reprlib
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from services.gateway import upload_refusals as uploads
from services.gateway.access import refusals
from services.gateway.schemas.common import FieldError, Problem
from shared import errors
from shared.store.manifests import Problem as Cause
from shared.store.manifests import RejectedInput
from shared.store.objects import ObjectMissing

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 5
LONGEST_FOUND, LONGEST_NEEDED = 100, 400
MOST_FIELDS = 20
UNREADABLE = {"loc": ("body",), "input": "what cannot be parsed", "msg": "JSON in UTF-8"}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
CLIENT_CLOSED = 499
"""Of a request whose client has gone: nobody reads it, and the log should not call it a failure."""
_PHRASES = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Request Entity Too Large"}
"""What Python 3.13 has other words for: the name of a kind of problem stays."""
_BEGINNING = reprlib.Repr()
"""Writes out what is shown of a value and little more: a body of 4 MiB can be what was found."""
_BEGINNING.maxlist = _BEGINNING.maxtuple = _BEGINNING.maxdict = LONGEST_FOUND // 2
_BEGINNING.maxstring = _BEGINNING.maxother = _BEGINNING.maxlong = 2 * LONGEST_FOUND
log = structlog.get_logger(__name__)


class RangeNotSatisfiable(errors.SegueError):
    """A range of bytes begins after the last one."""

    slug = "range-not-satisfiable"
    title = "There are no such bytes"

    def __init__(self, *, size_bytes: int) -> None:
        self.size_bytes = size_bytes
        super().__init__(
            f"The file has {size_bytes} bytes, and the range begins after them. Ask for an earlier one."
        )


class UploadStalled(errors.SegueError):
    """A client stopped sending in the middle of an upload."""

    slug = "upload-stalled"
    title = "The upload stalled"

    def __init__(self, *, waited_s: float) -> None:
        super().__init__(f"Nothing came for {waited_s:g} s in the middle of the upload. Send it again.")


class UploadSlow(errors.SegueError):
    """An upload comes so slowly that it would keep others waiting."""

    slug = "upload-slow"
    title = "The upload is too slow"

    def __init__(self, *, come_bytes: int, waited_s: float, least_bytes_per_s: float) -> None:
        super().__init__(
            f"{come_bytes / 1e3:.0f} kB came in {waited_s:.0f} s; {least_bytes_per_s / 1e3:g} kB a second "
            "are needed. Send it over a faster line, or compress the song (MP3, Ogg, FLAC)."
        )


class CrossSite(errors.SegueError):
    """Another website's page tries to change something."""

    slug = "cross-site"
    title = "Not from another site"

    def __init__(self, origin: str) -> None:
        super().__init__(
            f"A page of {_shortened(origin)} may not change anything here. Use the gateway's own address."
        )


STATUS_OF: dict[type[Exception], HTTPStatus] = {
    errors.SegueError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.InputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.SongTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    ObjectMissing: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    RangeNotSatisfiable: HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    UploadStalled: HTTPStatus.REQUEST_TIMEOUT,
    UploadSlow: HTTPStatus.REQUEST_TIMEOUT,
    uploads.UploadTooLong: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    uploads.OtherTusVersion: HTTPStatus.PRECONDITION_FAILED,
    uploads.NoPiece: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    CrossSite: HTTPStatus.FORBIDDEN,
    refusals.KeyNeeded: HTTPStatus.UNAUTHORIZED,
    refusals.OperatorOnly: HTTPStatus.FORBIDDEN,
    refusals.WrongHost: HTTPStatus.MISDIRECTED_REQUEST,
    refusals.RequestTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    refusals.RequestSlow: HTTPStatus.REQUEST_TIMEOUT,
    refusals.QuotaReached: HTTPStatus.TOO_MANY_REQUESTS,
    refusals.StorageFull: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    refusals.GatewayBusy: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The status of each error; of one that is not listed, that of its nearest ancestor."""


def status_of(error: Exception) -> HTTPStatus:
    """Return the HTTP status of an error."""
    return next(
        (STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF),
        HTTPStatus.INTERNAL_SERVER_ERROR,
    )


def problem_type(slug: str) -> str:
    """Return the URI that names a kind of problem."""
    return f"urn:segue:problem:{slug}"


def job_problem(cause: Cause, instance: str) -> Problem:
    """Return what a stored problem is to a client: bad input, unless the work itself gave up."""
    gave_up = cause.slug == errors.GaveUp.slug
    return Problem(
        type=problem_type(cause.slug),
        title=cause.title,
        status=HTTPStatus.INTERNAL_SERVER_ERROR if gave_up else HTTPStatus.UNPROCESSABLE_ENTITY,
        detail=cause.detail,
        instance=instance,
    )


def describe(error: errors.SegueError) -> Problem:
    """Return the problem document of one of Segue's own errors."""
    slug, title = error.slug, error.title
    if isinstance(error, RejectedInput):
        slug, title = error.problem.slug, error.problem.title
    return Problem(type=problem_type(slug), title=title, status=status_of(error), detail=str(error))


def describe_status(status: int, detail: str) -> Problem:
    """Return the problem document of a bare HTTP status, such as of an unknown path."""
    phrase = _PHRASES.get(HTTPStatus(status), HTTPStatus(status).phrase)
    slug = phrase.lower().replace(" ", "-")
    return Problem(type=problem_type(slug), title=phrase, status=status, detail=detail)


def describe_fields(faults: list[dict[str, Any]]) -> Problem:
    """Return the problem document of a request whose fields do not fit."""
    fields = [
        FieldError(
            field=_shortened(".".join(str(part) for part in fault["loc"])),
            found=_shortened(fault.get("input")),
            needed=_shortened(fault["msg"], LONGEST_NEEDED),
        )
        for fault in faults[:MOST_FIELDS]
    ]
    named = "; ".join(f"{field.field}: {field.needed}" for field in fields[:3])
    return Problem(
        type=problem_type("bad-request"),
        title="The request does not fit",
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        detail=f"{len(faults)} of the request's fields cannot be used ({named}). See /docs for what fits.",
        errors=fields,
    )


def respond(request: Request, problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """Return a problem as the answer to a request."""
    told = problem.model_copy(
        update={
            "instance": _shortened(request.url.path),
            "request_id": request.scope.get("request_id"),
        }
    )
    body = told.model_dump_json(exclude_none=True)
    return Response(body, status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


def add_problem_handlers(app: FastAPI) -> None:
    """Make every error that leaves a route a problem document."""

    @app.exception_handler(errors.SegueError)
    async def own(request: Request, error: errors.SegueError) -> Response:
        status = status_of(error)
        if status is HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("request failed", action="request_failed", cause=str(error), exc_info=error)
        elif isinstance(error, refusals.Refusal):
            log.warning("request refused", action="request_refused", cause=error.slug)
        return respond(request, describe(error), headers_of(error))

    @app.exception_handler(RequestValidationError)
    async def fields(request: Request, error: RequestValidationError) -> Response:
        return respond(request, describe_fields([dict(fault) for fault in error.errors()]))

    @app.exception_handler(HTTPException)
    async def status_only(request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers or {})
        if error.status_code < HTTPStatus.BAD_REQUEST:
            return Response(status_code=error.status_code, headers=headers)
        if error.status_code == HTTPStatus.BAD_REQUEST:
            # FastAPI's word for a body that is no text, or text that no parser takes.
            return respond(request, describe_fields([UNREADABLE]))
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = ", ".join(_methods(request))
        detail = (
            f"{request.method} {_shortened(request.url.path)}: {error.detail}. See /docs for what there is."
        )
        return respond(request, describe_status(error.status_code, detail), headers)

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, error: ClientDisconnect) -> Response:
        return Response(status_code=CLIENT_CLOSED)

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> Response:
        log.error("request failed", action="request_crashed", exc_info=error)
        detail = "The gateway failed in a way that was not foreseen. Its log has more under the request's id."
        return respond(request, describe(errors.SegueError(detail)))


def headers_of(error: errors.SegueError) -> dict[str, str]:
    """Return the headers that an error's answer has."""
    if isinstance(error, errors.Unavailable):
        return {"Retry-After": str(RETRY_AFTER_S)}
    if isinstance(error, refusals.KeyNeeded):
        return {"WWW-Authenticate": 'Bearer realm="segue"'}
    if isinstance(error, refusals.QuotaReached | refusals.GatewayBusy):
        return {"Retry-After": str(error.retry_after_s)}
    if isinstance(error, uploads.OtherTusVersion):
        return {"Tus-Version": uploads.TUS_VERSION}
    if isinstance(error, RangeNotSatisfiable):
        return {"Content-Range": f"bytes */{error.size_bytes}"}
    return {}


def _methods(request: Request) -> list[str]:
    """Return the methods that a path takes; a route knows but its own."""
    routes, scope = request.app.router.routes, request.scope
    return [
        method
        for method in METHODS
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in routes)
    ]


def _shortened(value: Any, longest: int = LONGEST_FOUND) -> str:
    text = value if isinstance(value, str) else _BEGINNING.repr(value)
    text = text.encode(errors="backslashreplace").decode()  # JSON can name halves of characters.
    return text if len(text) <= longest else f"{text[:longest]}…"
