"""One load on one stack: jobs, uploads and listeners at once, and reads that are timed beside an idle run's.

    python -m tests.load.run --folder out/load/today

leaves the services' logs and `report.json` in the folder, and prints the report as a table.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import TypeVar

from cli.stack.stack import ANY_PORT, Stack
from tests.load.asking import Load
from tests.load.clients import Crowd, allow_files, crowd
from tests.load.fairness import Modest
from tests.load.figures import table
from tests.load.flooding import flood
from tests.load.material import cut_of, tiny_songs
from tests.load.reading import Reader
from tests.load.sampling import Sampler
from tests.load.sizes import FULL, Size
from tests.load.telling import Measured, Report, tell

TURNS_ALONE = 3
PAUSE_S = 5.0
FREED_WITHIN_S = 120.0
"""Clients keep lines for their next request, and the gateway closes them once none has come for a while."""
READY_S = 120.0
SPARE_CONNECTIONS = 8
"""More may be open than before a load: those that clients keep for the next request."""
Result = TypeVar("Result")


class Run:
    """One run on one stack that has just started."""

    def __init__(self, stack: Stack, folder: Path, size: Size) -> None:
        self.stack, self.folder, self.size = stack, folder, size
        self.measured = Measured(size)

    async def run(self) -> Report:
        """Do it all; breaches are told by the report."""
        async with AsyncExitStack() as around:
            busy = await around.enter_async_context(crowd(self.stack.url, self.stack.admin_key))
            modest = await around.enter_async_context(crowd(self.stack.url, await self._key(busy)))
            load = await self._prepared(busy)
            other = Modest(modest, await self._decoded(modest, tiny_songs(self.folder / "songs")[0]))
            sampler = self.measured.sampler = Sampler(self.stack)
            sampler.start()
            around.callback(sampler.stop)
            with await self._reader(load) as self.measured.reader:
                await self._under(load, other, sampler)
                most = self.size.flood
                self.measured.floods["keyed"] = await self._flood("flood_of_a_key", modest, most)
                # Nobody limits these but the gateway's places: each is answered in full, or refused at once.
                self.measured.floods["operator"] = await self._flood("flood_of_the_operator", busy, most // 4)
            self.measured.breaches += busy.breaches + modest.breaches
            self.measured.refused = busy.refused
        return tell(self.measured, self.stack)

    async def _under(self, load: Load, other: Modest, sampler: Sampler) -> None:
        """Time reads and another tenant's jobs without load, under it, and again without."""
        self.measured.alone = [await other.turn() for _ in range(TURNS_ALONE)]
        await self._phase("idle", asyncio.sleep(self.size.idle_s))
        before = sampler.look()["gateway"].clients
        over = asyncio.Event()
        turns = asyncio.create_task(other.turns_until(over, pause_s=PAUSE_S))
        asked = self.measured.asked = await self._phase("busy", load.run())
        begun_s, ended_s = self.measured.phases["busy"]
        asked_s = begun_s + asked.taken_in_s
        self.measured.phases |= {"asking": (begun_s, asked_s), "working": (asked_s, ended_s)}
        over.set()
        self.measured.beside = await turns
        async with asyncio.timeout(FREED_WITHIN_S):
            while sampler.look()["gateway"].clients > before + SPARE_CONNECTIONS:
                await asyncio.sleep(1)
        await self._phase("idle_again", asyncio.sleep(self.size.idle_s))

    async def _flood(self, name: str, who: Crowd, requests: int) -> dict[str, object]:
        work = flood(who, "/songs?limit=1", requests=requests, lanes=self.size.flood_lanes)
        return await self._phase(name, work)

    async def _phase(self, name: str, work: Awaitable[Result]) -> Result:
        begun_s = time.time()
        try:
            return await work
        finally:
            self.measured.phases[name] = (begun_s, time.time())

    async def _key(self, operator: Crowd) -> str:
        return str((await operator.ask("POST", "/keys", {201}, json={"name": "modest"})).json()["key"])

    async def _prepared(self, busy: Crowd) -> Load:
        """Upload the songs that all jobs share, and lay a model in, while nothing else is going on."""
        songs = [await self._decoded(busy, path) for path in tiny_songs(self.folder / "songs")]
        model = await busy.ask("POST", "/models/pretrained", {200, 201}, json={"approach": "linear"})
        return Load(busy, self.size, songs, str(model.json()["id"]))

    async def _decoded(self, who: Crowd, path: Path) -> str:
        data = path.read_bytes()
        answer = await who.ask("POST", "/songs", {200, 201}, params={"name": path.name}, content=data)
        song = str(answer.json()["id"])
        async with asyncio.timeout(READY_S):
            while (await who.ask("GET", f"/songs/{song}", {200})).json()["state"] != "ready":
                await asyncio.sleep(0.2)
        return song

    async def _reader(self, load: Load) -> Reader:
        """Return who reads a song, a job, a cut, and pages of songs and jobs."""
        job = await load.ended_job("/cuts", {"songs": load.songs, "cut": cut_of(0)})
        paths = [
            ("song", f"/v1/songs/{load.songs[0]}"),
            ("job", f"/v1/jobs/{job['id']}"),
            ("cut", f"/v1/cuts/{job['result']['cuts'][0]}"),
            ("songs", "/v1/songs?limit=5"),
            ("jobs", "/v1/jobs?limit=5"),
            ("health", "/healthz"),
        ]
        return Reader(self.stack.url, self.stack.admin_key, paths, per_s=self.size.reads_per_s)


def load_stack(folder: Path, size: Size) -> Report:
    """Run one load on a stack in a new folder; the stack is gone afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    allow_files(size.listeners + size.uploads + size.flood_lanes)
    with Stack(folder / "stack", port=ANY_PORT) as stack:
        report = asyncio.run(Run(stack, folder, size).run())
    (folder / "report.json").write_text(json.dumps(asdict(report), indent=1))
    return report


def main() -> int:
    """Run one load as the command line says."""
    parser = argparse.ArgumentParser(description="Load a stack, and measure what becomes of it.")
    parser.add_argument("--jobs", type=int, default=FULL.jobs)
    parser.add_argument("--uploads", type=int, default=FULL.uploads)
    parser.add_argument("--listeners", type=int, default=FULL.listeners)
    parser.add_argument("--settle-s", type=float, default=FULL.settle_s, help="for so long it may go on")
    parser.add_argument("--folder", type=Path, required=True, help="a new one")
    options = parser.parse_args()
    asked_for = {name: getattr(options, name) for name in ("jobs", "uploads", "listeners", "settle_s")}
    size = replace(FULL, **asked_for)
    report = load_stack(options.folder, size)
    print(table(asdict(report)))
    return 1 if report.breaches else 0


if __name__ == "__main__":
    sys.exit(main())
