"""What routes ask for: the connections, who calls, and how their errors are documented."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response

from services.gateway.backend import Backend
from services.gateway.corrections import all_corrections
from services.gateway.events import Announcements
from services.gateway.looking import look_at
from services.gateway.pieces import Collector
from services.gateway.radio.radios import Radios
from services.gateway.resolution import Resolver
from services.gateway.schemas.common import Problem
from services.gateway.schemas.jobs import Job
from services.gateway.schemas.requests import BEST
from services.gateway.shipped import ship
from services.gateway.uploads import Receiver
from shared.jobs.recipes import Recipe
from shared.jobs.records import job_id
from shared.parameters import ArtifactKey
from shared.store import keys

_MEANINGS = {
    HTTPStatus.UNAUTHORIZED: "A key is needed, and none came that opens anything.",
    HTTPStatus.FORBIDDEN: "Only the operator may do this, or another site's page has asked.",
    HTTPStatus.MISDIRECTED_REQUEST: "The request needs no key, and names a host that is not this machine.",
    HTTPStatus.TOO_MANY_REQUESTS: "This key has had its share; `Retry-After` says when to ask again.",
    HTTPStatus.CONFLICT: "The state of things forbids it; the problem names what stands in the way.",
    HTTPStatus.NOT_FOUND: "There is no such thing.",
    HTTPStatus.REQUEST_TIMEOUT: "The upload stalled, or comes too slowly.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "It is larger than the limit, or there is no room left.",
    HTTPStatus.PRECONDITION_FAILED: "The client speaks another version of tus.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not what its Content-Type has to say.",
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: "The range begins after the last byte.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The queue or the store does not answer, or there is too much to do; "
    "`Retry-After` says when to ask again.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "What was given cannot work; the problem says what was needed.",
}

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        pattern=r"^[ -~]+$",
        description="Any text of your own. Sent again with the same request, it gives the same job.",
        examples=["night-mix-2026-11-22"],
    ),
]


ADMISSION = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.MISDIRECTED_REQUEST,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
"""What every route may answer before it is asked."""


def admission_documented() -> dict[int | str, dict[str, Any]]:
    """Return the `responses` that all routes have."""
    return {int(status): {"model": Problem, "description": _MEANINGS[status]} for status in ADMISSION}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that answers problems with these statuses, and 503."""
    every = [*statuses, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE]
    return {
        int(status): {"model": Problem, "description": _MEANINGS[HTTPStatus(status)]}
        for status in dict.fromkeys(every)
    }


def get_backend(request: Request) -> Backend:
    """Return the connections of this process."""
    backend: Backend = request.app.state.backend
    return backend


def get_announcements(request: Request) -> Announcements:
    """Return the subscription of this process."""
    announcements: Announcements = request.app.state.announcements
    return announcements


def get_receiver(request: Request) -> Receiver:
    """Return what takes uploads in."""
    receiver: Receiver = request.app.state.receiver
    return receiver


def get_collector(request: Request) -> Collector:
    """Return what takes uploads in that come in pieces."""
    collector: Collector = request.app.state.collector
    return collector


def get_radios(request: Request) -> Radios:
    """Return the radios of this process."""
    radios: Radios = request.app.state.radios
    return radios


TheBackend = Annotated[Backend, Depends(get_backend)]
TheAnnouncements = Annotated[Announcements, Depends(get_announcements)]
TheReceiver = Annotated[Receiver, Depends(get_receiver)]
TheCollector = Annotated[Collector, Depends(get_collector)]
TheRadios = Annotated[Radios, Depends(get_radios)]


def resolver_of(backend: Backend, tenant: str) -> Resolver:
    """Return what resolves a tenant's requests."""
    return Resolver(
        tenant,
        backend.artifacts.find,
        uploaded=lambda song: backend.store.exists(keys.song_source(tenant, song)),
        shipped=lambda: _shipped(backend, tenant),
        known=lambda: all_corrections(backend, tenant),
    )


def _shipped(backend: Backend, tenant: str) -> ArtifactKey:
    """Return the model for who names none; where no job can be accepted, nothing is laid into the store."""
    backend.need_queue()
    return ship(backend, tenant, BEST)[0].key


def accept(backend: Backend, tenant: str, recipe: Recipe, key: str | None, response: Response) -> Job:
    """Accept a job for a recipe, or find the one that the same key gave before, and say where it is.

    Raises:
        QueueUnavailable, StoreUnavailable: nothing was accepted.
        NotFound, InputError: the recipe is known to fail.
        TooManyJobs, StorageFull: the tenant has had its share.
        TooManyInAll: all tenants together have.
    """
    backend.need_room_in_queue()
    identifier = job_id(tenant, key)
    if key is None or backend.records.find(tenant, identifier) is None:
        resolver_of(backend, tenant).check(recipe)
        backend.quotas.need_turn(tenant)
    job = backend.submit(tenant, identifier, recipe)
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return look_at(backend, job)
