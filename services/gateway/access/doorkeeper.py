"""Who calls: a key's tenant, the operator, or, where nobody is asked, the one local tenant.

What is known of keys is remembered for `REMEMBERED_S` seconds, so that a request costs the store nothing and
a revoked key is refused that soon by every gateway, and at once by the one that was told.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from services.gateway.access.keyring import ApiKey, digest_of, fits, parse_key
from services.gateway.access.modes import needs_no_key
from services.gateway.access.refusals import KeyNeeded, KeyRefused
from services.gateway.access.sessions import Sessions
from shared.settings import Settings
from shared.store.keys import LOCAL_TENANT

__all__ = ["OPERATOR", "Caller", "Doorkeeper"]

REMEMBERED_S = 5.0
MOST_REMEMBERED = 10_000
OPERATOR = "operator"
"""In the place of a key's id."""
log = structlog.get_logger(__name__)


class Keys(Protocol):
    """What the doorkeeper asks of a keyring."""

    def find(self, identifier: str) -> ApiKey | None:
        """Return a key, revoked or not, or None."""

    def has_any(self) -> bool:
        """Tell whether a key was ever made."""


@dataclass(frozen=True)
class Caller:
    """Who makes a request.

    Attributes:
        tenant: whose things it is about.
        key: the id of the key that came, `OPERATOR`, or None where nobody is asked for one.
        session: the cookie that came in the key's place.
    """

    tenant: str
    key: str | None = None
    session: str | None = None

    @property
    def is_operator(self) -> bool:
        """Whether it came with the operator's own key."""
        return self.key == OPERATOR and self.session is None


@dataclass
class _Memory:
    """What is known since it was last forgotten.

    Who looks takes note in the memory that there was when they began: what they read may be older than
    what the next one is for.
    """

    keys: dict[str, tuple[float, ApiKey | None]] = field(default_factory=dict)
    looked_s: float | None = None


class Doorkeeper:
    """Lets callers in. Its methods block where the store has to be asked; safe to share between threads.

    Args:
        settings: the mode, and the operator's key.
        ring: the keys.
        clock: seconds that only grow.
    """

    def __init__(
        self, settings: Settings, ring: Keys, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ring, self._clock = ring, clock
        self._may_be_open = needs_no_key(settings)
        self.sessions = Sessions(settings)
        admin = settings.admin_key
        self._admin_digest = digest_of(admin.get_secret_value()) if admin else None
        self._memory = _Memory()

    def identify(self, authorization: str | None) -> Caller:
        """Return who makes a request, by its `Authorization` header.

        Raises:
            KeyNeeded: there is none, and one is asked for.
            KeyRefused: it opens nothing.
            StoreUnavailable: it cannot be found out; nobody is let in then.
        """
        if authorization is None:
            if self.is_open():
                return Caller(LOCAL_TENANT)
            raise KeyNeeded()
        text = _bearer(authorization)
        if self._admin_digest and hmac.compare_digest(digest_of(text), self._admin_digest):
            return Caller(LOCAL_TENANT, OPERATOR)
        presented = parse_key(text)
        known = self._find(presented.id) if presented else None
        if presented is None or not fits(presented, known) or known is None:
            log.warning("key refused", action="key_refused", key=presented.id if presented else None)
            raise KeyRefused()
        return Caller(known.made.tenant, known.id)

    def recognise(self, token: str) -> Caller | None:
        """Return who has begun a session; None: it is over, or its key opens nothing any more."""
        session = self.sessions.read(token)
        if session is None:
            return None
        if session.key == OPERATOR:
            return Caller(LOCAL_TENANT, OPERATOR, token)
        known = self._find(session.key)
        return None if known is None or known.revoked else Caller(known.made.tenant, known.id, token)

    def is_in(self, caller: Caller) -> bool:
        """Tell whether one who was let in would be let in now."""
        if caller.session is not None:
            return self.recognise(caller.session) is not None
        if caller.key is None:
            return self.is_open()
        if caller.is_operator:
            return True
        known = self._find(caller.key)
        return known is not None and known.revoked is None

    def is_open(self) -> bool:
        """Tell whether nobody is asked for a key. Once a key was made it never is again, revoked or not."""
        if not self._may_be_open:
            return False
        memory = self._memory
        if not self._is_fresh(memory.looked_s):
            looked_s = self._clock()
            if self._ring.has_any():
                self._may_be_open = False
            memory.looked_s = looked_s
        return self._may_be_open

    def forget(self) -> None:
        """Look anew at the next request: a key was made or revoked."""
        self._memory = _Memory()

    def _find(self, identifier: str) -> ApiKey | None:
        memory = self._memory
        looked_s, known = memory.keys.get(identifier, (None, None))
        if not self._is_fresh(looked_s):
            if len(memory.keys) >= MOST_REMEMBERED:
                memory.keys.clear()
            looked_s, known = self._clock(), self._ring.find(identifier)
            memory.keys[identifier] = (looked_s, known)
        return known

    def _is_fresh(self, looked_s: float | None) -> bool:
        return looked_s is not None and self._clock() - looked_s < REMEMBERED_S


def _bearer(authorization: str) -> str:
    scheme, _, credentials = authorization.partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else ""
