"""Streams that go on, as they are served: they end, here and in the route, with the key that opened them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.responses import Response, StreamingResponse

from services.gateway.access import doorkeeper
from services.gateway.access.doorkeeper import Caller
from services.gateway.middleware import RequestFrame
from shared.errors import StoreUnavailable
from tests.support.gateway import serving

BLOCKS = 200


class Keeper:
    """Knows whether the one caller may be in."""

    def __init__(self) -> None:
        self.lets_in, self.away, self.asked = True, False, 0

    def is_in(self, caller: Caller) -> bool:
        self.asked += 1
        if self.away:
            raise StoreUnavailable("refused")
        return self.lets_in


@pytest.fixture
def keeper() -> Keeper:
    return Keeper()


@pytest.fixture
def closed() -> threading.Event:
    """Set once the route has been told that its stream is over."""
    return threading.Event()


@pytest.fixture
def api(keeper: Keeper, closed: threading.Event, monkeypatch) -> Iterator[httpx.Client]:
    monkeypatch.setattr(doorkeeper, "REMEMBERED_S", 0.05)
    app = FastAPI()
    app.state.doorkeeper = keeper
    app.add_middleware(RequestFrame)

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"."
                await asyncio.sleep(0.01)
        finally:
            closed.set()

    async def of_known_length() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"."
            await asyncio.sleep(0.01)

    @app.get("/endless")
    async def stream(request: Request) -> Response:
        request.state.caller = Caller("annas", "0123456789ab")
        return StreamingResponse(endless())

    @app.get("/file")
    async def download(request: Request) -> Response:
        request.state.caller = Caller("annas", "0123456789ab")
        return StreamingResponse(of_known_length(), headers={"Content-Length": "20"})

    with serving(app) as client:
        yield client


def test_a_stream_goes_on_while_its_caller_may_be_in_or_nobody_can_tell(api, keeper, closed):
    with api.stream("GET", "/endless") as answer:
        blocks = answer.iter_raw(1)
        for _ in range(50):
            next(blocks)
        keeper.away = True
        for _ in range(50):
            next(blocks)
        assert keeper.asked > 1
        assert not closed.is_set()


def test_a_stream_and_its_route_end_once_its_caller_may_not(api, keeper, closed):
    with api.stream("GET", "/endless") as answer:
        blocks = answer.iter_raw(1)
        next(blocks)
        keeper.lets_in = False
        assert sum(1 for _ in blocks) < BLOCKS, "it ends, whole"
    assert closed.wait(timeout=10)


def test_a_file_is_sent_to_its_end(api, keeper):
    keeper.lets_in = False
    assert api.get("/file").content == b"." * 20
    assert keeper.asked == 0
