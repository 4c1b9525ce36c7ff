"""Tell whether a worker of a queue lives on this host: `python -m shared.health QUEUE`, for health checks.

A worker counts as alive while its main process beats in Valkey; so one that lost Valkey counts as ill.
"""

from __future__ import annotations

import socket
import sys

from shared.errors import SegueError
from shared.jobs.leases import Leases, connect_valkey
from shared.queue import Queue


def is_alive(leases: Leases, queue: Queue, host: str) -> bool:
    """Tell whether a worker of a queue on a host was seen lately."""
    return any(worker.startswith(f"{host}-") for worker in leases.workers(queue))


def main(arguments: list[str]) -> int:
    """Return 0 if a worker of the queue lives on this host, else 1."""
    try:
        alive = is_alive(Leases(connect_valkey(timeout_s=3.0)), Queue(arguments[0]), socket.gethostname())
    except SegueError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0 if alive else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
