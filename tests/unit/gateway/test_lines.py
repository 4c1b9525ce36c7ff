"""Who is told that a client has gone."""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from services.gateway.lines import BoundedLines

HEAD = b"GET /%b HTTP/1.1\r\nhost: localhost\r\n\r\n"


class Transport(asyncio.Transport):
    """A line that takes everything."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def close(self) -> None:
        pass

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0


def test_the_request_that_is_being_answered_is_told_though_another_has_come_behind_it():
    gone: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        gone.append(scope["path"])

    async def leave() -> None:
        config = uvicorn.Config(app, lifespan="off", log_config=None)
        config.load()
        state = ServerState()
        line = BoundedLines(config=config, server_state=state, app_state={})
        line.connection_made(Transport())
        line.data_received(HEAD % b"first" + HEAD % b"second")
        await asyncio.sleep(0)
        begun = list(state.tasks)
        line.connection_lost(None)
        await asyncio.wait(begun, timeout=5)

    asyncio.run(leave())
    assert gone == ["/first"]
