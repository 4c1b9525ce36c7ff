"""Job events for browsers and programs: server-sent events that show a job as it goes on.

One subscription to Valkey per process wakes the listeners whose job, or an artifact that it waits for, was
announced; each then looks at its job and tells what changed. A listener is told the whole job every time, so
nothing is missed: an event's id is a digest of it, and a client that comes back with the id of what is still
true is not told again. Without Valkey the records are looked at every second.

A listener costs a connection of its own, and neither a thread nor a connection to Valkey or the store: a few
threads look for all of them, so that many listeners delay each other rather than other requests.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

import redis
import redis.asyncio
import structlog
from anyio import CapacityLimiter, to_thread
from fastapi.sse import ServerSentEvent

from services.gateway.schemas.jobs import Job
from shared.errors import Unavailable
from shared.jobs.records import State
from shared.queue import broker_url
from shared.settings import Settings
from shared.store.keys import Artifact

POLL_S = 1.0
POLL_WITH_VALKEY_S = 5.0
GATHER_S = 0.3
"""Announcements that come this close together are answered by one look."""
LOOKS_AT_ONCE = 4
LOOKS_PER_S = 20
"""Listeners that nothing was announced to look anyway, all together at most so often."""
RECONNECT_S = 1.0
RETRY_MS = 2000
TERMINAL = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED})
log = structlog.get_logger(__name__)


class Listener:
    """Waits for announcements about some subjects."""

    def __init__(self, announcements: Announcements, job: str) -> None:
        self._announcements, self._job = announcements, job
        self._subjects: frozenset[str] = frozenset()
        self._heard = asyncio.Event()

    def await_subjects(self, artifacts: Iterable[Artifact]) -> None:
        """Say what a change of the job would come of."""
        self._subjects = frozenset(map(str, artifacts))

    def hear(self, subject: str) -> None:
        """Take note of an announcement."""
        if subject == self._job or subject in self._subjects:
            self._heard.set()

    def wake(self) -> None:
        """Look at the next opportunity, whatever was heard."""
        self._heard.set()

    async def wait(self) -> None:
        """Wait until something was announced, or until it is time to look anyway."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._heard.wait(), self._announcements.patience_s())
            await asyncio.sleep(GATHER_S)
        self._heard.clear()


class Announcements:
    """The process's one subscription to what workers and gateways announce."""

    def __init__(self, settings: Settings, channel: str) -> None:
        self._url, self._channel = broker_url(settings), channel
        self._listeners: set[Listener] = set()
        self.looking = CapacityLimiter(LOOKS_AT_ONCE)
        """Its own, so that listeners do not hold the threads that answer requests."""
        self.connected = False

    @contextmanager
    def listen(self, job: str) -> Iterator[Listener]:
        """Listen to announcements about a job and what it waits for."""
        listener = Listener(self, job)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def tell(self, subject: str) -> None:
        """Pass an announcement on to those whom it concerns."""
        for listener in self._listeners:
            listener.hear(subject)

    def patience_s(self) -> float:
        """Return how long a listener waits for an announcement before it looks anyway."""
        least_s = POLL_WITH_VALKEY_S if self.connected else POLL_S
        return max(least_s, len(self._listeners) / LOOKS_PER_S)

    async def run(self) -> None:
        """Pass announcements on until cancelled; subscribe again whenever Valkey comes back."""
        while True:
            try:
                await self._pass_on()
            except (redis.RedisError, OSError) as error:
                log.warning("not subscribed", action="subscription_lost", cause=type(error).__name__)
            finally:
                self.connected = False
            await asyncio.sleep(RECONNECT_S)

    async def _pass_on(self) -> None:
        # Pings find a connection that died without a word.
        client = redis.asyncio.Redis.from_url(
            self._url, decode_responses=True, socket_connect_timeout=POLL_S, health_check_interval=10
        )
        async with client, client.pubsub(ignore_subscribe_messages=True) as subscription:
            await subscription.subscribe(self._channel)
            self.connected = True
            for listener in self._listeners:
                listener.wake()  # Whatever was announced meanwhile was not heard.
            while True:
                message = await subscription.get_message(timeout=POLL_WITH_VALKEY_S)
                if message:
                    self.tell(message["data"])


async def follow(
    announcements: Announcements,
    job: str,
    look: Callable[[], tuple[Job, list[Artifact]]],
    *,
    last_seen: str | None,
) -> AsyncIterator[ServerSentEvent]:
    """Yield a job as an event now and whenever it changes, until it has ended.

    Args:
        announcements: of this process.
        job: its id.
        look: returns the job as it is now, and the artifacts that it waits for; runs in a thread.
        last_seen: id of the last event that the client has seen.
    """
    with announcements.listen(job) as listener:
        while True:
            try:
                shown, awaited = await to_thread.run_sync(look, limiter=announcements.looking)
            except Unavailable as error:
                log.warning("could not look", action="look_failed", job=job, cause=str(error))
            else:
                listener.await_subjects(awaited)
                event = event_of(shown)
                if event.id != last_seen:
                    yield event
                    last_seen = event.id
                if shown.state in TERMINAL:
                    return
            await listener.wait()


def event_of(job: Job) -> ServerSentEvent:
    """Return the event that shows a job: `job` while it is open, `ended` at its end.

    An end is told once, though what is shown of it may change: others may make what was missing when it came.
    """
    text = job.model_dump_json()
    has_ended = job.state in TERMINAL
    told = f"{job.id} {job.state} {job.ended_at}" if has_ended else text
    return ServerSentEvent(
        raw_data=text,
        event="ended" if has_ended else "job",
        id=hashlib.sha256(told.encode()).hexdigest()[:16],
        retry=RETRY_MS,
    )
