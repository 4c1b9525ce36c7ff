"""All radios that this process has on air: made for their first listener, ended after their last."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial

from anyio import to_thread

from services.gateway.backend import Backend
from services.gateway.radio.audience import Listener
from services.gateway.radio.relay import LOOK_S, Relay
from services.gateway.radio.supply import ENDS_S, Supply
from shared.airing import Airing
from shared.corrections import Corrections
from shared.errors import NoSound, RadioBusy
from shared.parameters import ArtifactKey

__all__ = ["Radios", "Tuned"]

FIRST_SOUND_S = 30.0
LINGER_S = 10.0
"""Players look first and listen then, or come back after a break: the radio goes on for so long."""


@dataclass(frozen=True)
class Tuned:
    """What names a radio."""

    tenant: str
    pool: ArtifactKey
    airing: Airing


class Radios:
    """The radios of a process.

    Args:
        backend: the gateway's connections.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._closing = False
        self._relays: dict[Tuned, Relay] = {}
        self._tasks: dict[Tuned, asyncio.Task[None]] = {}

    def find(self, tuned: Tuned) -> Relay | None:
        """Return a radio that is on air."""
        return self._relays.get(tuned)

    def audiences(self) -> list[int]:
        """Return how many listen to each radio that is on air."""
        return [len(relay.audience) for relay in list(self._relays.values())]

    @asynccontextmanager
    async def listen(self, tuned: Tuned, corrections: Corrections) -> AsyncIterator[Listener]:
        """Listen to a radio, which goes on air if it is not.

        Args:
            tuned: which.
            corrections: what is known of its songs now; it is not heeded in a radio that is on air.

        Raises:
            RadioBusy: as many are on air as may be.
            NoSound: no worker made any in time.
            RejectedInput, GaveUp: there can be none.
        """
        relay = self._relays.get(tuned) or self._begin(tuned, corrections)
        listener = relay.audience.join()
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(relay.ready.wait(), FIRST_SOUND_S)
            if relay.error is not None:
                raise relay.error
            if not relay.ready.is_set():
                raise NoSound(waited_s=FIRST_SOUND_S)
            yield listener
        finally:
            relay.audience.leave(listener)

    async def close(self) -> None:
        """End all radios."""
        self._closing = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, tuned: Tuned, corrections: Corrections) -> Relay:
        settings = self._backend.settings
        if len(self._relays) >= settings.most_radios:
            raise RadioBusy(
                f"{len(self._relays)} radios are on air",
                instead="Listen to one of them, wait until one ends, or raise SEGUE_MOST_RADIOS.",
            )
        supply = Supply(self._backend, tuned.tenant, tuned.pool, tuned.airing, corrections)
        relay = self._relays[tuned] = Relay(
            supply, paced=settings.radio_paced, hold_s=max(0.5, settings.lease_s / 4)
        )
        self._tasks[tuned] = asyncio.create_task(self._on_air(tuned, relay), name=supply.station)
        return relay

    async def _on_air(self, tuned: Tuned, relay: Relay) -> None:
        """Run a radio until nobody has listened for a while; then free all it has."""
        running = asyncio.create_task(relay.run())
        try:
            await _until_deserted(relay, running)
        finally:
            # Nothing is waited for in between, so nobody joins a radio that is about to end.
            del self._relays[tuned], self._tasks[tuned]
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            within_s = 0.0 if self._closing else ENDS_S
            end = partial(relay.supply.end, within_s=within_s)
            await asyncio.shield(to_thread.run_sync(end))


async def _until_deserted(relay: Relay, running: asyncio.Task[None]) -> None:
    """Wait until a radio has ended, or nobody has listened to it for a while."""
    since_s = time.monotonic()
    while not running.done() and time.monotonic() - since_s < LINGER_S:
        await asyncio.wait([running], timeout=LOOK_S)
        if relay.audience:
            since_s = time.monotonic()
