"""One radio on air: keeps blocks ahead, changes them as listeners wish, sends them as they are played."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass

import structlog
from anyio import to_thread

from services.gateway.radio.audience import BURST_PACKETS, PACKET_FRAMES, Audience, Packet
from services.gateway.radio.icy import stream_title
from services.gateway.radio.pacing import Pacer
from services.gateway.radio.supply import Supplied, Supply
from services.gateway.radio.wishes import Wish, Wishes, heard_at, remark_of
from shared.errors import NoSound, SegueError, Unavailable
from shared.radio import Entry
from shared.sound.mp3 import SAMPLES_PER_FRAME
from shared.store.specs import BlockSpec

__all__ = ["Relay"]

AHEAD_S = 60.0
LOOK_S = 0.25
RETRY_S = 1.0
PATIENCE_S = 60.0
"""A stream that has been waiting for sound for so long ends."""
_KEPT_BEHIND, _DROPPED_AT = 10, 20
"""Blocks that were played are deleted many at a time: a deletion makes all processes look anew."""
log = structlog.get_logger(__name__)


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
        audience: who listens.
        banned: songs, and numbers of chunks or None for all of a song, that listeners banned.
        ready: set once there is sound, or will never be.
        error: why the radio ended.
    """

    def __init__(self, supply: Supply, *, paced: bool, hold_s: float) -> None:
        self.supply, self._paced, self._hold_s = supply, paced, hold_s
        self.audience = Audience(supply.station, waits=not paced)
        self.banned: set[tuple[str, int | None]] = set()
        self.ready = asyncio.Event()
        self.error: Exception | None = None
        self.position = 0
        """The frame that is sent next."""
        self._blocks: deque[_OnAir] = deque()
        self._behind: list[BlockSpec] = []
        self._wishes = Wishes()
        self._changed = asyncio.Event()

    def wish(self, wish: Wish) -> None:
        """Take a listener's wish: it is fulfilled as soon as a worker can.

        Raises:
            RadioBusy: too many wait.
        """
        self._wishes.add(wish, self.position)
        self._changed.set()

    def playing(self) -> Entry | None:
        """Return what is being sent."""
        entries = [entry for on_air in self._blocks for entry in on_air.block.entries]
        return heard_at(entries, self.position * SAMPLES_PER_FRAME)

    def ahead_frames(self) -> int:
        """Return how many frames are there and not sent."""
        return self._blocks[-1].end - self.position if self._blocks else 0

    # On air

    async def run(self) -> None:
        """Be on air until cancelled, or until there is no more sound to be had; then all streams end."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._hold())
                tasks.create_task(self._keep_ahead())
                tasks.create_task(self._send())
        except* Exception as errors:
            self.error = error = _first(errors)
            unforeseen = None if isinstance(error, SegueError) else error
            told = {"action": "radio_ended", "radio": self.supply.station, "cause": str(error)}
            log.warning("radio ended", **told, exc_info=unforeseen)
        finally:
            self.ready.set()
            self.audience.end()

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
                await self._fulfil(self._wishes.first())
            elif self._seconds(self.ahead_frames()) < AHEAD_S:
                former = self._blocks[-1].block.spec if self._blocks else None
                spec = self.supply.spec_after(former)
                if (block := await self._fetched(spec, but_for_wishes=True)) is not None:
                    self._append(block)
            else:
                await self._changed.wait()
            if len(self._behind) >= _DROPPED_AT:
                # Cut before it is waited for: meanwhile more blocks are played.
                played, self._behind = self._behind[:-_KEPT_BEHIND], self._behind[-_KEPT_BEHIND:]
                await self._drop(played)

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
                self._wishes.grant(on_air.end)
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
            self._wishes.put_off()  # It was played already: change it farther ahead.
            return
        dropped = [old]
        while self._blocks[-1] is not on_air:
            dropped.append(self._blocks.pop().block.spec)
        on_air.block = block
        self._wishes.grant(on_air.first + same)
        self._changed.set()
        await self._drop(dropped)

    async def _drop(self, specs: list[BlockSpec]) -> None:
        try:
            await to_thread.run_sync(self.supply.drop, specs)
        except Unavailable as error:
            self._behind = [*specs, *self._behind]  # To be deleted with the next ones.
            log.warning("blocks left", action="radio_left", radio=self.supply.station, cause=str(error))

    async def _send(self) -> None:
        await self.ready.wait()
        burst_s = self._seconds(BURST_PACKETS * PACKET_FRAMES)
        pacer = Pacer(self._blocks[0].block.sample_rate_hz, head_start_s=burst_s)
        while True:
            while not self._blocks or self.position >= self._blocks[-1].end:
                await asyncio.sleep(LOOK_S / 5)
            if self._paced:
                await asyncio.sleep(pacer.wait_s(time.monotonic()))
            while self.position >= self._blocks[0].end:
                self._behind.append(self._blocks.popleft().block.spec)
            packet, frames = self._packet()
            pacer.sent(frames)
            await self.audience.give(packet)
            if not self._paced:
                while not self.audience:
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

    def _seconds(self, frames: int) -> float:
        rate_hz = self._blocks[0].block.sample_rate_hz if self._blocks else 44_100
        return frames * SAMPLES_PER_FRAME / rate_hz


def _in_common(one: list[bytes], other: list[bytes]) -> int:
    """Return how many frames two blocks begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _first(errors: BaseExceptionGroup[Exception]) -> Exception:
    found = errors.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found
