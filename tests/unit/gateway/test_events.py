"""Who is woken by an announcement, and how many look at once."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable

import pytest
from fastapi.sse import ServerSentEvent

from services.gateway import events
from services.gateway.events import GATHER_S, LOOKS_AT_ONCE, LOOKS_PER_S, Announcements, follow
from services.gateway.schemas.jobs import Job, Results
from shared.jobs.records import State
from shared.settings import Settings
from shared.store.keys import Artifact, Kind

AWAITED, OTHER = Artifact("local", Kind.CUT, "a"), Artifact("local", Kind.CUT, "b")
LISTENERS = 60


def shown(state: State) -> Job:
    return Job.model_validate(
        {
            "id": "job",
            "state": state,
            "goal": "cuts",
            "accepted_at": "2026-11-22T09:30:00Z",
            "ended_at": None,
            "mix": None,
            "preview": None,
            "report": None,
            "problem": None,
            "links": {},
            "progress": 0.0,
            "eta_s": None,
            "stages": [],
            "result": Results(),
            "warning": None,
        }
    )


class Office:
    """Where a job is looked at: how often, and by how many at once."""

    def __init__(self, *, takes_s: float = 0.0) -> None:
        self.state, self.looks, self.now, self.most = State.QUEUED, 0, 0, 0
        self._takes_s, self._lock = takes_s, threading.Lock()

    def look(self) -> tuple[Job, list[Artifact]]:
        with self._lock:
            self.looks, self.now = self.looks + 1, self.now + 1
            self.most = max(self.most, self.now)
        time.sleep(self._takes_s)
        with self._lock:
            self.now -= 1
        return shown(self.state), [AWAITED]


@pytest.fixture(autouse=True)
def patient(monkeypatch) -> None:
    monkeypatch.setattr(events, "POLL_S", 60.0)


def following(announcements: Announcements, office: Office) -> AsyncIterator[ServerSentEvent]:
    return follow(announcements, "job", office.look, last_seen=None)


def run(scenario: Callable[[Announcements], object]) -> None:
    async def main() -> None:
        await scenario(Announcements(Settings(), "events"))  # type: ignore[misc]

    asyncio.run(main())


def test_a_listener_looks_when_its_job_or_what_it_waits_for_is_announced_and_not_else():
    office = Office()

    async def scenario(announcements: Announcements) -> None:
        told = following(announcements, office)
        await anext(told)
        second = asyncio.ensure_future(anext(told))
        await asyncio.sleep(0)
        for subject in (str(OTHER), "another job", "local/"):
            announcements.tell(subject)
        await asyncio.sleep(5 * GATHER_S)
        assert office.looks == 1
        office.state = State.RUNNING
        announcements.tell(str(AWAITED))
        assert "running" in str((await second).raw_data)
        office.state = State.SUCCEEDED
        announcements.tell("job")
        assert [event.event async for event in told] == ["ended"]
        assert office.looks == 3

    run(scenario)


def test_many_listeners_share_a_few_threads_and_all_hear_of_the_end():
    office = Office(takes_s=0.005)

    async def scenario(announcements: Announcements) -> None:
        begun = 0

        async def listen() -> list[str | None]:
            nonlocal begun
            heard: list[str | None] = []
            async for event in following(announcements, office):
                begun += not heard
                heard.append(event.event)
            return heard

        listening = [asyncio.ensure_future(listen()) for _ in range(LISTENERS)]
        while begun < LISTENERS:
            await asyncio.sleep(0.01)
        office.state = State.SUCCEEDED
        announcements.tell("job")
        assert await asyncio.gather(*listening) == [["job", "ended"]] * LISTENERS
        assert office.most <= LOOKS_AT_ONCE

    run(scenario)


def test_the_more_listen_the_less_often_each_looks_unasked():
    async def scenario(announcements: Announcements) -> None:
        announcements.connected = True
        least_s = announcements.patience_s()
        streams = [following(announcements, Office()) for _ in range(500)]
        for stream in streams:
            await anext(stream)
        assert announcements.patience_s() == 500 / LOOKS_PER_S > least_s
        for stream in streams:
            await stream.aclose()  # type: ignore[attr-defined]
        assert announcements.patience_s() == least_s

    run(scenario)
