"""Leases in Valkey: what is queued, what is running, which workers live, who reconciles, who wants what.

They only save work and time: with all of them lost, work is at worst begun twice, and commits decide.
All keys of one shared Valkey carry the settings' prefix.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import redis

from shared.errors import QueueUnavailable
from shared.queue import Queue, broker_url
from shared.settings import Settings, get_settings
from shared.store.keys import Artifact, Kind

MESSAGES_PER_WORKER = 2
WORKER_SEEN_S = 15.0
LEADER_S = 15.0
WANTS_S = 3600
NEWS_KEPT = 10_000
"""Artifacts that tasks were at last, so many; who has not looked for longer plans its jobs anew."""
SERVED_KEPT = 10_000

_CLAIM = """
if redis.call('EXISTS', KEYS[2]) == 1 or redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
return redis.call('ZADD', KEYS[1], 'NX', ARGV[1], ARGV[2])
"""
_HOLD = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_RELEASE = """
local holder = redis.call('GET', KEYS[1])
if holder and string.sub(holder, 1, string.len(ARGV[1])) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


def connect_valkey(settings: Settings | None = None, *, timeout_s: float = 5.0) -> redis.Redis:
    """Return a client of Valkey; no request is made yet."""
    return redis.Redis.from_url(
        broker_url(settings or get_settings()),
        socket_timeout=timeout_s,
        socket_connect_timeout=min(timeout_s, 5.0),
        health_check_interval=25,
        decode_responses=True,
    )


@contextmanager
def translated() -> Iterator[None]:
    """Turn Valkey's errors into QueueUnavailable."""
    try:
        yield
    except redis.RedisError as error:
        raise QueueUnavailable(type(error).__name__) from error


class Leases:
    """Every lease, by name. All methods raise QueueUnavailable where Valkey does not answer."""

    def __init__(self, valkey: redis.Redis, settings: Settings | None = None) -> None:
        settings = settings or get_settings()
        self.valkey, self.prefix = valkey, settings.key_prefix
        self._lease_ms = int(settings.lease_s * 1000)
        self.deaf_after_s = settings.deaf_after_s
        self._claim = valkey.register_script(_CLAIM)
        self._hold = valkey.register_script(_HOLD)
        self._release = valkey.register_script(_RELEASE)

    # Queued: a message is on its way to a worker.

    def claim(self, queue: Queue, artifact: Artifact, *, on_air: bool = False) -> bool:
        """Take the right to enqueue an artifact, unless it is under way or the queue holds enough.

        For a radio one place is kept: it cannot wait until a backlog of songs or mixes is done.
        """
        capacity = MESSAGES_PER_WORKER * max(1, len(self.workers(queue))) + on_air
        with translated():
            keys = [self._queued(queue), self._run(artifact)]
            return bool(self._claim(keys=keys, args=[time.time(), str(artifact), capacity]))

    def unclaim(self, queue: Queue, artifact: Artifact) -> None:
        """Give that right back: the message was delivered, or never sent."""
        with translated():
            self.valkey.zrem(self._queued(queue), str(artifact))

    def holds(self, queue: Queue, tenant: str) -> bool:
        """Tell whether a message of a tenant lies in a queue."""
        return any(artifact.tenant == tenant for artifact in self.queued(queue))

    def room(self, queue: Queue) -> bool:
        """Tell whether a queue may take another message."""
        capacity = MESSAGES_PER_WORKER * max(1, len(self.workers(queue)))
        return len(self.queued(queue)) < capacity

    def queued(self, queue: Queue) -> dict[Artifact, float]:
        """Return what is queued, with the time of each claim in seconds since the epoch."""
        with translated():
            items: list[tuple[str, float]] = self.valkey.zrange(self._queued(queue), 0, -1, withscores=True)  # type: ignore[assignment]
        return {Artifact.parse(name): when for name, when in items}

    # Running: a task is at it.

    def start(self, artifact: Artifact, token: str) -> bool:
        """Take the lease of a starting task; False while another holds it."""
        with translated():
            taken = bool(self.valkey.set(self._run(artifact), token, nx=True, px=self._lease_ms))
            if taken:
                self._list_running(artifact)
        return taken

    def renew(self, artifact: Artifact, token: str) -> bool:
        """Hold on to a lease, also when Valkey lost it; False if another task holds it."""
        with translated():
            held = bool(self._hold(keys=[self._run(artifact)], args=[token, self._lease_ms]))
            if held:
                self._list_running(artifact)
        return held

    def end(self, artifact: Artifact, token: str) -> bool:
        """Give a lease back if its token begins with this one."""
        with translated():
            released = bool(self._release(keys=[self._run(artifact)], args=[token]))
            if released:
                self.valkey.zrem(self._all_running(), str(artifact))
        return released

    def running(self, artifacts: Sequence[Artifact]) -> set[Artifact]:
        """Return those that a task is at."""
        if not artifacts:
            return set()
        with translated():
            values: Any = self.valkey.mget([self._run(artifact) for artifact in artifacts])
        return {artifact for artifact, value in zip(artifacts, values, strict=True) if value}

    def all_running(self) -> set[Artifact]:
        """Return everything that a task is at: a list beside the leases, for figures and nothing else."""
        with translated():
            self.valkey.zremrangebyscore(self._all_running(), 0, time.time())
            names: Any = self.valkey.zrange(self._all_running(), 0, -1)
        return {Artifact.parse(name) for name in names}

    def _list_running(self, artifact: Artifact) -> None:
        self.valkey.zadd(self._all_running(), {str(artifact): time.time() + self._lease_ms / 1000})

    # Workers

    def seen(self, queue: Queue, worker: str) -> None:
        """Note that a worker of a queue lives."""
        with translated():
            self.valkey.zadd(self._workers(queue), {worker: time.time()})
            self.valkey.zremrangebyscore(self._workers(queue), 0, time.time() - 10 * WORKER_SEEN_S)

    def gone(self, queue: Queue, worker: str) -> None:
        """Note that a worker ends."""
        with translated():
            self.valkey.zrem(self._workers(queue), worker)

    def workers(self, queue: Queue) -> list[str]:
        """Return the workers of a queue that were seen lately."""
        with translated():
            found: Any = self.valkey.zrangebyscore(self._workers(queue), time.time() - WORKER_SEEN_S, "+inf")
        return list(found)

    def longest_silence_s(self, queue: Queue) -> float:
        """Return how many seconds ago the worker was seen that is silent for longest; 0: there is none.

        One that ended in order is not silent but gone; one that was killed is forgotten after a while.
        """
        with translated():
            first: Any = self.valkey.zrange(self._workers(queue), 0, 0, withscores=True)
        return max(0.0, time.time() - first[0][1]) if first else 0.0

    def ask_to_stop(self, worker: str) -> None:
        """Ask the tasks of a worker that shuts down to hand their work back."""
        with translated():
            self.valkey.set(f"{self.prefix}stopping:{worker}", "1", ex=120)

    def is_stopping(self, worker: str) -> bool:
        """Tell whether a worker shuts down."""
        with translated():
            return bool(self.valkey.exists(f"{self.prefix}stopping:{worker}"))

    def lead(self, worker: str) -> bool:
        """Take or keep the lead among the reconcilers."""
        with translated():
            key = f"{self.prefix}leader"
            return bool(self._hold(keys=[key], args=[worker, int(LEADER_S * 1000)]))

    def is_led(self) -> bool:
        """Tell whether a reconciler leads."""
        with translated():
            return bool(self.valkey.exists(f"{self.prefix}leader"))

    def resign(self, worker: str) -> None:
        """Give the lead back."""
        with translated():
            self._release(keys=[f"{self.prefix}leader"], args=[worker])

    # Wants: which jobs wait for an artifact.

    def want(self, job: str, artifacts: Sequence[Artifact]) -> None:
        """Note that a job waits for artifacts."""
        if not artifacts:
            return
        with translated(), self.valkey.pipeline(transaction=False) as pipe:
            for artifact in artifacts:
                pipe.sadd(self._wants(artifact), job)
                pipe.expire(self._wants(artifact), WANTS_S)
            pipe.execute()

    def wanted_by(self, artifact: Artifact) -> set[str]:
        """Return the jobs that are known to wait for an artifact."""
        with translated():
            jobs: Any = self.valkey.smembers(self._wants(artifact))
        return set(jobs)

    # Radios: which are listened to.

    def listen(self, station: str, awaited: Artifact | None) -> None:
        """Note for a lease's time that someone listens to a radio, and which block it waits for."""
        with translated():
            self.valkey.set(self._listening(station), str(awaited or ""), px=self._lease_ms)

    def leave(self, station: str) -> None:
        """Note that nobody listens to a radio any more."""
        with translated():
            self.valkey.delete(self._listening(station))

    def awaits(self, station: str, artifact: Artifact) -> bool:
        """Tell whether a radio that someone listens to waits for an artifact.

        Of blocks, it is one that it waits for; whatever else it wants, blocks are made of.
        """
        with translated():
            awaited: Any = self.valkey.get(self._listening(station))
        return awaited is not None and (artifact.kind is not Kind.BLOCK or awaited == str(artifact))

    # Deletions and turns

    def deletions(self) -> int:
        """Return how many artifacts were deleted: what is remembered of them is then out of date."""
        with translated():
            value: Any = self.valkey.get(f"{self.prefix}deletions")
        return int(value or 0)

    def note_deletion(self) -> None:
        """Count a deletion."""
        with translated():
            self.valkey.incr(f"{self.prefix}deletions")

    def served(self, queue: Queue) -> dict[str, float]:
        """Return, for each tenant that a queue has served, a number that is higher the later it was."""
        with translated():
            found: Any = self.valkey.zrange(self._served(queue), 0, -1, withscores=True)
        return dict(found)

    def note_served(self, queue: Queue, tenant: str) -> None:
        """Note that it was a tenant's turn in a queue."""
        with translated():
            turn: Any = self.valkey.incr(f"{self.prefix}turn")
            with self.valkey.pipeline(transaction=False) as pipe:
                pipe.zadd(self._served(queue), {tenant: int(turn)})
                pipe.zremrangebyrank(self._served(queue), 0, -SERVED_KEPT - 1)
                pipe.execute()

    # News: of which artifacts tasks were at, so that who waits for one is planned again.

    def note_news(self, artifact: Artifact) -> None:
        """Tell everyone who draws that a task was at an artifact."""
        with translated():
            self.valkey.xadd(
                f"{self.prefix}news", {"artifact": str(artifact)}, maxlen=NEWS_KEPT, approximate=True
            )

    def news(self, after: str) -> tuple[set[Artifact], str]:
        """Return the artifacts that were told of after a place in the news, and the place to go on from.

        Args:
            after: what was returned before; `0` at first.
        """
        with translated():
            found: Any = self.valkey.xrange(f"{self.prefix}news", min=f"({after}" if after != "0" else "-")
        place = found[-1][0] if found else after
        return {Artifact.parse(fields["artifact"]) for _, fields in found}, place

    def _queued(self, queue: Queue) -> str:
        return f"{self.prefix}queued:{queue}"

    def _run(self, artifact: Artifact) -> str:
        return f"{self.prefix}run:{artifact}"

    def _served(self, queue: Queue) -> str:
        return f"{self.prefix}served:{queue}"

    def _all_running(self) -> str:
        return f"{self.prefix}running"

    def _workers(self, queue: Queue) -> str:
        return f"{self.prefix}workers:{queue}"

    def _listening(self, station: str) -> str:
        return f"{self.prefix}listening:{station}"

    def _wants(self, artifact: Artifact) -> str:
        return f"{self.prefix}wants:{artifact}"
