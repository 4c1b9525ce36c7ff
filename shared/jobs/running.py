"""What happens around a task: lease, start, progress, cancel, commit, and the next step.

`carry_out` is the frame of every task. The task itself fetches, calls one pure function and stores; it gets
a `Work` to do so, and returns the facts of what it made, or None where more of it is left to do (a fit
ends a segment with a checkpoint).
"""

from __future__ import annotations

import os
import tempfile
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from shared.errors import GaveUp, HandedBack, InputError, Interrupted, QueueUnavailable, SegueError, Unwanted
from shared.jobs.dispatcher import Dispatcher
from shared.jobs.progress import Progress
from shared.jobs.starts import StartRecord, Starts
from shared.queue import Order
from shared.store.artifacts import Attempt
from shared.store.keys import Artifact
from shared.store.manifests import Facts, Problem

HEARTBEAT_S = 2.0
WORKER_VARIABLE = "SEGUE_WORKER"
log = structlog.get_logger(__name__)

Make = Callable[["Work"], Facts | None]


def worker_name() -> str:
    """Return the name of the worker that this process belongs to."""
    return os.environ.get(WORKER_VARIABLE, "unnamed")


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
    """Hold a running task's lease, and watch for reasons to stop it."""

    def __init__(self, dispatcher: Dispatcher, artifact: Artifact, token: str) -> None:
        super().__init__(name=f"keeper of {artifact}", daemon=True)
        self._dispatcher, self._artifact, self._token = dispatcher, artifact, token
        self._done = threading.Event()
        self.reason: Interrupted | None = None

    def run(self) -> None:
        """Renew the lease until the task ends."""
        while not self._done.wait(HEARTBEAT_S):
            try:
                self._beat()
            except SegueError as error:
                # Without Valkey or the store the work goes on; the commit decides.
                log.warning("heartbeat failed", action="heartbeat_failed", cause=str(error))

    def _beat(self) -> None:
        leases = self._dispatcher.leases
        leases.renew(self._artifact, self._token)
        if leases.is_stopping(worker_name()):
            self.reason = HandedBack(f"worker {worker_name()} shuts down")
            return
        if not self._dispatcher.is_wanted(self._artifact):
            self.reason = Unwanted(f"nobody wants {self._artifact} any more")

    def stop(self) -> None:
        """End the thread and give the lease back."""
        self._done.set()
        self.join()
        try:
            self._dispatcher.leases.end(self._artifact, self._token)
        except QueueUnavailable as error:
            log.warning("lease not given back", action="lease_left", cause=str(error))


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
    structlog.contextvars.bind_contextvars(job=order.job, artifact=str(artifact))
    dispatcher.artifacts.refresh(leases.deletions())
    token = f"{token_prefix(worker_name(), message)}{uuid.uuid4().hex[:8]}"
    if dispatcher.artifacts.find(artifact) is None and leases.start(artifact, token):
        keeper = Keeper(dispatcher, artifact, token)
        keeper.start()
        try:
            leases.unclaim(order.task.queue, artifact)
            _attempt(dispatcher, order, make, keeper)
        finally:
            keeper.stop()
    else:
        log.info("nothing to do", action="task_dropped")
        leases.unclaim(order.task.queue, artifact)
    _go_on(dispatcher, order)


def _attempt(dispatcher: Dispatcher, order: Order, make: Make, keeper: Keeper) -> None:
    starts = Starts(dispatcher.store, order.artifact, dispatcher.segment(order.artifact))
    try:
        start = starts.begin(worker_name())
    except GaveUp:
        return  # The dispatcher ends the jobs that wait for it.
    attempt = Attempt(dispatcher.store, order.artifact)
    log.info("begun", action="task_started", start=start.number, worker=start.worker, attempt=attempt.name)
    _announce(dispatcher, order)
    try:
        with tempfile.TemporaryDirectory(prefix="segue-") as folder:
            work = Work(order, dispatcher, attempt, Path(folder), keeper)
            facts = make(work)
        if facts is not None:
            committed = attempt.commit(order.spec, facts).attempt
            starts.clear()
            lost = committed != attempt.name
            log.info("made", action="artifact_lost" if lost else "artifact_committed", attempt=committed)
            _announce(dispatcher, order)
    except BaseException as error:
        attempt.abandon()
        _record(starts, start, attempt, order, error)
        if not isinstance(error, Exception):
            raise


def _announce(dispatcher: Dispatcher, order: Order) -> None:
    """Say that an artifact was begun or made, to who follows a job that waits for it; lost without harm."""
    try:
        dispatcher.board.announce(str(order.artifact))
    except QueueUnavailable as error:
        log.debug("not announced", action="announcement_lost", cause=str(error))


def _record(starts: Starts, start: StartRecord, attempt: Attempt, order: Order, error: BaseException) -> None:
    """Note how a start ended without its artifact."""
    if isinstance(error, Interrupted):
        starts.withdraw(start)
        log.info("stopped early", action="task_interrupted", reason=str(error))
    elif isinstance(error, InputError):
        attempt.reject(order.spec, Problem.of(error))
        starts.clear()
        log.info("rejected", action="artifact_rejected", reason=str(error))
    else:
        cause = str(error) if isinstance(error, SegueError) else f"{type(error).__name__}: {error}"
        starts.explain(start, cause[:1000])
        log.error("task failed", action="task_failed", cause=cause, exc_info=error)


def _go_on(dispatcher: Dispatcher, order: Order) -> None:
    """Advance the job whose message this was, then draw what there is room for."""
    try:
        dispatcher.go_on(order)
    except SegueError as error:
        log.warning("next step left to the reconciler", action="draw_failed", cause=str(error))
