"""Tell whether a worker of this host does its work: `python -m shared.health QUEUE`, for health checks.

A worker counts as well while its main process beats in Valkey and its consumer hears its queue, be it idle or
busy; so one that lost Valkey counts as ill, and one that is deaf as well.
"""

from __future__ import annotations

import socket
import sys

from shared.errors import SegueError
from shared.jobs import attention
from shared.jobs.leases import Leases, connect_valkey
from shared.queue import Queue


def illness(leases: Leases, queue: Queue, host: str) -> str | None:
    """Return what ails the worker of a queue on a host; None: it is well."""
    if any(_is_on(host, worker) for worker in attention.attentive(leases, queue)):
        return None
    if any(_is_on(host, worker) for worker in leases.workers(queue)):
        return f"The {queue} of {host} is deaf: it does not hear its queue. Restart it if it stays so."
    return f"No {queue} of {host} was seen lately."


def main(arguments: list[str]) -> int:
    """Return 0 if a worker of the queue on this host is well, else 1 and say what ails it."""
    leases = Leases(connect_valkey(timeout_s=3.0))
    try:
        found = illness(leases, Queue(arguments[0]), socket.gethostname())
    except SegueError as error:
        found = str(error)
    if found is not None:
        print(found, file=sys.stderr)  # noqa: T201
    return 0 if found is None else 1


def _is_on(host: str, worker: str) -> bool:
    return worker.startswith(f"{host}-")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
