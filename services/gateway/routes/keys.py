"""Keys: made, listed, rotated and revoked by the operator."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Request, Response, status

from services.gateway.access.doorkeeper import Doorkeeper
from services.gateway.access.keyring import ApiKey, Keyring
from services.gateway.auth import get_doorkeeper, need_operator
from services.gateway.dependencies import documented
from services.gateway.paging import Cursor, Limit, page_of
from services.gateway.schemas.common import Page
from services.gateway.schemas.keys import Key, KeyRequest, NewKey

router = APIRouter(prefix="/keys", tags=["keys"], dependencies=[Depends(need_operator)])
log = structlog.get_logger(__name__)


def get_keyring(request: Request) -> Keyring:
    """Return the keys of the installation."""
    keyring: Keyring = request.app.state.keyring
    return keyring


TheKeyring = Annotated[Keyring, Depends(get_keyring)]
TheDoorkeeper = Annotated[Doorkeeper, Depends(get_doorkeeper)]


@router.post("", status_code=status.HTTP_201_CREATED, responses=documented(403))
def make_key(
    request: KeyRequest, response: Response, keyring: TheKeyring, doorkeeper: TheDoorkeeper
) -> NewKey:
    """Make a key. It is told here and never again. From the first one on, everyone is asked for a key."""
    return _told(*keyring.make(request.name, request.tenant), response, doorkeeper)


@router.get("", responses=documented(403))
def list_keys(keyring: TheKeyring, limit: Limit = 50, cursor: Cursor = None) -> Page[Key]:
    """List keys in the order of their ids, those that were revoked as well."""

    def show(identifier: str) -> Key | None:
        found = keyring.find(identifier)
        return None if found is None else _view(found)

    return page_of(keyring.ids(after=cursor), show, limit)


@router.post("/{key_id}/rotation", status_code=status.HTTP_201_CREATED, responses=documented(403, 404))
def rotate_key(key_id: str, response: Response, keyring: TheKeyring, doorkeeper: TheDoorkeeper) -> NewKey:
    """Make a key that opens what another does, and revoke that one."""
    return _told(*keyring.rotate(key_id), response, doorkeeper)


@router.delete("/{key_id}", status_code=status.HTTP_204_NO_CONTENT, responses=documented(403, 404))
def revoke_key(key_id: str, keyring: TheKeyring, doorkeeper: TheDoorkeeper) -> None:
    """Revoke a key: other gateways refuse it within 5 s, too. What was made with it stays."""
    revoked = keyring.revoke(key_id)
    doorkeeper.forget()
    log.info("key revoked", action="key_revoked", revoked=revoked.id)


def _told(made: ApiKey, key: str, response: Response, doorkeeper: Doorkeeper) -> NewKey:
    doorkeeper.forget()
    log.info("key made", action="key_made", made=made.id, of=made.made.tenant)
    response.headers["Cache-Control"] = "no-store"
    return NewKey(**_view(made).model_dump(), key=key)


def _view(key: ApiKey) -> Key:
    return Key(
        id=key.id,
        name=key.made.name,
        tenant=key.made.tenant,
        made_at=key.made.made_at,
        revoked_at=key.revoked.revoked_at if key.revoked else None,
    )
