"""All radios that this process has on air: made for their first listener, ended after their last."""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial

from anyio import to_thread

from services.gateway.backend import Backend
from services.gateway.radio.relay import Listener, Relay
from services.gateway.radio.supply import ENDS_S, Supply
from shared.airing import Airing
from shared.errors import NoSound
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
        self._gateway = f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"
        self._closing = False
        self._relays: dict[Tuned, Relay] = {}
        self._tasks: dict[Tuned, asyncio.Task[None]] = {}

    def find(self, tuned: Tuned) -> Relay | None:
        """Return a radio that is on air."""
        return self._relays.get(tuned)

    @asynccontextmanager
    async def listen(self, tuned: Tuned) -> AsyncIterator[Listener]:
        """Listen to a radio, which goes on air if it is not.

        Raises:
            NoSound: no worker made any in time.
            RejectedInput, GaveUp: there can be none.
        """
        relay = self._relays.get(tuned) or self._begin(tuned)
        listener = relay.join()
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(relay.ready.wait(), FIRST_SOUND_S)
            if relay.error is not None:
                raise relay.error
            if not relay.ready.is_set():
                raise NoSound(waited_s=FIRST_SOUND_S)
            yield listener
        finally:
            relay.leave(listener)

    async def close(self) -> None:
        """End all radios."""
        self._closing = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, tuned: Tuned) -> Relay:
        settings = self._backend.settings
        supply = Supply(self._backend, tuned.tenant, tuned.pool, tuned.airing, gateway=self._gateway)
        relay = self._relays[tuned] = Relay(
            supply, paced=settings.radio_paced, hold_s=max(0.5, settings.lease_s / 4)
        )
        self._tasks[tuned] = asyncio.create_task(self._on_air(tuned, relay), name=supply.radio)
        return relay

    async def _on_air(self, tuned: Tuned, relay: Relay) -> None:
        """Run a radio until nobody has listened for a while; then free all it has."""
        ends = [asyncio.create_task(relay.run()), asyncio.create_task(relay.deserted(LINGER_S))]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._relays[tuned], self._tasks[tuned]
            for task in ends:
                task.cancel()
            await asyncio.gather(*ends, return_exceptions=True)
            within_s = 1.0 if self._closing else ENDS_S
            end = partial(relay.supply.end, relay.specs(), within_s=within_s)
            await asyncio.shield(to_thread.run_sync(end))
