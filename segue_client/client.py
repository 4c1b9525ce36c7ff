"""The two clients."""

from __future__ import annotations

import importlib.metadata
import ipaddress
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

import anyio
import httpx

from segue_client.carrying import Awaiting, Waiting
from segue_client.groups import Api, Async, Sync

__all__ = ["AsyncClient", "Client", "is_loopback"]

USUAL_URL = "http://127.0.0.1:8000"
TIMEOUT_S, CONNECT_S = 60.0, 5.0
LOOK = httpx.Timeout(5.0)


class Client(Api[Sync]):
    """A gateway, for programs that wait. Use as a context manager.

    Args:
        url: its address.
        key: goes with every request; None: none does.
        timeout_s: so long may a gateway say nothing, and five seconds at most before it says anything.
        transport: what carries the requests; None: the network.
        pause: waits so many seconds between tries.

    Every method raises `NoGateway` when the gateway does not answer, and `ApiProblem` when it answers with a
    problem document.
    """

    def __init__(
        self,
        url: str = USUAL_URL,
        *,
        key: str | None = None,
        timeout_s: float = TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(transport=transport, **_settings(self.url, key, timeout_s))
        super().__init__(Waiting(self.url, self._http, pause))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def is_segue(self) -> bool:
        """Tell whether what answers at the address is Segue."""
        try:
            return _describes_segue(self._http.get(f"{self.url}/openapi.json", timeout=LOOK))
        except (httpx.HTTPError, httpx.InvalidURL):
            return False


class AsyncClient(Api[Async]):
    """A gateway, for programs that await, with asyncio or trio. Use as an asynchronous context manager.

    Files are read and written in blocks of some hundred kilobytes, without awaiting.

    Args:
        url: its address.
        key: goes with every request; None: none does.
        timeout_s: so long may a gateway say nothing, and five seconds at most before it says anything.
        transport: what carries the requests; None: the network.
        pause: waits so many seconds between tries.

    Methods raise what those of `Client` do.
    """

    def __init__(
        self,
        url: str = USUAL_URL,
        *,
        key: str | None = None,
        timeout_s: float = TIMEOUT_S,
        transport: httpx.AsyncBaseTransport | None = None,
        pause: Callable[[float], Awaitable[object]] = anyio.sleep,
    ) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.AsyncClient(transport=transport, **_settings(self.url, key, timeout_s))
        super().__init__(Awaiting(self.url, self._http, pause))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def is_segue(self) -> bool:
        """Tell whether what answers at the address is Segue."""
        try:
            return _describes_segue(await self._http.get(f"{self.url}/openapi.json", timeout=LOOK))
        except (httpx.HTTPError, httpx.InvalidURL):
            return False


def is_loopback(url: str) -> bool:
    """Tell whether an address is one of this machine's own."""
    try:
        host = httpx.URL(url).host
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except (httpx.InvalidURL, ValueError):
        return False


def _settings(url: str, key: str | None, timeout_s: float) -> dict[str, Any]:
    """Return how both of httpx's clients are set up."""
    agent = f"segue/{importlib.metadata.version('segue')}"
    return {
        "base_url": f"{url}/v1/",
        "timeout": httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
        "trust_env": not is_loopback(url),  # No proxy reaches this machine's own loopback.
        "headers": {"User-Agent": agent} | ({"Authorization": f"Bearer {key}"} if key else {}),
    }


def _describes_segue(answer: httpx.Response) -> bool:
    try:
        return answer.is_success and bool(answer.json()["info"]["title"] == "Segue")
    except (ValueError, KeyError, TypeError):
        return False
