"""Clients by the hundred: they ask at once, obey `Retry-After`, and note whatever they are told.

What the API promises to refuse with is 429 or 503, each with `Retry-After`; anything else that was not asked
for is a breach.
"""

from __future__ import annotations

import asyncio
import json
import resource
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

REQUEST_TIMEOUT_S = 120.0
REFUSALS = (429, 503)
LONGEST_OBEDIENCE_S = 30.0
"""No refusal of this run may ask for a longer wait: the whole of it lasts minutes."""
FILES_PER_CONNECTION = 2


@dataclass
class Crowd:
    """Everyone who sends requests with one key.

    Attributes:
        refused: how often each status refused.
        breaches: answers that are not documented.
    """

    api: httpx.AsyncClient
    refused: Counter[int] = field(default_factory=Counter)
    breaches: list[str] = field(default_factory=list)

    async def ask(self, method: str, path: str, expected: set[int], **request: Any) -> httpx.Response:
        """Ask until the answer is one that is expected, waiting as long as each refusal says."""
        while True:
            answer = await self.api.request(method, path, **request)
            if answer.status_code in expected:
                return answer
            self.note(answer)
            await asyncio.sleep(float(answer.headers.get("retry-after", 1)))

    def note(self, answer: httpx.Response) -> None:
        """Count a refusal, or tell why the answer is none.

        Raises:
            AssertionError: it is not documented; asking again would not help.
        """
        wait_s = answer.headers.get("retry-after", "")
        if answer.status_code in REFUSALS and wait_s.isdecimal() and int(wait_s) <= LONGEST_OBEDIENCE_S:
            self.refused[answer.status_code] += 1
            return
        request = answer.request
        told = f"{request.method} {request.url.path}: {answer.status_code} {answer.text[:300]}"
        self.breaches.append(told)
        raise AssertionError(told)


@asynccontextmanager
async def crowd(url: str, key: str) -> AsyncIterator[Crowd]:
    """Open as many connections as are asked for, each request its own where all others are busy."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=50)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(
        base_url=f"{url}/v1", timeout=REQUEST_TIMEOUT_S, limits=limits, headers=headers
    ) as api:
        yield Crowd(api)


@dataclass
class Heard:
    """What one listener was told.

    Attributes:
        ends: the terminal events.
        since_s: when it began to listen, in seconds since the epoch.
        late_s: seconds from the job's end, or from `since_s` if that was later, to the terminal event.
    """

    job: str
    since_s: float = field(default_factory=time.time)
    events: int = 0
    ends: int = 0
    state: str = ""
    late_s: float = 0.0
    vanished: bool = False


async def listen(crowd: Crowd, job: str, *, vanish_after_s: float | None = None) -> Heard:
    """Follow a job to its end, coming back whenever the stream breaks off; or go away without a word."""
    heard = Heard(job)
    try:
        async with asyncio.timeout(vanish_after_s):
            while not heard.ends:
                await _follow(crowd, heard)
    except TimeoutError:
        heard.vanished = True
    return heard


async def _follow(crowd: Crowd, heard: Heard) -> None:
    # Nothing may come for long while a job waits; the server's own signs of life are 15 s apart.
    async with crowd.api.stream("GET", f"/jobs/{heard.job}/events") as answer:
        if answer.status_code != 200:
            await answer.aread()
            crowd.note(answer)
            await asyncio.sleep(float(answer.headers["retry-after"]))
            return
        kind = ""
        async for line in answer.aiter_lines():
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: "):
                _note_event(heard, kind, line.removeprefix("data: "))


def _note_event(heard: Heard, kind: str, data: str) -> None:
    heard.events += 1
    if kind == "ended":
        job = json.loads(data)
        heard.ends, heard.state = heard.ends + 1, job["state"]
        heard.late_s = time.time() - max(heard.since_s, datetime.fromisoformat(job["ended_at"]).timestamp())


def allow_files(connections: int) -> None:
    """Let this process, and those that it starts, hold so many connections.

    Raises:
        AssertionError: the machine's hard limit is below what that takes.
    """
    needed = 256 + FILES_PER_CONNECTION * connections
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard == resource.RLIM_INFINITY or hard >= needed, (
        f"at most {hard} files may be open, and {connections} connections need {needed}: raise `ulimit -Hn`"
    )
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
