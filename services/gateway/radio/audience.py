"""Those who listen to a radio: each with a queue of packets, so that nobody waits for anybody."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

import structlog

__all__ = ["BURST_PACKETS", "PACKET_FRAMES", "SLOW_PACKETS", "Audience", "Listener", "Packet"]

PACKET_FRAMES = 19
"""Half a second."""
BURST_PACKETS = 8
"""Who comes is given so much at once, so that a player has something to play."""
SLOW_PACKETS = 60
"""Who has so much waiting is cut off."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Packet:
    """Sound, and what it is."""

    sound: bytes
    title: str


class Listener:
    """One who listens.

    Attributes:
        packets: what is to be sent to them; None: the stream is over.
        ended: set once it is over.
    """

    def __init__(self) -> None:
        self.packets: asyncio.Queue[Packet | None] = asyncio.Queue(SLOW_PACKETS)
        self.ended = asyncio.Event()

    def end(self) -> None:
        """Let the stream end, at once."""
        while not self.packets.empty():
            self.packets.get_nowait()
        self.packets.put_nowait(None)
        self.ended.set()


class Audience:
    """All who listen to one radio.

    Args:
        radio: its name, for the log.
        waits: whether a packet waits for those who are slow; otherwise they are cut off.
    """

    def __init__(self, radio: str, *, waits: bool) -> None:
        self._radio, self._waits = radio, waits
        self._listeners: set[Listener] = set()
        self._recent: deque[Packet] = deque(maxlen=BURST_PACKETS)
        self._over = False

    def __len__(self) -> int:
        return len(self._listeners)

    def join(self) -> Listener:
        """Let someone listen. Where the radio has just ended, their stream ends as well."""
        listener = Listener()
        for packet in self._recent:
            listener.packets.put_nowait(packet)
        if self._over:
            listener.end()
        else:
            self._listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """Let someone go."""
        self._listeners.discard(listener)
        listener.end()

    async def give(self, packet: Packet) -> None:
        """Send a packet to all."""
        self._recent.append(packet)
        for listener in list(self._listeners):
            if self._waits:
                await listener.packets.put(packet)
            elif listener.packets.full():
                log.info("listener too slow", action="listener_cut_off", radio=self._radio)
                self.leave(listener)
            else:
                listener.packets.put_nowait(packet)

    def end(self) -> None:
        """Let all streams end, those as well that would begin from now on."""
        self._over = True
        for listener in list(self._listeners):
            self.leave(listener)
