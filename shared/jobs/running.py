"""What happens around a task: lease, start, progress, cancel, commit, and the next step.

`carry_out` is the frame of every task. The task itself fetches, calls one pure function and stores; it gets
a `Work` to do so, and returns the facts of what it made, or None where more of it is left to do (a fit
ends a segment with a checkpoint).
"""

from __future__ import annotations

import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog

from shared import tracing
from shared.errors import (
    GaveUp,
    HandedBack,
    InputError,
    Interrupted,
    QueueUnavailable,
    SegueError,
    Unavailable,
    Unwanted,
)
from shared.jobs.dispatcher import Dispatcher
from shared.jobs.progress import Progress
from shared.jobs.starts import StartRecord, Starts
from shared.metrics import sums
from shared.metrics.catalogue import (
    HEARTBEAT_FAILURES,
    LEASES_LOST,
    STAGE_PROBLEMS,
    STAGE_SECONDS,
    STAGE_STARTS,
    Outcome,
)
from shared.metrics.tally import TALLY
from shared.process import service_name, worker_name
from shared.queue import Order
from shared.store.artifacts import Attempt
from shared.store.keys import Artifact
from shared.store.manifests import Facts, Problem

HEARTBEAT_S = 2.0
log = structlog.get_logger(__name__)

Make = Callable[["Work"], Facts | None]


@dataclass
class Work:
    """What a task works with."""

    order: Order
    dispatcher: Dispatcher
    attempt: Attempt
    folder: Path
    """A private folder that is deleted after the task."""
    keeper: Keeper

    @property
    def tenant(self) -> str:
        """Whose work it is."""
        return self.order.tenant

    @property
    def artifact(self) -> Artifact:
        """What is being made."""
        return self.attempt.artifact

    def check(self) -> None:
        """Stop here if nobody wants the artifact any more, or if the worker shuts down.

        Raises:
            Unwanted, HandedBack: to be let through.
        """
        if self.keeper.reason is not None:
            raise self.keeper.reason

    def progress(
        self, done: float, total: float, unit: str, *, eta_s: float | None = None, note: str | None = None
    ) -> None:
        """Report how far the task is; lost without harm."""
        try:
            self.dispatcher.board.report(
                self.artifact, Progress(done=done, total=total, unit=unit, eta_s=eta_s, note=note)
            )
        except QueueUnavailable:
            log.debug("progress not reported", action="progress_lost", artifact=str(self.artifact))


class Keeper(threading.Thread):
    """Hold a running task's lease, and watch for reasons to stop it.

    Whether it is still wanted the store is asked as well, which may not answer for minutes, so that is done
    beside: a lease that is not renewed in time is another worker's.
    """

    def __init__(self, dispatcher: Dispatcher, artifact: Artifact, token: str) -> None:
        super().__init__(name=f"keeper of {artifact}", daemon=True)
        self._dispatcher, self._artifact, self._token = dispatcher, artifact, token
        self._done, self._context = threading.Event(), copy_context()
        self.reason: Interrupted | None = None

    def run(self) -> None:
        """Renew the lease until the task ends; lines that it logs name the task's job."""
        asking = partial(self._context.copy().run, self._repeat, self._ask)
        threading.Thread(target=asking, name=f"asker of {self._artifact}", daemon=True).start()
        self._context.run(self._repeat, self._beat)

    def _repeat(self, act: Callable[[], None]) -> None:
        while not self._done.wait(HEARTBEAT_S):
            try:
                act()
            except SegueError as error:
                # Without Valkey or the store the work goes on; the commit decides.
                TALLY.count(HEARTBEAT_FAILURES, service_name())
                log.warning("heartbeat failed", action="heartbeat_failed", cause=str(error))

    def _beat(self) -> None:
        leases = self._dispatcher.leases
        if not leases.renew(self._artifact, self._token):
            TALLY.count(LEASES_LOST, self._artifact.kind.noun)
        sums.send(leases)
        if leases.is_stopping(_worker()):
            self.reason = HandedBack(f"worker {_worker()} shuts down")

    def _ask(self) -> None:
        if not self._dispatcher.is_wanted(self._artifact):
            self.reason = self.reason or Unwanted(f"nobody wants {self._artifact} any more")

    def stop(self) -> None:
        """End the thread and give the lease back."""
        self._done.set()
        self.join()
        try:
            self._dispatcher.leases.end(self._artifact, self._token)
        except QueueUnavailable as error:
            log.warning("lease not given back", action="lease_left", cause=str(error))


def _worker() -> str:
    return worker_name() or "unnamed"


def token_prefix(worker: str, message: str) -> str:
    """Return what every lease token of a message's executions in a worker begins with."""
    return f"{worker}|{message}|"


def carry_out(dispatcher: Dispatcher, order: Order, make: Make, *, message: str) -> None:
    """Run one task from its message to its commit, and ask the planner what comes next.

    Args:
        dispatcher: of this process.
        order: the message's body.
        make: makes the artifact.
        message: the message's id.
    """
    artifact, leases = order.artifact, dispatcher.leases
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(
        job=order.job,
        artifact=str(artifact),
        request_id=order.origin.request_id,
        trace_id=tracing.trace_id_of(order.origin.traceparent),
    )
    dispatcher.artifacts.refresh(leases.deletions())
    token = f"{token_prefix(_worker(), message)}{uuid.uuid4().hex[:8]}"
    if (
        dispatcher.artifacts.find(artifact) is None
        and dispatcher.is_called_for(order)
        and leases.start(artifact, token)
    ):
        keeper = Keeper(dispatcher, artifact, token)
        keeper.start()
        try:
            leases.unclaim(order.task.queue, artifact)
            with _traced(order) as span:
                outcome = _attempt(dispatcher, order, make, keeper)
                span.note({"segue.outcome": outcome})
                if outcome is Outcome.FAILED:
                    span.fail("see task_failed in the log")
        finally:
            keeper.stop()
    else:
        log.info("nothing to do", action="task_dropped")
        leases.unclaim(order.task.queue, artifact)
    _go_on(dispatcher, order)


def _traced(order: Order) -> AbstractContextManager[tracing.Span]:
    known = {
        "segue.job": order.job,
        "segue.artifact": str(order.artifact),
        "segue.request_id": order.origin.request_id,
    }
    return tracing.span(order.task.value, known, parent=order.origin.traceparent)


def _attempt(dispatcher: Dispatcher, order: Order, make: Make, keeper: Keeper) -> Outcome:
    kind = order.artifact.kind.noun
    starts = Starts(dispatcher.store, order.artifact, dispatcher.segment(order.artifact))
    try:
        start = starts.begin(_worker())
    except GaveUp:
        return Outcome.FAILED  # The dispatcher ends the jobs that wait for it.
    attempt = Attempt(dispatcher.store, order.artifact)
    begun_s, outcome = time.monotonic(), Outcome.FAILED
    TALLY.count(STAGE_STARTS, kind)
    log.info("begun", action="task_started", start=start.number, worker=start.worker, attempt=attempt.name)
    _announce(dispatcher, order)
    try:
        with tempfile.TemporaryDirectory(prefix="segue-") as folder:
            work = Work(order, dispatcher, attempt, Path(folder), keeper)
            facts = make(work)
        outcome = Outcome.CONTINUED if facts is None else _commit(starts, attempt, order, facts)
        if facts is not None:
            _announce(dispatcher, order)
    except BaseException as error:
        attempt.abandon()
        outcome = _record(starts, start, attempt, order, error)
        if not isinstance(error, Exception):
            raise
    finally:
        TALLY.observe(STAGE_SECONDS, time.monotonic() - begun_s, kind, outcome)
    return outcome


def _announce(dispatcher: Dispatcher, order: Order) -> None:
    """Say that an artifact was begun or made, to who follows a job that waits for it; lost without harm."""
    try:
        dispatcher.board.announce(str(order.artifact))
    except QueueUnavailable as error:
        log.debug("not announced", action="announcement_lost", cause=str(error))


def _commit(starts: Starts, attempt: Attempt, order: Order, facts: Facts) -> Outcome:
    """Make what an attempt stored the artifact, unless another attempt is."""
    committed = attempt.commit(order.spec, facts).attempt
    _forget(starts)
    lost = committed != attempt.name
    log.info("made", action="artifact_lost" if lost else "artifact_committed", attempt=committed)
    return Outcome.SUPERSEDED if lost else Outcome.COMMITTED


def _forget(starts: Starts) -> None:
    """Forget the starts of what is made; if the store is away, they are left as garbage."""
    try:
        starts.clear()
    except Unavailable as error:
        log.warning("starts left behind", action="starts_left", cause=str(error))


def _record(
    starts: Starts, start: StartRecord, attempt: Attempt, order: Order, error: BaseException
) -> Outcome:
    """Note how a start ended without its artifact."""
    if isinstance(error, Interrupted):
        starts.withdraw(start)
        log.info("stopped early", action="task_interrupted", reason=str(error))
        return Outcome.INTERRUPTED
    slug = error.slug if isinstance(error, SegueError) else "unforeseen"
    TALLY.count(STAGE_PROBLEMS, order.artifact.kind.noun, slug)
    if isinstance(error, InputError):
        attempt.reject(order.spec, Problem.of(error))
        _forget(starts)
        log.info("rejected", action="artifact_rejected", reason=str(error))
        return Outcome.REJECTED
    cause = str(error) if isinstance(error, SegueError) else f"{type(error).__name__}: {error}"
    starts.explain(start, cause[:1000])
    log.error("task failed", action="task_failed", cause=cause, exc_info=error)
    return Outcome.FAILED


def _go_on(dispatcher: Dispatcher, order: Order) -> None:
    """Advance the job whose message this was, then draw what there is room for."""
    try:
        dispatcher.go_on(order)
    except SegueError as error:
        log.warning("next step left to the reconciler", action="draw_failed", cause=str(error))
