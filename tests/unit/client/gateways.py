"""Gateways that answer one request after the other, over httpx's own transport for tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Literal, get_args

import anyio
import httpx
import pytest

from segue_client import AsyncClient, Client

Handler = Callable[[httpx.Request], httpx.Response]
URL = "http://gateway.test"
JOB_ID = "0b5d1c4e8f6a4b7c9d2e3f4a5b6c7d8e"

Kind = Literal["waiting", "awaiting"]
both = pytest.mark.parametrize("kind", get_args(Kind))
"""What is to hold of both clients."""


class Asked:
    """A client of either kind, asked as one that waits is asked.

    Attributes:
        paused_s: how long it waited between tries, each time.
    """

    def __init__(self, kind: Kind, handler: Handler) -> None:
        self.paused_s: list[float] = []
        self._awaits = kind == "awaiting"
        self._transport = httpx.MockTransport(handler)

    def do(self, group: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of a group, "" for the client itself; return its result, or what it tells."""
        if self._awaits:
            return anyio.run(lambda: self._awaited(group, method, args, kwargs))
        with Client(URL, transport=self._transport, pause=self.paused_s.append) as client:
            found = _method(client, group, method)(*args, **kwargs)
            return list(found) if isinstance(found, Iterator) else found

    async def _awaited(self, group: str, method: str, args: Any, kwargs: Any) -> Any:
        async def pause(seconds: float) -> None:
            self.paused_s.append(seconds)

        async with AsyncClient(URL, transport=self._transport, pause=pause) as client:
            found = _method(client, group, method)(*args, **kwargs)
            return [one async for one in found] if hasattr(found, "__aiter__") else await found


def _method(client: Any, group: str, method: str) -> Any:
    return getattr(getattr(client, group) if group else client, method)


def answering(*answers: httpx.Response | Exception, asked: list[httpx.Request] | None = None) -> Handler:
    """Answer one request after the other, whatever is asked; keep what was."""
    left = iter(answers)

    def handler(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request)
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handler


def problem(status: int, **more: object) -> httpx.Response:
    document = {
        "type": "urn:segue:problem:not-found",
        "title": "Not found",
        "status": status,
        "detail": "No.",
    }
    headers = {"content-type": "application/problem+json"}
    return httpx.Response(status, content=json.dumps(document | more), headers=headers)


def job(state: str = "running", **more: object) -> dict[str, object]:
    return {"id": JOB_ID, "state": state, "stages": [], "problem": None, "warning": None, "mix": None} | more


def stream(*jobs: dict[str, object], broken: bool = False) -> httpx.Response:
    """The events of a job, their ids from 1, torn in the midst of lines; broken: they end in an error."""
    text = "".join(
        f"event: job\nid: {n}\ndata: {json.dumps(one)}\n\n: ping\n\n" for n, one in enumerate(jobs, 1)
    )
    return Torn(text.encode(), broken=broken).answer()


class Torn(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in small blocks, for both clients; broken: the connection ends before the body does."""

    def __init__(self, body: bytes, *, broken: bool = False, block: int = 7) -> None:
        self._blocks = [body[at : at + block] for at in range(0, len(body), block)]
        self._broken = broken

    def answer(self, status: int = 200, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.Response(status, stream=self, headers=named)

    def __iter__(self) -> Iterator[bytes]:
        yield from self._blocks
        if self._broken:
            raise httpx.ReadError("gone")

    async def __aiter__(self) -> Any:
        for block in self:
            yield block
