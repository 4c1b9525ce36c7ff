"""Answers that nobody takes: a line is closed once its client has taken nothing for a while.

What is answered waits in memory until the client reads it, and with it the request's place. uvicorn waits for
ever, and even closing a line waits until the client has taken what is left.
"""

from __future__ import annotations

import array
import asyncio
import fcntl
import termios
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import structlog
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from services.gateway.heads import BoundedHeads

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application

__all__ = ["BoundedLines"]

log = structlog.get_logger(__name__)


class BoundedLines(BoundedHeads):
    """Serve HTTP as `BoundedHeads` does, and break lines whose client takes nothing of what it asked for.

    Attributes:
        IDLE_S: for so long a client may take nothing, with more waiting for it.
    """

    IDLE_S = 60.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._left_bytes = 0
        self._looking: asyncio.TimerHandle | None = None
        self._answered: RequestResponseCycle | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more, and tell the request that is being answered.

        uvicorn tells the last that came, which waits where a client has sent several at once.
        """
        self._stop_looking()
        if self._answered is not None and not self._answered.response_complete:
            self._answered.disconnected = True
            self._answered.message_event.set()
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def pause_writing(self) -> None:
        """Begin to look whether the client takes what waits for it."""
        super().pause_writing()
        self._look_later()

    def resume_writing(self) -> None:
        """Look no more: it does."""
        self._stop_looking()
        super().resume_writing()

    def on_response_complete(self) -> None:
        """Look whether the client takes an answer's end, which nothing waits for any more."""
        super().on_response_complete()
        if self._looking is None and self.transport.get_write_buffer_size():
            self._look_later()

    def _look_later(self) -> None:
        self._stop_looking()
        self._left_bytes = self._untaken_bytes()
        self._looking = self.loop.call_later(self.IDLE_S, self._look)

    def _stop_looking(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None

    def _look(self) -> None:
        self._looking = None
        if not self.transport.get_write_buffer_size():
            return
        if self._untaken_bytes() != self._left_bytes:
            self._look_later()
            return
        log.info("line broken", action="line_broken", client=self.client and self.client[0])
        self.transport.abort()

    def _untaken_bytes(self) -> int:
        """Return how many bytes are on their way to the client, those in the system's hands included.

        The system takes more only once much has gone, so what waits here alone does not tell slow from idle.
        """
        held = array.array("i", [0])
        connection = self.transport.get_extra_info("socket")
        with suppress(OSError, ValueError):
            fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, held)
        return self.transport.get_write_buffer_size() + held[0]
