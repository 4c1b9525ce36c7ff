"""Which of the workers that live also hear their queue: one that does not is deaf, and takes no work.

Workers say when they last heard with each beat, over a connection that is not their consumer's.
"""

from __future__ import annotations

import time
from typing import Any

from shared.jobs.leases import WORKER_SEEN_S, Leases, translated
from shared.queue import Queue

__all__ = ["attentive", "deaf", "heard"]


def heard(leases: Leases, queue: Queue, worker: str, *, ago_s: float) -> None:
    """Note when a worker last heard its queue, in seconds before now."""
    with translated():
        leases.valkey.zadd(_key(leases, queue), {worker: time.time() - ago_s})
        leases.valkey.expire(_key(leases, queue), int(100 * WORKER_SEEN_S))


def deaf(leases: Leases, queue: Queue) -> list[str]:
    """Return the workers of a queue that live and do not hear it."""
    alive = leases.workers(queue)
    if not alive:
        return []
    with translated():
        times: Any = leases.valkey.zmscore(_key(leases, queue), alive)
    before = time.time() - leases.deaf_after_s
    return [worker for worker, when in zip(alive, times, strict=True) if when is not None and when < before]


def attentive(leases: Leases, queue: Queue) -> list[str]:
    """Return the workers of a queue that live and are not deaf."""
    unable = set(deaf(leases, queue))
    return [worker for worker in leases.workers(queue) if worker not in unable]


def _key(leases: Leases, queue: Queue) -> str:
    return f"{leases.prefix}heard:{queue}"
