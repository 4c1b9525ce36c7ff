"""One radio on air: keeps blocks ahead, sends them as they are played, to all who listen.

Sound goes out in packets. A listener has a queue of its own: who falls behind by more than that is cut off,
and no one else waits. Who comes is given the last seconds at once, so that a player has something to play.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass

import structlog
from anyio import to_thread

from services.gateway.radio.icy import stream_title
from services.gateway.radio.pacing import Pacer
from services.gateway.radio.supply import Supplied, Supply
from services.gateway.radio.wishes import Wish, heard_at, remark_of
from shared.errors import NoSound, SegueError, Unavailable
from shared.radio import Entry
from shared.sound.mp3 import SAMPLES_PER_FRAME
from shared.store.specs import BlockSpec

__all__ = ["Listener", "Packet", "Relay"]

AHEAD_S = 60.0
PACKET_FRAMES = 19
"""Half a second."""
BURST_PACKETS = 8
SLOW_PACKETS = 60
LOOK_S = 0.25
RETRY_S = 1.0
PATIENCE_S = 60.0
"""A stream that has been waiting for sound for so long ends."""
_KEPT_BEHIND, _DROPPED_AT = 10, 20
"""Blocks that were played are deleted many at a time: a deletion makes all processes look anew."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Packet:
    """Sound, and what it is."""

    sound: bytes
    title: str


class Listener:
    """One who listens."""

    def __init__(self) -> None:
        self.packets: asyncio.Queue[Packet | None] = asyncio.Queue(SLOW_PACKETS)

    def end(self) -> None:
        """Let the stream end, at once."""
        while not self.packets.empty():
            self.packets.get_nowait()
        self.packets.put_nowait(None)


@dataclass(eq=False)
class _OnAir:
    """A block, and where its first frame lies in the radio."""

    block: Supplied
    first: int

    @property
    def end(self) -> int:
        return self.first + len(self.block.frames)


class Relay:
    """A radio on air, as long as `run` runs.

    Args:
        supply: gives blocks.
        paced: send in real time; otherwise as fast as blocks come and listeners take them.
        hold_s: how often to say that someone listens.

    Attributes:
        listeners: who listens.
        banned: songs that listeners banned.
        ready: set once there is sound, or will never be.
        error: why the radio ended.
    """

    def __init__(self, supply: Supply, *, paced: bool, hold_s: float) -> None:
        self.supply, self._paced, self._hold_s = supply, paced, hold_s
        self.listeners: set[Listener] = set()
        self.banned: set[str] = set()
        self.ready = asyncio.Event()
        self.error: SegueError | None = None
        self.position = 0
        """The frame that is sent next."""
        self._blocks: deque[_OnAir] = deque()
        self._behind: list[BlockSpec] = []
        self._recent: deque[Packet] = deque(maxlen=BURST_PACKETS)
        self._wishes: deque[Wish] = deque()
        self._changed = asyncio.Event()

    # Listeners

    def join(self) -> Listener:
        """Let someone listen."""
        listener = Listener()
        for packet in self._recent:
            listener.packets.put_nowait(packet)
        self.listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """Let someone go."""
        self.listeners.discard(listener)
        listener.end()

    async def deserted(self, quiet_s: float) -> None:
        """Wait until nobody has listened for a while."""
        since_s = time.monotonic()
        while time.monotonic() - since_s < quiet_s:
            await asyncio.sleep(LOOK_S)
            if self.listeners:
                since_s = time.monotonic()

    def wish(self, wish: Wish) -> None:
        """Take a listener's wish: it is fulfilled as soon as a worker can."""
        self._wishes.append(wish)
        self._changed.set()

    def playing(self) -> Entry | None:
        """Return what is being sent."""
        entries = [entry for on_air in self._blocks for entry in on_air.block.entries]
        return heard_at(entries, self.position * SAMPLES_PER_FRAME)

    def ahead_frames(self) -> int:
        """Return how many frames are there and not sent."""
        return self._blocks[-1].end - self.position if self._blocks else 0

    def specs(self) -> list[BlockSpec]:
        """Return the blocks that are in the store for this radio."""
        return [*self._behind, *(on_air.block.spec for on_air in self._blocks)]

    # On air

    async def run(self) -> None:
        """Be on air until cancelled, or until there is no more sound to be had; then all streams end."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._hold())
                tasks.create_task(self._keep_ahead())
                tasks.create_task(self._send())
        except* SegueError as errors:
            self.error = _first(errors)
            log.warning("radio ended", action="radio_ended", radio=self.supply.radio, cause=str(self.error))
        finally:
            self.ready.set()
            for listener in self.listeners:
                listener.end()

    async def _hold(self) -> None:
        while True:
            try:
                await to_thread.run_sync(self.supply.hold)
            except Unavailable as error:
                log.warning("not held", action="radio_not_held", cause=str(error))
            await asyncio.sleep(self._hold_s)

    async def _keep_ahead(self) -> None:
        while True:
            self._changed.clear()
            if self._wishes and self._blocks:
                await self._fulfil(self._wishes.popleft())
            elif self._seconds(self.ahead_frames()) < AHEAD_S:
                former = self._blocks[-1].block.spec if self._blocks else None
                spec = self.supply.spec_after(former)
                if (block := await self._fetched(spec, but_for_wishes=True)) is not None:
                    self._append(block)
            else:
                await self._changed.wait()
            if len(self._behind) >= _DROPPED_AT:
                await self._drop(self._behind[:-_KEPT_BEHIND])
                self._behind = self._behind[-_KEPT_BEHIND:]

    def _append(self, block: Supplied) -> None:
        first = self._blocks[-1].end if self._blocks else 0
        self._blocks.append(_OnAir(block, first))
        self.ready.set()
        self._changed.set()

    async def _fetched(self, spec: BlockSpec, *, but_for_wishes: bool = False) -> Supplied | None:
        """Wait for a block; None: a wish came in between."""
        waited_from_s = time.monotonic()
        while not (but_for_wishes and self._wishes and self._blocks):
            try:
                block = await to_thread.run_sync(self.supply.fetch, spec)
            except Unavailable as error:
                log.warning("could not ask for a block", action="block_not_asked", cause=str(error))
                block = None
                await asyncio.sleep(RETRY_S)
            if block is not None:
                return block
            if self.ahead_frames() <= 0 and time.monotonic() - waited_from_s > PATIENCE_S:
                raise NoSound(waited_s=PATIENCE_S)
            await asyncio.sleep(LOOK_S)
        return None

    async def _fulfil(self, wish: Wish) -> None:
        """Change what comes: the block where that begins is made again, and those after it are dropped."""
        on_air = self._blocks[-1]
        change_at = self.position + round(wish.lead_s / self._seconds(1))
        for on_air in self._blocks:
            if change_at < on_air.end:
                break
        else:
            remark = remark_of(wish, on_air.block.entries, on_air.end * SAMPLES_PER_FRAME)
            block = await self._fetched(self.supply.spec_after(on_air.block.spec, [remark]))
            if block is not None:
                self._append(block)
            return
        remark = remark_of(wish, on_air.block.entries, change_at * SAMPLES_PER_FRAME)
        old = on_air.block.spec
        block = await self._fetched(old.model_copy(update={"remarks": (*old.remarks, remark)}))
        if block is None:
            return
        same = _in_common(on_air.block.frames, block.frames)
        if on_air not in self._blocks or self.position > on_air.first + same:
            await self._drop([block.spec])
            self._wishes.appendleft(wish.later())  # It was played already: change it farther ahead.
            return
        dropped = [old]
        while self._blocks[-1] is not on_air:
            dropped.append(self._blocks.pop().block.spec)
        on_air.block = block
        self._changed.set()
        await self._drop(dropped)

    async def _drop(self, specs: list[BlockSpec]) -> None:
        try:
            await to_thread.run_sync(self.supply.drop, specs)
        except Unavailable as error:
            log.warning("blocks left", action="radio_left", radio=self.supply.radio, cause=str(error))

    async def _send(self) -> None:
        await self.ready.wait()
        pacer = Pacer(self._blocks[0].block.sample_rate_hz)
        while True:
            while not self._blocks or self.position >= self._blocks[-1].end:
                await asyncio.sleep(LOOK_S / 5)
            if self._paced:
                await asyncio.sleep(pacer.wait_s(time.monotonic()))
            while self.position >= self._blocks[0].end:
                self._behind.append(self._blocks.popleft().block.spec)
            packet, frames = self._packet()
            pacer.sent(frames)
            self._recent.append(packet)
            for listener in list(self.listeners):
                await self._give(listener, packet)
            if not self._paced:
                while not self.listeners:
                    await asyncio.sleep(LOOK_S / 5)

    def _packet(self) -> tuple[Packet, int]:
        """Take the next frames of the block that is on air."""
        on_air = self._blocks[0]
        at = self.position - on_air.first
        frames = on_air.block.frames[at : at + PACKET_FRAMES]
        entry = self.playing()
        title = "" if entry is None else stream_title(entry.title, entry.artist)
        self.position += len(frames)
        self._changed.set()
        return Packet(b"".join(frames), title), len(frames)

    async def _give(self, listener: Listener, packet: Packet) -> None:
        if not self._paced:
            await listener.packets.put(packet)
        elif listener.packets.full():
            log.info("listener too slow", action="listener_cut_off", radio=self.supply.radio)
            self.leave(listener)
        else:
            listener.packets.put_nowait(packet)

    def _seconds(self, frames: int) -> float:
        rate_hz = self._blocks[0].block.sample_rate_hz if self._blocks else 44_100
        return frames * SAMPLES_PER_FRAME / rate_hz


def _in_common(one: list[bytes], other: list[bytes]) -> int:
    """Return how many frames two blocks begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _first(errors: BaseExceptionGroup[SegueError]) -> SegueError:
    found = errors.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found
