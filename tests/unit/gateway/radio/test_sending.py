"""The response that carries a radio: it ends with its listener, even where the player takes nothing."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message

from services.gateway.radio.audience import Listener, Packet
from services.gateway.routes import radio

SCOPE: dict[str, Any] = {"type": "http", "asgi": {"spec_version": "2.3"}}
NEWER: dict[str, Any] = {"type": "http", "asgi": {"spec_version": "2.4"}}
"""Of servers that say by an error that a client is gone."""


async def never() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


def stream(listener: Listener, left: list[bool]) -> radio._Stream:
    leaving = AsyncExitStack()
    leaving.callback(left.append, True)
    return radio._Stream(leaving=leaving, listener=listener, metadata=False)


def test_a_player_that_takes_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(radio, "_GRACE_S", 0.05)
    left: list[bool] = []

    async def act() -> None:
        listener = Listener()
        listener.packets.put_nowait(Packet(b"sound", ""))

        async def send(message: Message) -> None:
            if message["type"] == "http.response.body":
                listener.end()
                await asyncio.Event().wait()

        await asyncio.wait_for(stream(listener, left)(SCOPE, never, send), 5)

    asyncio.run(act())
    assert left == [True]


def test_a_player_that_is_gone_is_known_as_such() -> None:
    left: list[bool] = []

    async def act() -> None:
        listener = Listener()
        listener.packets.put_nowait(Packet(b"sound", ""))

        async def send(message: Message) -> None:
            if message["type"] == "http.response.body":
                raise OSError

        with pytest.raises(ClientDisconnect):
            await asyncio.wait_for(stream(listener, left)(NEWER, never, send), 2)

    asyncio.run(act())
    assert left == [True]


def test_a_stream_that_is_over_is_sent_to_its_end() -> None:
    left: list[bool] = []
    sent: list[Message] = []

    async def act() -> None:
        listener = Listener()
        listener.packets.put_nowait(Packet(b"sound", ""))
        listener.packets.put_nowait(None)
        listener.ended.set()

        async def send(message: Message) -> None:
            sent.append(message)

        await asyncio.wait_for(stream(listener, left)(SCOPE, never, send), 2)

    asyncio.run(act())
    assert [message.get("body") for message in sent] == [None, b"sound", b""]
    assert left == [True]
