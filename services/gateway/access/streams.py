"""Streams that go on for hours, such as radios and job events: they end when their key is revoked."""

from __future__ import annotations

import time

import structlog
from anyio import to_thread
from starlette.types import Message, Scope, Send

from services.gateway.access import doorkeeper
from services.gateway.access.doorkeeper import Caller, Doorkeeper
from shared.errors import Unavailable

__all__ = ["ending_when_locked_out"]

log = structlog.get_logger(__name__)


def ending_when_locked_out(scope: Scope, send: Send) -> Send:
    """Return a `send` that ends an answer of no known length once its caller would not be let in any more.

    The caller is looked at again with a block that comes `REMEMBERED_S` after the last look; while the store
    is away they are taken to be in. The server then tells the route that the client has gone.

    Args:
        scope: of the request; `admit` leaves the caller in its state.
        send: sends to the client.
    """
    looked_s, endless, over = time.monotonic(), False, False

    async def send_while_in(message: Message) -> None:
        nonlocal looked_s, endless, over
        if message["type"] == "http.response.start":
            endless = not any(name.lower() == b"content-length" for name, _ in message.get("headers", ()))
        elif endless and message.get("more_body") and time.monotonic() - looked_s >= doorkeeper.REMEMBERED_S:
            looked_s = time.monotonic()
            if not over and not await _is_in(scope):
                over = True
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        if not over:
            await send(message)

    return send_while_in


async def _is_in(scope: Scope) -> bool:
    caller: Caller | None = scope.get("state", {}).get("caller")
    if caller is None:
        return True
    keeper: Doorkeeper = scope["app"].state.doorkeeper
    try:
        is_in = await to_thread.run_sync(keeper.is_in, caller)
    except Unavailable:
        return True
    if not is_in:
        log.info("stream ended", action="stream_ended", key=caller.key, path=scope["path"])
    return is_in
