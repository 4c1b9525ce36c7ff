"""From plans to messages: end jobs that are done, enqueue what is missing, fairly over tenants.

The planner says what is missing, leases say what of it is under way, starts say what may be tried again.
Few messages lie in Valkey at any time (two per worker and queue); the backlog is the open jobs.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache

import structlog

from shared.errors import GaveUp, Illegible
from shared.jobs.drawing import Drawing
from shared.jobs.follow_ups import report_after_fit
from shared.jobs.leases import Leases
from shared.jobs.pipeline import make_plan
from shared.jobs.plans import Find, Plan
from shared.jobs.progress import ProgressBoard
from shared.jobs.recipes import Recipe
from shared.jobs.records import Job, JobRecords, Outcome, State
from shared.jobs.starts import Starts
from shared.queue import Order, Queue
from shared.radio import is_station
from shared.store import keys
from shared.store.artifacts import Artifacts
from shared.store.keys import Artifact, Kind
from shared.store.manifests import Problem
from shared.store.objects import ObjectStore

log = structlog.get_logger(__name__)


class Dispatcher:
    """Advance jobs. Every process that knows of a change may call it at any time."""

    def __init__(
        self, store: ObjectStore, leases: Leases, board: ProgressBoard, send: Callable[[Order], None]
    ) -> None:
        self.store, self.leases, self.board, self._send = store, leases, board, send
        self.artifacts, self.records = Artifacts(store), JobRecords(store)
        self._drawing = Drawing(self)

    def submit(self, tenant: str, identifier: str, recipe: Recipe) -> Job:
        """Accept a job, or find the one of this id; enqueue what it needs. Valkey must answer."""
        job, new = self.records.accept(tenant, identifier, recipe)
        if new:
            # Only now: what is removed after a job is on record is not what the job needs.
            self.artifacts.refresh(self.leases.deletions())
            for order in orders_of(job, self.advance(job)):
                self._offer_first(order)
            job = self.records.get(tenant, identifier)
        return job

    def plan(self, job: Job, find: Find | None = None) -> Plan:
        """Plan a job by what is in the store now."""
        return make_plan(
            job.tenant, job.accepted.recipe, find or self.artifacts.find, self._uploaded(job.tenant)
        )

    def go_on(self, order: Order) -> None:
        """Take the next step after a task: of the job that it ran for, then of whoever's turn it is."""
        self.leases.note_news(order.artifact)
        find = self._one_look()
        if (job := self.records.find(order.tenant, order.job)) is not None:
            for following in orders_of(job, self.advance(job, find)):
                if following.task.queue is not order.task.queue:
                    self._offer_first(following)
        # One place became free in this task's queue: looking on until it is full again is enough.
        self._drawing.draw(find, {order.task.queue})

    def draw(self) -> None:
        """Go over all open jobs and enqueue what queues have room for, each tenant in turn."""
        find = self._one_look()
        self._drawing.survey(find)
        self._drawing.draw(find, tuple(Queue))

    def _offer_first(self, order: Order) -> None:
        """Enqueue the first message of a tenant in a queue at once; for more it waits for its turns."""
        if not self.leases.holds(order.task.queue, order.tenant):
            self.offer(order)

    def advance(self, job: Job, find: Find | None = None) -> Plan:
        """Plan a job, end it if it has reached its goal or never can, and note what it waits for."""
        plan = self.plan(job, find)
        if job.outcome is not None:
            self.records.drop_mark(job.tenant, job.id)
        elif job.cancelled is not None:
            self._finish(job, Outcome(state=State.CANCELLED))
        elif plan.problem is not None:
            self._finish(job, Outcome(state=State.FAILED, problem=plan.problem))
        elif plan.complete:
            self._ask_for_report(job, plan, find or self.artifacts.find)
            self._finish(job, Outcome(state=State.SUCCEEDED, result=result_of(plan)))
        else:
            self.leases.want(job.id, plan.missing)
        return plan

    def _ask_for_report(self, job: Job, plan: Plan, find: Find) -> None:
        """Accept the report that follows a fit, once per model, before the job that wanted the fit ends.

        So a crash loses nothing: the job is still open then, and whoever advances it next comes by here
        again. And so the report delays nothing: it is a job of its own, begun when that one is done, and
        whatever becomes of it, that one has succeeded. Valkey is not needed; the next draw enqueues it.
        """
        if (following := report_after_fit(job, plan, find)) is not None:
            self.records.accept(job.tenant, *following, job.accepted.origin)

    def orders_now(self, tenant: str, identifier: str, find: Find) -> list[Order] | None:
        """Advance a job; return what it calls for, or None where there is no such job.

        One whose records are damaged has failed; one of a later release is left to that.
        """
        try:
            job = self.records.find(tenant, identifier)
        except Illegible as error:
            log.error("job passed over", action="job_illegible", job=identifier, cause=str(error))
            if error.is_damage:
                self.records.condemn(tenant, identifier, Problem.of(error))
                self.board.announce(identifier)
            return []
        return None if job is None else self._orders_of_job(job, find)

    def offer(self, order: Order, *, still: Callable[[], bool] = lambda: True) -> bool:
        """Enqueue an order, unless it is under way, its queue is full, or it may not start (again) now.

        Args:
            order: what to enqueue.
            still: tells, once nobody else can enqueue it, whether it is still called for.
        """
        artifact, queue = order.artifact, order.task.queue
        if not self.leases.claim(queue, artifact, on_air=is_station(order.job)):
            return False
        sent = False
        try:
            if still() and self._may_start(order):
                self._send(order)
                sent = True
                self.leases.note_served(queue, artifact.tenant)
        finally:
            if not sent:
                self.leases.unclaim(queue, artifact)
        return sent

    def _may_start(self, order: Order) -> bool:
        verdict = Starts(self.store, order.artifact, self.segment(order.artifact)).verdict()
        if not isinstance(verdict, GaveUp):
            return verdict <= timedelta(0)
        if order.artifact in self.leases.running([order.artifact]):
            return False  # The last start is still at it.
        job = self.records.find(order.tenant, order.job)
        if job is not None and job.outcome is None:
            self._finish(job, Outcome(state=State.FAILED, problem=Problem.of(verdict)))
            self._forget_starts(order.artifact)
        return False

    def is_wanted(self, artifact: Artifact) -> bool:
        """Tell whether an open job wants an artifact, or a radio waits for it that someone listens to.

        Where no wish is known Valkey was emptied: it counts as wanted until they say so again.
        """
        wishes = self.leases.wanted_by(artifact)
        return not wishes or any(self._waits(one, artifact) for one in wishes)

    def is_called_for(self, order: Order) -> bool:
        """Tell whether who sent an order, or anyone else, still waits for what it makes.

        A message that was never acknowledged is delivered again hours later, when its job has long ended,
        and what it made may have been deleted since.
        """
        artifact = order.artifact
        return self._waits(order.job, artifact) or any(
            self._waits(one, artifact) for one in self.leases.wanted_by(artifact)
        )

    def _waits(self, one: str, artifact: Artifact) -> bool:
        """Tell whether a job is open, or a radio that someone listens to waits for an artifact."""
        if is_station(one):
            return self.leases.awaits(one, artifact)
        return self.records.is_open(artifact.tenant, one)

    def segment(self, artifact: Artifact) -> int:
        """Return how far a fit's checkpoints are; starts are counted anew after each."""
        if artifact.kind is not Kind.MODEL:
            return 0
        names = [stored.key.rsplit("/", 1)[1] for stored in self.store.list(artifact.checkpoints)]
        return max((int(name.split(".")[0]) for name in names), default=0)

    def _forget_starts(self, artifact: Artifact) -> None:
        """Give a later request its own starts, once no other open job waits for the artifact."""
        others = self.leases.wanted_by(artifact)
        if not any(self.records.is_open(artifact.tenant, job) for job in others):
            Starts(self.store, artifact).clear()

    def _finish(self, job: Job, outcome: Outcome) -> None:
        ended = self.records.finish(job, outcome)
        state = ended.outcome.state if ended.outcome else outcome.state
        log.info(
            "job ended",
            action="job_ended",
            job=job.id,
            tenant=job.tenant,
            state=state,
            request_id=job.accepted.origin.request_id,
        )
        self.board.announce(job.id)

    def _orders_of_job(self, job: Job, find: Find) -> list[Order]:
        """Advance a job; what it can never be made of must not keep others from being made."""
        try:
            return orders_of(job, self.advance(job, find))
        except Illegible as error:
            self._finish(job, Outcome(state=State.FAILED, problem=Problem.of(error)))
            return []

    def _one_look(self) -> Find:
        """Return a lookup that asks the store once per artifact: for one pass over the open jobs."""
        self.artifacts.refresh(self.leases.deletions())
        return cache(self.artifacts.find)

    def _uploaded(self, tenant: str) -> Callable[[str], bool]:
        return lambda song: self.store.exists(keys.song_source(tenant, song))


def orders_of(job: Job, plan: Plan) -> list[Order]:
    """Return the orders that a plan calls for."""
    if job.outcome is not None or job.cancelled is not None or plan.problem is not None:
        return []
    named = {"tenant": job.tenant, "job": job.id, "origin": job.accepted.origin}
    return [Order.model_validate({**named, "spec": spec}) for spec in plan.ready]


def result_of(plan: Plan) -> dict[str, list[str]]:
    """Return the keys of all that a complete plan made or found, by kind."""
    result: dict[str, list[str]] = {}
    for artifact in dict.fromkeys(plan.needed):
        result.setdefault(artifact.kind.value, []).append(artifact.key)
    return result
