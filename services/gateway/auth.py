"""Who calls: on loopback everyone is the one local tenant."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from fastapi import Depends

from shared.errors import OpenAddress
from shared.settings import Settings
from shared.store.keys import LOCAL_TENANT


def current_tenant() -> str:
    """Return whose things the request is about."""
    return LOCAL_TENANT


Tenant = Annotated[str, Depends(current_tenant)]


def check_address(settings: Settings) -> None:
    """Refuse to listen where others reach it, since no key is asked for.

    Raises:
        OpenAddress: the host is not loopback, and `allow_open` is not set.
    """
    if not settings.allow_open and not is_loopback(settings.host):
        raise OpenAddress(settings.host)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches what listens on a host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
