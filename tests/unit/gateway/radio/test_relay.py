"""A radio on air, with blocks out of a table in place of workers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import cast

import pytest

from services.gateway.radio import audience
from services.gateway.radio import relay as relays
from services.gateway.radio.audience import BURST_PACKETS, Listener
from services.gateway.radio.relay import Relay
from services.gateway.radio.supply import Supplied, Supply
from services.gateway.radio.wishes import Wish
from shared.airing import Airing, Remark
from shared.errors import GaveUp, NoSound, QueueUnavailable, StoreUnavailable
from shared.radio import Entry
from shared.store.specs import BlockSpec

FRAMES = 1176
SONG = "a" * 64


class Table:
    """Blocks as a supply gives them; each frame tells its number and which remarks it knows of."""

    station = "radio-test"

    def __init__(self) -> None:
        self.fetched: list[int] = []
        self.dropped: list[BlockSpec] = []
        self.held = 0
        self.error: Exception | None = None
        self.missing = False
        self.late = False
        self.drops_slowly = self.fails_to_drop = False

    def spec_after(self, former: BlockSpec | None, remarks: Iterable[Remark] = ()) -> BlockSpec:
        key = None if former is None else former.artifact("t").key
        number = 0 if former is None else former.number + 1
        return BlockSpec(
            station=self.station,
            pool="b" * 64,
            airing=Airing(),
            former=key,
            number=number,
            remarks=tuple(remarks),
        )

    def fetch(self, spec: BlockSpec) -> Supplied | None:
        if self.error is not None:
            raise self.error
        if self.missing:
            return None
        if self.late and spec.remarks:
            self.late = False
            time.sleep(0.5)  # In a thread; meanwhile what is ahead is heard.
        self.fetched.append(spec.number)
        first = spec.number * FRAMES
        # With a remark, a block goes another way from its 400th frame.
        changed_at = 400 if spec.remarks else FRAMES
        frames = [b"%06d%s" % (first + at, b"!" if at >= changed_at else b".") for at in range(FRAMES)]
        entry = Entry(
            piece=spec.number, song=SONG, title="T", artist=None, chunk=0, begins=first * 1152, source_s=0
        )
        return Supplied(spec, frames, [entry], 44_100)

    def hold(self) -> None:
        self.held += 1

    def drop(self, specs: Iterable[BlockSpec]) -> None:
        if self.drops_slowly:
            time.sleep(0.1)  # In a thread; meanwhile more is heard.
        if self.fails_to_drop:
            self.fails_to_drop = False
            raise StoreUnavailable("gone")
        self.dropped.extend(specs)


def on_air(act: Callable[[Relay, Table], Awaitable[None]], *, paced: bool = False) -> Relay:
    """Run a radio while something is done with it."""
    table = Table()
    relay = Relay(cast(Supply, table), paced=paced, hold_s=0.05)

    async def both() -> None:
        running = asyncio.create_task(relay.run())
        try:
            await asyncio.wait_for(act(relay, table), 20)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(both())
    return relay


def specs_of(relay: Relay) -> list[BlockSpec]:
    """Return the blocks of a radio that were not deleted."""
    return [*relay._behind, *(on_air.block.spec for on_air in relay._blocks)]


async def frames_heard(listener: Listener, packets: int) -> list[bytes]:
    """Return the frames of the next packets."""
    frames: list[bytes] = []
    for _ in range(packets):
        packet = await listener.packets.get()
        assert packet is not None
        frames += [packet.sound[at : at + 7] for at in range(0, len(packet.sound), 7)]
    return frames


async def heard(listener: Listener, packets: int) -> list[int]:
    """Return the numbers of the frames of the next packets."""
    return [int(frame[:6]) for frame in await frames_heard(listener, packets)]


def test_all_listeners_hear_the_same_blocks_frame_by_frame() -> None:
    async def act(relay: Relay, table: Table) -> None:
        one, two = relay.audience.join(), relay.audience.join()
        first, second = await asyncio.gather(heard(one, 200), heard(two, 200))
        assert first == second == list(range(len(first)))
        assert len(first) > 2 * FRAMES
        assert sorted(table.fetched) == sorted(set(table.fetched)), "each block was asked for once"
        assert table.held > 0

    on_air(act)


def test_who_comes_later_begins_with_the_last_seconds() -> None:
    async def act(relay: Relay, table: Table) -> None:
        one = relay.audience.join()
        await heard(one, 70)
        sent = relay.position
        later = await heard(relay.audience.join(), BURST_PACKETS)
        assert later == list(range(sent - len(later), sent))

    on_air(act)


def test_blocks_are_asked_for_ahead_but_not_for_ever() -> None:
    async def act(relay: Relay, table: Table) -> None:
        await relay.ready.wait()
        await asyncio.sleep(0.3)  # Nobody listens: nothing is sent, and only what lies ahead is made.
        assert table.fetched == [0, 1]
        listener = relay.audience.join()
        await heard(listener, 200)
        assert 3 in table.fetched

    on_air(act)


def test_every_block_that_was_played_is_deleted_sooner_or_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relays, "_KEPT_BEHIND", 1)
    monkeypatch.setattr(relays, "_DROPPED_AT", 3)

    async def act(relay: Relay, table: Table) -> None:
        table.drops_slowly = table.fails_to_drop = True
        await heard(relay.audience.join(), 1500)
        while True:  # What is being deleted is in neither list for a moment.
            known = [spec.number for spec in [*table.dropped, *specs_of(relay)]]
            if len(table.dropped) > 10 and known == list(range(len(known))):
                break
            await asyncio.sleep(0.02)

    on_air(act)


def test_a_wish_changes_what_comes_where_it_was_not_sent_yet() -> None:
    async def act(relay: Relay, table: Table) -> None:
        listener = relay.audience.join()
        await heard(listener, 5)
        relay.wish(Wish(song=SONG))
        frames = await frames_heard(listener, 250)
        numbers = [int(frame[:6]) for frame in frames]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "nothing is lost or twice"
        changed = [number for number, frame in zip(numbers, frames, strict=True) if frame.endswith(b"!")]
        assert changed
        assert changed[0] % FRAMES == 400, "up to there both are the same"
        assert table.dropped, "what was made for nothing is deleted"
        assert [block.remarks for block in specs_of(relay) if block.remarks]

    on_air(act)


def test_a_change_that_comes_too_late_is_made_farther_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "SLOW_PACKETS", BURST_PACKETS)  # What is sent is soon heard.

    async def act(relay: Relay, table: Table) -> None:
        listener = relay.audience.join()
        await heard(listener, 5)
        table.late = True
        relay.wish(Wish(song=SONG))
        frames = await frames_heard(listener, 300)
        assert not table.late
        numbers = [int(frame[:6]) for frame in frames]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        changed = [number for number, frame in zip(numbers, frames, strict=True) if frame.endswith(b"!")]
        assert changed, "it is heard all the same"
        assert changed[0] % FRAMES == 400

    on_air(act)


def test_it_waits_while_the_queue_is_away_and_ends_when_blocks_cannot_be_made() -> None:
    async def act(relay: Relay, table: Table) -> None:
        listener = relay.audience.join()
        await heard(listener, 5)
        table.error = QueueUnavailable("gone")
        await heard(listener, 20)
        await asyncio.sleep(0.2)
        assert relay.error is None
        table.error = None
        await heard(listener, 200)
        table.error = GaveUp(step="air", starts=3, cause="broken")
        while await listener.packets.get() is not None:
            pass

    assert isinstance(on_air(act).error, GaveUp)


def test_what_nobody_foresaw_ends_it_and_is_told() -> None:
    async def act(relay: Relay, table: Table) -> None:
        table.error = ValueError("unforeseen")
        listener = relay.audience.join()
        assert await listener.packets.get() is None
        assert await relay.audience.join().packets.get() is None, "who comes too late does not wait for ever"

    assert isinstance(on_air(act).error, ValueError)


def test_who_comes_first_has_some_seconds_in_hand() -> None:
    async def act(relay: Relay, table: Table) -> None:
        listener = relay.audience.join()
        for _ in range(BURST_PACKETS):
            await asyncio.wait_for(listener.packets.get(), 0.4)
        await asyncio.sleep(0.8)
        assert listener.packets.qsize() <= 2, "after that it comes as it is played"

    on_air(act, paced=True)


def test_a_wish_that_is_said_again_is_fulfilled_once() -> None:
    async def act(relay: Relay, table: Table) -> None:
        listener = relay.audience.join()
        await heard(listener, 5)
        for _ in range(5):
            relay.wish(Wish(song=SONG))
        await heard(listener, 250)
        assert [len(block.remarks) for block in specs_of(relay) if block.remarks] == [1]

    on_air(act)


def test_without_a_worker_it_ends_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relays, "PATIENCE_S", 0.1)

    async def act(relay: Relay, table: Table) -> None:
        table.missing = True
        listener = relay.audience.join()
        assert await listener.packets.get() is None

    assert isinstance(on_air(act).error, NoSound)
