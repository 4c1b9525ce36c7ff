"""Sessions of pages: a browser cannot put a key into the requests for events and sound that it makes itself.

So a page sends its key once and gets a cookie that names the key, until when it holds, and a signature
(HMAC-SHA-256). The cookie opens what the key does, for reading alone, and never longer than the key.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from shared.settings import Settings

__all__ = ["LASTS_S", "READING", "Session", "Sessions", "clear_cookie", "cookie_of", "set_cookie"]

LASTS_S = 8 * 3600
READING = frozenset({"GET", "HEAD"})
_PLAIN, _TLS = "segue_session", "__Host-segue_session"
"""Browsers take a cookie whose name begins with `__Host-` from this host over TLS alone."""


@dataclass(frozen=True)
class Session:
    """What a cookie says."""

    key: str
    """Id of the key that it was given for."""
    expires_s: int
    """Seconds since 1970."""
    token: str


class Sessions:
    """Signs and reads what is in the cookies.

    Args:
        settings: the secret, if gateways share one; the operator's key, with which all sessions change.
        clock: seconds since 1970.
    """

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.time) -> None:
        given, admin = settings.session_secret, settings.admin_key
        secret = given.get_secret_value().encode() if given else secrets.token_bytes(32)
        bound = admin.get_secret_value().encode() if admin else b""
        self._secret = hmac.digest(secret, b"segue session\n" + bound, "sha256")
        self._clock = clock
        self._ended: dict[str, int] = {}
        """Those that were ended before their time; other gateways do not know of them."""

    def begin(self, key: str) -> Session:
        """Return a new session for a key."""
        expires_s = int(self._clock()) + LASTS_S
        told = f"{key}.{expires_s}.{secrets.token_hex(8)}"
        return Session(key, expires_s, f"{told}.{self._sign(told)}")

    def read(self, token: str) -> Session | None:
        """Return the session that a token stands for; None: it was not signed here, or is over."""
        told, _, signature = token.rpartition(".")
        if not token.isascii() or not hmac.compare_digest(signature, self._sign(told)):
            return None
        key, expires_s, _ = told.split(".")
        over = int(expires_s) <= self._clock() or token in self._ended
        return None if over else Session(key, int(expires_s), token)

    def end(self, token: str) -> None:
        """Let a session be over."""
        session = self.read(token)
        if session is not None:
            for old in [one for one, until_s in list(self._ended.items()) if until_s <= self._clock()]:
                self._ended.pop(old, None)
            self._ended[token] = session.expires_s

    def _sign(self, told: str) -> str:
        return hmac.new(self._secret, told.encode(), hashlib.sha256).hexdigest()


def cookie_of(request: Request) -> str | None:
    """Return the session's token that came with a request, if any."""
    return request.cookies.get(_name(request))


def set_cookie(request: Request, response: Response, session: Session) -> None:
    """Have a browser keep a session: no script reads it, and no page of another site has it sent."""
    response.set_cookie(
        _name(request),
        session.token,
        max_age=LASTS_S,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def clear_cookie(request: Request, response: Response) -> None:
    """Have a browser forget its session."""
    response.delete_cookie(
        _name(request), path="/", secure=request.url.scheme == "https", httponly=True, samesite="strict"
    )


def _name(request: Request) -> str:
    return _TLS if request.url.scheme == "https" else _PLAIN
