"""Sessions: a cookie in the place of a key, for what browsers ask for by themselves."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response, status

from services.gateway.access.sessions import clear_cookie, cookie_of, set_cookie
from services.gateway.auth import TheCaller, get_doorkeeper
from services.gateway.schemas.session import Session

router = APIRouter(prefix="/session", tags=["keys"])
leaving = APIRouter(prefix="/session", tags=["keys"])
"""Needs no key: who has none left must be able to have their browser forget."""


@router.post("")
def begin_session(request: Request, response: Response, caller: TheCaller) -> Session:
    """Get a cookie for a page, by the key in the header.

    With it, `GET` needs no header: for events, sound and downloads. It opens what the key does until the
    key is revoked, 8 hours at most. Whatever changes something needs the key.
    """
    response.headers["Cache-Control"] = "no-store"
    if caller.key is None:
        return Session(tenant=caller.tenant, expires_at=None)
    session = get_doorkeeper(request).sessions.begin(caller.key)
    set_cookie(request, response, session)
    return Session(tenant=caller.tenant, expires_at=datetime.fromtimestamp(session.expires_s, UTC))


@leaving.delete("", status_code=status.HTTP_204_NO_CONTENT)
def end_session(request: Request, response: Response) -> None:
    """End the session of the cookie that comes with the request, and have the browser forget it."""
    token = cookie_of(request)
    if token is not None:
        get_doorkeeper(request).sessions.end(token)
    clear_cookie(request, response)
    response.headers["Clear-Site-Data"] = '"cache"'  # Sound is kept by browsers, for a year.
