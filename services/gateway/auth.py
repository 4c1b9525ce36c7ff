"""Who calls, for every route: whose things a request is about, and whether it is the operator's.

Every route under `/v1` depends on `admit`, by its router, so that none can be forgotten. A key is taken from
the `Authorization` header alone, since URLs end up in logs and histories; in its place a page's cookie may
come with what only reads.
"""

from __future__ import annotations

from typing import Annotated

import structlog
from anyio import to_thread
from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from services.gateway.access.doorkeeper import Caller, Doorkeeper
from services.gateway.access.modes import is_own_host
from services.gateway.access.places import Place
from services.gateway.access.refusals import KeyNeeded, KeyRefused, OperatorOnly, WrongHost
from services.gateway.access.sessions import READING, cookie_of
from services.gateway.backend import Backend

__all__ = ["Operator", "Tenant", "TheCaller", "admit", "get_doorkeeper", "need_operator"]

_described = HTTPBearer(
    auto_error=False, bearerFormat="segue_<id>_<secret>", description="A key, where one is asked for."
)
"""Only tells the API's description of the header; what comes in it is judged below."""


def get_doorkeeper(request: Request) -> Doorkeeper:
    """Return what lets callers in."""
    doorkeeper: Doorkeeper = request.app.state.doorkeeper
    return doorkeeper


async def admit(request: Request, _: Annotated[object, Depends(_described)]) -> Caller:
    """Let a request in, and count it; what is in its state as `caller` was let in.

    Raises:
        KeyNeeded, KeyRefused: nobody knows whose it is.
        WrongHost: it needs no key, and another site's page may have made it.
        TooManyAtOnce, TooManyStreams, TooManyRequests: its tenant has had its share.
        StoreUnavailable: keys cannot be looked up.
    """
    caller = await to_thread.run_sync(_identified, request)
    backend: Backend = request.app.state.backend
    if caller.key is None and not is_own_host(backend.settings, request.headers.get("host")):
        raise WrongHost()
    structlog.contextvars.bind_contextvars(
        tenant=caller.tenant, **({"key": caller.key} if caller.key else {})
    )
    place: Place | None = getattr(request.state, "place", None)
    if place is not None:
        place.claim(caller.tenant)
    backend.quotas.take_request(caller.tenant)
    request.state.caller = caller
    return caller


def _identified(request: Request) -> Caller:
    given = request.headers.getlist("authorization")
    if len(given) > 1:
        raise KeyRefused()
    doorkeeper, token = get_doorkeeper(request), cookie_of(request)
    # Browsers send cookies by themselves, whoever makes them ask: what changes something needs the key.
    if not given and token is not None and request.method in READING:
        caller = doorkeeper.recognise(token)
        if caller is not None:
            return caller
    return doorkeeper.identify(given[0] if given else None)


TheCaller = Annotated[Caller, Depends(admit)]


def current_tenant(caller: TheCaller) -> str:
    """Return whose things the request is about."""
    return caller.tenant


Tenant = Annotated[str, Depends(current_tenant)]


def need_operator(caller: TheCaller) -> Caller:
    """Let the operator through.

    Raises:
        KeyNeeded: no key came.
        OperatorOnly: that of a tenant came.
    """
    if caller.key is None:
        raise KeyNeeded()
    if not caller.is_operator:
        raise OperatorOnly()
    return caller


Operator = Annotated[Caller, Depends(need_operator)]
