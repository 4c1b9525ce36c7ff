"""Drawing: which of the open jobs' missing artifacts are enqueued next, where queues have room.

Tenants come in turn (`turns`), each one's jobs oldest first. A draw plans few jobs: what the others wait for
is remembered (`backlog`), and is looked at again before it is sent.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import structlog

from shared.errors import StoreUnavailable
from shared.jobs.backlog import Backlog, JobName
from shared.jobs.plans import Find
from shared.jobs.turns import in_turn
from shared.queue import Order, Queue
from shared.store.keys import Artifact
from shared.store.objects import Stored

if TYPE_CHECKING:
    from shared.jobs.dispatcher import Dispatcher

ORPHAN_AGE = timedelta(minutes=2)
"""A mark older than this without an accepted job is what a crash of the gateway left."""
SURVEYED, PLANNED = 100, 25
"""So many jobs of a tenant are planned at most in a survey, and in a draw after a task."""
LISTED_S = 2.0
"""After a task, jobs that were accepted within so many seconds may be left to the next survey."""
DEAF_S = 60.0
"""Who has not drawn for so long may have missed news."""
MOST_REFUSED = 3
"""So many jobs of which the store refuses something are passed over in one look; more, and it is away."""
ANSWERS_WITHIN_S = 10.0
"""A store that takes longer to refuse is away as well."""
T = TypeVar("T")
log = structlog.get_logger(__name__)


class Drawing:
    """The draws of one process. For one thread.

    Args:
        dispatcher: plans jobs, and enqueues.
    """

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._backlog = Backlog()
        self._listed: tuple[float, dict[str, list[Stored]]] | None = None
        self._place, self._drawn_s = "0", 0.0
        self._refused: set[JobName] = set()

    def survey(self, find: Find) -> None:
        """Plan the jobs of which it is not known what they wait for, and some of those planned long ago."""
        self._hear()
        self._listed = None
        for tenant, marks in self._open().items():
            unknown = [mark for mark in marks if self._backlog.orders(_name(tenant, mark)) is None]
            for mark in unknown[:SURVEYED]:
                self._plan(tenant, mark, find)
        for job in self._backlog.aged()[:SURVEYED]:
            self._renew(job, find)

    def draw(self, find: Find, queues: Collection[Queue]) -> None:
        """Enqueue what these queues have room for, each tenant in turn."""
        self._hear()
        leases, refused = self._dispatcher.leases, set[Artifact]()
        for queue in queues:
            if not leases.room(queue):
                continue
            tenants = in_turn(self._open(), leases.served(queue))
            turns = deque(self._orders_of_tenant(tenant, queue, find) for tenant in tenants)
            while turns:
                orders = turns.popleft()
                order = next((order for order in orders if order.artifact not in refused), None)
                if order is None:
                    continue
                turns.append(orders)
                if not self._offer(order, find):
                    refused.add(order.artifact)
                    if not leases.room(queue):
                        break

    def _offer(self, order: Order, find: Find) -> bool:
        """Enqueue an order, if its job still calls for it."""
        return self._unless_refused(
            (order.tenant, order.job),
            lambda: self._dispatcher.offer(order, still=lambda: self._is_called_for(order, find)),
            otherwise=False,
        )

    def _is_called_for(self, order: Order, find: Find) -> bool:
        job = (order.tenant, order.job)
        return self._backlog.is_fresh(job) or order in (self._renew(job, find) or ())

    def _orders_of_tenant(self, tenant: str, queue: Queue, find: Find) -> Iterator[Order]:
        planned = 0
        for mark in self._open()[tenant]:
            known = self._backlog.orders(_name(tenant, mark))
            if known is None and planned < PLANNED:
                planned += 1
                known = self._plan(tenant, mark, find)
            yield from (order for order in known or () if order.task.queue is queue)

    def _plan(self, tenant: str, mark: Stored, find: Find) -> list[Order]:
        name = _name(tenant, mark)
        orders = self._renew(name, find)
        if orders is None and mark.modified is not None and datetime.now(UTC) - mark.modified > ORPHAN_AGE:
            self._dispatcher.records.drop_mark(*name)
        return orders or []

    def _renew(self, job: JobName, find: Find) -> list[Order] | None:
        """Plan a job and remember what it waits for; return that, or None where there is no such job."""

        def plan() -> list[Order] | None:
            orders = self._dispatcher.orders_now(*job, find)
            self._backlog.note(job, orders or ())
            return orders

        passed_over: list[Order] | None = []
        return self._unless_refused(job, plan, otherwise=passed_over)

    def _unless_refused(self, job: JobName, act: Callable[[], T], *, otherwise: T) -> T:
        """Do something for a job; if the store refuses it, the job is passed over in this look.

        An object that the store never gives, of one job, must not keep all others waiting.
        """
        if job in self._refused:
            return otherwise
        asked_s = time.monotonic()
        try:
            return act()
        except StoreUnavailable as error:
            self._refused.add(job)
            if len(self._refused) > MOST_REFUSED or time.monotonic() - asked_s > ANSWERS_WITHIN_S:
                raise
            log.warning("job passed over", action="job_refused", job=job[1], cause=str(error))
            return otherwise

    def _hear(self) -> None:
        """Forget what is not true any more, by what tasks tell."""
        self._refused.clear()
        if time.monotonic() - self._drawn_s > DEAF_S:
            self._backlog.clear()
        news, self._place = self._dispatcher.leases.news(self._place)
        self._backlog.heard_of(news)
        self._drawn_s = time.monotonic()

    def _open(self) -> dict[str, list[Stored]]:
        """Return the marks of each tenant's open jobs, oldest first."""
        if self._listed is None or time.monotonic() - self._listed[0] > LISTED_S:
            records = self._dispatcher.records
            found = {tenant: records.open_marks(tenant) for tenant in records.tenants()}
            for tenant, marks in found.items():
                self._backlog.keep_open(tenant, {_name(tenant, mark)[1] for mark in marks})
            self._listed = (time.monotonic(), found)
        return self._listed[1]


def _name(tenant: str, mark: Stored) -> JobName:
    return tenant, mark.key.rsplit("/", 1)[1]
