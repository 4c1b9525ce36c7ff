"""A TCP proxy on loopback whose connections can be delayed, reset, or held back as by a cut cable.

It runs in a thread of its own; its methods may be called from any thread. The ideas are toxiproxy's.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

BLOCK_BYTES = 64 << 10
BLOCKS_UNDER_WAY = 256
"""What one direction holds at most: 16 MiB, more than a delay of seconds needs."""
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)


class TcpProxy:
    """Carries bytes both ways between whoever connects and one port of this machine."""

    def __init__(self, target_port: int) -> None:
        self.target_port, self.port = target_port, 0
        self.connections = 0
        """Those that are open now."""
        self._delay_s, self._refusing = 0.0, False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tcp proxy", daemon=True)
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def delay(self, delay_s: float) -> None:
        """Let every byte arrive so much later, in both directions."""
        self._delay_s = delay_s

    def black_hole(self) -> None:
        """Take connections and bytes, and let nothing through. What was sent arrives after `heal`."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def reset(self, *, refuse: bool = False) -> None:
        """Reset every connection; with `refuse` also each new one, until `heal`."""
        self._refusing = refuse
        self._call(self._reset_all())

    def heal(self) -> None:
        """Carry everything at once again."""
        self._delay_s, self._refusing = 0.0, False
        self._loop.call_soon_threadsafe(self._flowing.set)

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        self._flowing.set()
        await self._reset_all()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _reset_all(self) -> None:
        for writer in list(self._writers):
            _abort(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            _abort(writer)
            return
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            _abort(writer)  # As if nothing listened, or nearly so.
            return
        ends = {writer, server_writer}
        self._writers |= ends
        self.connections += 1
        try:
            # Whichever side ends first ends both: neither Valkey's nor S3's clients half-close.
            both = [
                asyncio.create_task(self._carry(reader, server_writer)),
                asyncio.create_task(self._carry(server_reader, writer)),
            ]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
        finally:
            self.connections -= 1
            self._writers -= ends
            for end in ends:
                end.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one direction: reading goes on while what was read waits for its time."""
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(BLOCKS_UNDER_WAY)
        sending = asyncio.create_task(self._send(queue, writer))
        try:
            while block := await reader.read(BLOCK_BYTES):
                await queue.put((self._loop.time() + self._delay_s, block))
            await queue.put((self._loop.time() + self._delay_s, b""))
            await sending
        except OSError:
            return
        finally:
            sending.cancel()

    async def _send(self, queue: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while True:
                due_s, block = await queue.get()
                if (wait_s := due_s - self._loop.time()) > 0:
                    await asyncio.sleep(wait_s)
                await self._flowing.wait()
                if not block:
                    return
                writer.write(block)
                await writer.drain()


def _abort(writer: asyncio.StreamWriter) -> None:
    """Close with a reset instead of a goodbye."""
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
    writer.transport.abort()
