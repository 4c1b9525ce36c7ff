"""Whether anybody is asked for a key, by the settings and the address alone."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit

import structlog

from shared.errors import OpenAddress, Unavailable
from shared.settings import Settings

__all__ = ["check_address", "is_loopback", "is_own_host", "needs_no_key"]

ANY_HOST = "*"
log = structlog.get_logger(__name__)


def needs_no_key(settings: Settings) -> bool:
    """Tell whether nobody is asked for a key as long as none was made."""
    return settings.auth == "auto" and (settings.allow_open or is_loopback(settings.host))


def check_address(settings: Settings, has_any_key: Callable[[], bool]) -> None:
    """Refuse to listen where others reach it while no key could let anyone in.

    Args:
        settings: the mode and the address.
        has_any_key: tells whether a key was ever made; may raise Unavailable.

    Raises:
        OpenAddress: the host is not loopback, and there is neither a key nor the operator's.
    """
    if needs_no_key(settings) or is_loopback(settings.host) or settings.admin_key is not None:
        return
    try:
        if has_any_key():
            return
    except Unavailable as error:
        # Everyone is asked for a key there, so listening lets nobody in; the store may come up later.
        log.warning("keys not looked at", action="keys_unknown", cause=str(error))
        return
    raise OpenAddress(settings.host)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches what listens on a host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_own_host(settings: Settings, host_header: str | None) -> bool:
    """Tell whether a request that needs no key names a host that this gateway goes by.

    A page of another site can have its own name resolve to 127.0.0.1, where a container's port is published
    too; browsers then take the gateway for a part of that site and let the page read answers. The name in the
    `Host` header gives it away: it is neither of loopback nor one of the settings'.
    """
    others = [other.strip() for other in settings.hosts.split(",")]
    if ANY_HOST in others:
        return True
    name = _name_of(host_header or "")
    return name is not None and (is_loopback(name) or name in map(_name_of, others))


def _name_of(host: str) -> str | None:
    """Return the name of a host, in lower case and without its port; None: it has none."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
