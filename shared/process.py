"""What this process is: of which service, part of which worker. Children learn it by their environment."""

from __future__ import annotations

import os

__all__ = ["name_service", "name_worker", "service_name", "worker_name"]

_SERVICE, _WORKER = "SEGUE_SERVICE", "SEGUE_WORKER"


def name_service(name: str) -> None:
    """Say of which service this process and its children are."""
    os.environ[_SERVICE] = name


def service_name() -> str:
    """Return the service of this process."""
    return os.environ.get(_SERVICE, "gateway")


def name_worker(name: str) -> None:
    """Say to which worker this process and its children belong."""
    os.environ[_WORKER] = name


def worker_name() -> str | None:
    """Return the name of the worker that this process belongs to; None: it belongs to none."""
    return os.environ.get(_WORKER)
