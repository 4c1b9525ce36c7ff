"""The reconciler: a thread in every worker's main process, of which one leads.

It finds what got lost between the others: messages that vanished, workers that died, jobs accepted while
Valkey was away. Every look goes over all open jobs; a look that finds nothing to do changes nothing.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable

import structlog

from shared.errors import SegueError
from shared.jobs import attention
from shared.jobs.dispatcher import Dispatcher
from shared.metrics import sums
from shared.metrics.catalogue import HEARTBEAT_FAILURES, MESSAGES_LOST
from shared.metrics.tally import TALLY
from shared.process import service_name
from shared.queue import ARTIFACT_HEADER, Queue
from shared.store.keys import Artifact

LOST_AFTER_S = 12.0
"""A claim this old whose message is not in its queue was delivered to a worker that never began."""
WORKER_BEAT_S = 4.0
log = structlog.get_logger(__name__)


class Reconciler(threading.Thread):
    """Look after the open jobs every few seconds, or at once when woken."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        *,
        queue: Queue,
        worker: str,
        every_s: float,
        silent_for_s: Callable[[], float],
    ) -> None:
        super().__init__(name="reconciler", daemon=True)
        self._dispatcher, self._queue, self._worker, self._every_s = dispatcher, queue, worker, every_s
        self._silent_for_s, self._is_deaf = silent_for_s, False
        self._stopped, self._woken = threading.Event(), threading.Event()

    def run(self) -> None:
        """Beat and look until stopped; no failure of a server ends the thread."""
        bucket_known = False
        while not self._stopped.is_set():
            try:
                self._beat()
                if not bucket_known:
                    self._dispatcher.store.ensure_bucket()
                    bucket_known = True
                if self._dispatcher.leases.lead(self._worker):
                    look(self._dispatcher)
                sums.send(self._dispatcher.leases)
            except SegueError as error:
                TALLY.count(HEARTBEAT_FAILURES, service_name())
                log.warning("could not reconcile", action="reconcile_failed", cause=str(error))
            except Exception:
                log.exception("could not reconcile", action="reconcile_crashed")
            self._woken.wait(min(self._every_s, WORKER_BEAT_S))
            self._woken.clear()

    def _beat(self) -> None:
        """Say that this worker lives, and when its consumer last heard its queue."""
        leases, silent_s = self._dispatcher.leases, self._silent_for_s()
        leases.seen(self._queue, self._worker)
        attention.heard(leases, self._queue, self._worker, ago_s=silent_s)
        is_deaf = silent_s > leases.deaf_after_s
        if is_deaf and not self._is_deaf:
            log.error("does not hear its queue", action="worker_deaf", silent_s=round(silent_s, 1))
        elif self._is_deaf and not is_deaf:
            log.info("hears its queue again", action="worker_hears")
        self._is_deaf = is_deaf

    def wake(self) -> None:
        """Look now."""
        self._woken.set()

    def stop(self) -> None:
        """End the thread and let another lead at once."""
        self._stopped.set()
        self._woken.set()
        self.join(timeout=10)
        try:
            self._dispatcher.leases.gone(self._queue, self._worker)
            self._dispatcher.leases.resign(self._worker)
        except SegueError as error:
            log.warning("left without a word", action="resign_failed", cause=str(error))


def look(dispatcher: Dispatcher) -> None:
    """Drop claims whose message is lost, then draw."""
    for queue in Queue:
        drop_lost_claims(dispatcher, queue)
    dispatcher.draw()


def drop_lost_claims(dispatcher: Dispatcher, queue: Queue) -> None:
    """Give back the claims of a queue whose messages are not in it any more, and whose tasks never began."""
    leases = dispatcher.leases
    old = [item for item, when in leases.queued(queue).items() if time.time() - when > LOST_AFTER_S]
    if not old:
        return
    waiting = waiting_in(dispatcher, queue)
    for artifact in old:
        if artifact not in waiting:
            TALLY.count(MESSAGES_LOST, queue)
            log.warning("message lost", action="claim_dropped", artifact=str(artifact), queue=queue)
            leases.unclaim(queue, artifact)


def waiting_in(dispatcher: Dispatcher, queue: Queue) -> set[Artifact]:
    """Return the artifacts whose messages wait in a queue; few, since queues are bounded."""
    leases = dispatcher.leases
    messages: list[str] = leases.valkey.lrange(f"{leases.prefix}{queue}", 0, -1)  # type: ignore[assignment]
    names = [json.loads(message).get("headers", {}).get(ARTIFACT_HEADER) for message in messages]
    return {Artifact.parse(name) for name in names if name}
