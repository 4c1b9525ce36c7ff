"""One job of a tenant who asks for little, timed alone and beside a tenant who asks for a thousand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass

from tests.chaos.journal import Event
from tests.load.asking import TERMINAL
from tests.load.clients import Crowd
from tests.load.material import cut_of

POLL_S = 0.2


@dataclass(frozen=True)
class Turn:
    """One job, from the request to its end, in seconds since the epoch."""

    asked_s: float
    ended_s: float
    state: str

    @property
    def lasted_s(self) -> float:
        """How long it took."""
        return self.ended_s - self.asked_s

    def tasks_before_it(self, events: Iterable[Event], *, other: str) -> int:
        """Count the tasks of another tenant that were begun on the same queue while this job waited."""
        return sum(
            event.what == "task_started"
            and self.asked_s <= event.at_s <= self.ended_s
            and str(event.facts["artifact"]).startswith(f"{other}/cuts/")
            for event in events
        )


@dataclass
class Modest:
    """A tenant who asks for one job at a time."""

    crowd: Crowd
    song: str
    asked_for: int = 0

    async def turn(self) -> Turn:
        """Ask for a cut that nobody has asked for, and wait for its end."""
        self.asked_for += 1
        body = {"songs": [self.song], "cut": cut_of(self.asked_for)}
        asked_s = time.time()
        answer = await self.crowd.ask("POST", "/cuts", {202}, json=body)
        job = answer.json()
        while job["state"] not in TERMINAL:
            await asyncio.sleep(POLL_S)
            job = (await self.crowd.ask("GET", f"/jobs/{job['id']}", {200})).json()
        return Turn(asked_s, time.time(), job["state"])

    async def turns_until(self, over: asyncio.Event, *, pause_s: float) -> list[Turn]:
        """Ask for one job after another until it is over, one at least."""
        turns: list[Turn] = []
        while not turns or not over.is_set():
            turns.append(await self.turn())
            await asyncio.sleep(pause_s)
        return turns
