"""Those who listen: a queue each, nobody waits for anybody."""

from __future__ import annotations

import asyncio

from services.gateway.radio.audience import BURST_PACKETS, SLOW_PACKETS, Audience, Packet


def packet(number: int) -> Packet:
    return Packet(b"%d" % number, "")


def test_who_does_not_keep_up_is_cut_off_and_no_one_waits() -> None:
    async def act() -> None:
        audience = Audience("radio-test", waits=False)
        slow, quick = audience.join(), audience.join()
        for number in range(SLOW_PACKETS + 1):
            await audience.give(packet(number))
            assert await quick.packets.get() == packet(number)
        assert len(audience) == 1
        assert await slow.packets.get() is None
        assert slow.ended.is_set()
        assert not quick.ended.is_set()

    asyncio.run(act())


def test_who_comes_later_is_given_the_last_packets() -> None:
    async def act() -> None:
        audience = Audience("radio-test", waits=False)
        for number in range(3 * BURST_PACKETS):
            await audience.give(packet(number))
        listener = audience.join()
        assert [await listener.packets.get() for _ in range(BURST_PACKETS)] == [
            packet(2 * BURST_PACKETS + at) for at in range(BURST_PACKETS)
        ]
        assert listener.packets.empty()

    asyncio.run(act())


def test_a_radio_that_ended_ends_for_all_also_for_who_comes_now() -> None:
    async def act() -> None:
        audience = Audience("radio-test", waits=False)
        before = audience.join()
        await audience.give(packet(0))
        audience.end()
        for listener in (before, audience.join()):
            assert await listener.packets.get() is None
        assert len(audience) == 0

    asyncio.run(act())
