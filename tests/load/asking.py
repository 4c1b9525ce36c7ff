"""What a load asks for, all of it at once, and what became of each piece."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tests.load.clients import Crowd, Heard, listen
from tests.load.material import song_bytes, wish
from tests.load.sizes import Size

TERMINAL = ("succeeded", "failed", "cancelled")
POLL_S = 1.0
VANISH_AFTER_S = 3.0
POSTING_LANES = 50


@dataclass
class Asked:
    """What was asked for, and what came of it.

    Attributes:
        jobs: ids, in the order in which they were accepted.
        states: how many ended how.
        accept_waits_s, upload_waits_s: from the first try to the acceptance, refusals included.
        accepted_in_s: until all jobs were accepted.
        taken_in_s: until all files were taken in as well; from then on nobody asks for more.
    """

    jobs: list[str] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)
    accept_waits_s: list[float] = field(default_factory=list)
    upload_waits_s: list[float] = field(default_factory=list)
    songs: list[str] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    accepted_in_s: float = 0.0
    taken_in_s: float = 0.0
    ended_in_s: float = 0.0


@dataclass
class Load:
    """The load of one tenant."""

    crowd: Crowd
    size: Size
    songs: list[str]
    model: str

    async def run(self) -> Asked:
        """Ask for everything, and wait until all of it has ended, or for as long as it may take."""
        asked, begun_s = Asked(), time.monotonic()
        self._lanes = asyncio.Semaphore(POSTING_LANES)
        with suppress(TimeoutError):  # What has not ended by then is told by the report.
            async with asyncio.timeout(self.size.settle_s):
                await self._ask(asked, begun_s)
        asked.ended_in_s = time.monotonic() - begun_s
        return asked

    async def _ask(self, asked: Asked, begun_s: float) -> None:
        async with asyncio.TaskGroup() as group:
            uploads = [group.create_task(self._upload(asked, number)) for number in range(self.size.uploads)]
            posts = [group.create_task(self._post(asked, number)) for number in range(self.size.jobs)]
            await asyncio.gather(*posts)
            asked.accepted_in_s = time.monotonic() - begun_s
            listeners = [
                group.create_task(self._listen(asked, number)) for number in range(self.size.listeners)
            ]
            await asyncio.gather(*uploads)
            asked.taken_in_s = time.monotonic() - begun_s
            await self._all_ended(asked)
            await asyncio.gather(*listeners)
            await self._all_decoded(asked)

    async def _post(self, asked: Asked, number: int) -> None:
        path, body = wish(number, self.songs, self.model, mix=number % self.size.mix_every == 0)
        begun_s = time.monotonic()
        async with self._lanes:
            answer = await self.crowd.ask("POST", path, {202}, json=body)
        asked.accept_waits_s.append(time.monotonic() - begun_s)
        asked.jobs.append(answer.json()["id"])

    async def _upload(self, asked: Asked, number: int) -> None:
        seed = 0 if number % 2 else number
        data = await asyncio.to_thread(song_bytes, seed, self.size.upload_s)
        begun_s = time.monotonic()
        params = {"name": f"song {number}.wav"}
        answer = await self.crowd.ask("POST", "/songs", {200, 201}, params=params, content=data)
        asked.upload_waits_s.append(time.monotonic() - begun_s)
        asked.songs.append(answer.json()["id"])

    async def _listen(self, asked: Asked, number: int) -> None:
        job = asked.jobs[number * len(asked.jobs) // self.size.listeners]
        vanishes = number % self.size.vanish_every == 0
        asked.heard.append(await listen(self.crowd, job, vanish_after_s=VANISH_AFTER_S if vanishes else None))

    async def _all_ended(self, asked: Asked) -> None:
        """Look at each job until it has ended, oldest first, one look at a time."""
        for job in asked.jobs:
            while (state := (await self._job(job))["state"]) not in TERMINAL:
                await asyncio.sleep(POLL_S)
            asked.states[state] += 1

    async def _all_decoded(self, asked: Asked) -> None:
        for song in set(asked.songs):
            while (await self.crowd.ask("GET", f"/songs/{song}", {200})).json()["state"] != "ready":
                await asyncio.sleep(POLL_S)

    async def ended_job(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Ask for one job alone; return it once it has ended."""
        job: dict[str, Any] = (await self.crowd.ask("POST", path, {202}, json=body)).json()
        while job["state"] not in TERMINAL:
            await asyncio.sleep(POLL_S)
            job = await self._job(job["id"])
        return job

    async def _job(self, job: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.crowd.ask("GET", f"/jobs/{job}", {200})).json()
        return found
