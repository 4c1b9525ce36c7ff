"""A worker: a Celery pool whose main process also reconciles and speaks for children that die.

The main process never runs tasks and never loads TensorFlow. It names itself in the environment before
its children start, so that their leases tell which worker they belong to.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import structlog
from billiard.exceptions import WorkerLostError
from celery import Celery, signals

from shared import tracing
from shared.acknowledging import ReconnectingRequest
from shared.consuming import EAR, watch
from shared.errors import SegueError
from shared.jobs.dispatcher import Dispatcher
from shared.jobs.leases import Leases, connect_valkey
from shared.jobs.progress import ProgressBoard
from shared.jobs.reconciler import Reconciler
from shared.jobs.running import Work, carry_out, token_prefix
from shared.jobs.starts import KILLED, Starts
from shared.logs import configure_logs
from shared.metrics import sums
from shared.metrics.catalogue import STAGE_PROBLEMS, STAGE_SECONDS, Outcome
from shared.metrics.tally import TALLY
from shared.process import name_service, name_worker
from shared.queue import Order, Queue, Task, send
from shared.settings import get_settings
from shared.store.manifests import Facts
from shared.store.objects import connect

CORES = os.cpu_count() or 1
log = structlog.get_logger(__name__)


@lru_cache(maxsize=1)
def get_dispatcher(app: Celery) -> Dispatcher:
    """Return this process's dispatcher, connected at first use."""
    valkey = connect_valkey()
    return Dispatcher(connect(), Leases(valkey), ProgressBoard(valkey), lambda order: send(app, order))


def register(app: Celery, task: Task, make: Callable[[Work], Facts | None]) -> None:
    """Declare a task under its name on the wire."""

    def run(request: Any, order: dict[str, Any]) -> None:
        dispatcher = get_dispatcher(app)
        try:
            carry_out(dispatcher, Order.model_validate(order), make, message=request.request.id)
        finally:
            _quietly(lambda: sums.send(dispatcher.leases))

    run.__doc__ = make.__doc__
    app.task(name=task.value, bind=True, Request=ReconnectingRequest)(run)


def run_worker(app: Celery, queue: Queue) -> int:
    """Run a worker until it is told to stop; return its exit code."""
    settings = get_settings()
    name_service(queue.value)
    configure_logs(settings)
    name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
    name_worker(name)
    os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")
    dispatcher = get_dispatcher(app)
    reconciler = Reconciler(
        dispatcher,
        queue=queue,
        worker=name,
        every_s=settings.reconcile_s,
        silent_for_s=EAR.silent_for_s,
    )
    watch(app)
    _connect_signals(dispatcher, reconciler, name)
    children = settings.worker_children or (CORES if queue is Queue.CHUNKER else 1)
    _bound_threads(settings.worker_threads or max(1, CORES // children))
    arguments = [
        "--quiet",
        "worker",
        "--queues",
        queue.value,
        "--concurrency",
        str(children),
        "--pool",
        "prefork",
    ]
    arguments += ["--hostname", f"{queue}@{name}", "--loglevel", settings.log_level]
    arguments += ["--without-mingle", "--without-gossip", "--without-heartbeat"]
    try:
        app.worker_main(arguments)
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def _bound_threads(threads: int) -> None:
    """Bound what the children's libraries use; they read it at their start, so it goes by the environment."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, str(threads))


@signals.setup_logging.connect
def _keep_our_logs(**_: Any) -> None:
    """Set logs up, in children too, which are fresh interpreters; Celery does not once this is answered."""
    configure_logs(get_settings())


@signals.worker_process_shutdown.connect
def _end_child(**_: Any) -> None:
    """Children end without Python's own farewell."""
    tracing.flush()


def _connect_signals(dispatcher: Dispatcher, reconciler: Reconciler, name: str) -> None:
    @signals.celeryd_after_setup.connect(weak=False)
    def quieten_children(**_: Any) -> None:
        """By this, children would log in a shape of their own until they have set up ours."""
        os.environ.pop("_MP_FORK_LOGLEVEL_", None)

    @signals.worker_ready.connect(weak=False)
    def begin(**_: Any) -> None:
        reconciler.start()

    @signals.worker_shutting_down.connect(weak=False)
    def hand_back(**_: Any) -> None:
        _quietly(lambda: dispatcher.leases.ask_to_stop(name))

    @signals.worker_shutdown.connect(weak=False)
    def end(**_: Any) -> None:
        if reconciler.is_alive():
            reconciler.stop()

    @signals.task_failure.connect(weak=False)
    def speak_for_the_dead(exception: Any = None, task_id: str = "", kwargs: Any = None, **_: Any) -> None:
        if isinstance(exception, WorkerLostError) and kwargs:
            order = Order.model_validate(kwargs["order"])
            _quietly(lambda: release_dead(dispatcher, order, token_prefix(name, task_id), str(exception)))
            reconciler.wake()


def release_dead(dispatcher: Dispatcher, order: Order, prefix: str, cause: str) -> None:
    """Give back the lease of a child that was killed, and note what is known of its end."""
    artifact = order.artifact
    if dispatcher.leases.end(artifact, prefix):
        starts = Starts.latest(dispatcher.store, artifact)
        last = starts.all()[-1:]
        if last and last[0].cause is None:
            kind, ran = artifact.kind.noun, datetime.now(UTC) - last[0].started_at
            TALLY.observe(STAGE_SECONDS, max(0.0, ran.total_seconds()), kind, Outcome.KILLED)
            TALLY.count(STAGE_PROBLEMS, kind, "killed")
            starts.explain(last[0], f"{KILLED}: {cause}")
    dispatcher.leases.unclaim(order.task.queue, artifact)


def _quietly(act: Callable[[], None]) -> None:
    try:
        act()
    except SegueError as error:
        log.warning("left for later", action="worker_signal_failed", cause=str(error))
