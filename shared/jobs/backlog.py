"""What open jobs wait for, as it was found when each was last planned.

So a draw asks the store about those jobs alone that are new, for which something was made since, or whose
turn it is: with a thousand open jobs, planning all of them takes longer than the task whose place is free.
It is one process's memory; with all of it lost, jobs are planned again.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from shared.queue import Order
from shared.store.keys import Artifact

FRESH_S = 1.0
AGED_S = 60.0
"""After so long a job is planned again, whatever was heard: news may have got lost."""
JobName = tuple[str, str]
"""Tenant and id."""


@dataclass(frozen=True)
class _Waiting:
    orders: tuple[Order, ...]
    planned_s: float


class Backlog:
    """Remember what jobs wait for. For one thread.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waiting: dict[JobName, _Waiting] = {}
        self._waits_for: dict[Artifact, set[JobName]] = defaultdict(set)

    def note(self, job: JobName, orders: Iterable[Order]) -> None:
        """Remember what a job waits for; of one that waits for nothing, nothing is remembered."""
        self.forget(job)
        if found := tuple(orders):
            self._waiting[job] = _Waiting(found, self._clock())
            for order in found:
                self._waits_for[order.artifact].add(job)

    def orders(self, job: JobName) -> Sequence[Order] | None:
        """Return what a job waits for; None: it has to be planned."""
        known = self._waiting.get(job)
        return known.orders if known else None

    def is_fresh(self, job: JobName) -> bool:
        """Tell whether a job was planned just now."""
        known = self._waiting.get(job)
        return known is not None and self._clock() - known.planned_s < FRESH_S

    def aged(self) -> list[JobName]:
        """Return the jobs that were planned long ago, the oldest plans first."""
        old = [job for job, known in self._waiting.items() if self._clock() - known.planned_s >= AGED_S]
        return sorted(old, key=lambda job: self._waiting[job].planned_s)

    def heard_of(self, artifacts: Iterable[Artifact]) -> None:
        """Forget the jobs that wait for one of these: a task was at it."""
        for artifact in artifacts:
            for job in tuple(self._waits_for.get(artifact, ())):
                self.forget(job)

    def keep_open(self, tenant: str, jobs: Collection[str]) -> None:
        """Forget the jobs of a tenant that are not open any more."""
        gone = [name for name in self._waiting if name[0] == tenant and name[1] not in jobs]
        for name in gone:
            self.forget(name)

    def forget(self, job: JobName) -> None:
        """Forget one job."""
        known = self._waiting.pop(job, None)
        for order in known.orders if known else ():
            waiting = self._waits_for[order.artifact]
            waiting.discard(job)
            if not waiting:
                del self._waits_for[order.artifact]

    def clear(self) -> None:
        """Forget all jobs."""
        self._waiting.clear()
        self._waits_for.clear()
