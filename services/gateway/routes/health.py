"""Whether the process lives, and whether requests can be served and work gets done."""

from __future__ import annotations

from fastapi import APIRouter, Response, status

from services.gateway.backend import Backend
from services.gateway.dependencies import TheBackend
from services.gateway.schemas.system import Check, Health, Readiness
from shared.errors import SegueError
from shared.jobs import attention
from shared.queue import Queue

router = APIRouter(tags=["health"])
PROBE_KEY = "health/conditional-put"


@router.get("/healthz")
async def get_health() -> Health:
    """Tell that the process lives, whatever its servers do."""
    return Health(status="ok")


@router.get("/readyz", responses={503: {"model": Readiness, "description": "Some check does not hold."}})
def get_readiness(response: Response, backend: TheBackend) -> Readiness:
    """Tell whether queue and store are reached, the store keeps conditional puts, and workers take work."""
    checks = [_check_queue(backend), _check_store(backend), _check_workers(backend)]
    ready = all(check.ok for check in checks)
    if not ready:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return Readiness(ready=ready, checks=checks)


def _check_queue(backend: Backend) -> Check:
    try:
        backend.need_queue()
    except SegueError as error:
        return Check(name="queue", ok=False, detail=str(error))
    return Check(name="queue", ok=True, detail="reached")


def _check_store(backend: Backend) -> Check:
    """Look at what commits rest on: of two conditional puts, the second is refused."""
    try:
        backend.store.ensure_bucket()
        backend.store.create(PROBE_KEY, b"")
        refused = not backend.store.create(PROBE_KEY, b"")
    except SegueError as error:
        return Check(name="store", ok=False, detail=str(error))
    if not refused:
        detail = "It ignores If-None-Match, so commits are not safe. Use a store that knows conditional puts."
        return Check(name="store", ok=False, detail=detail)
    return Check(name="store", ok=True, detail="reached; conditional put works")


def _check_workers(backend: Backend) -> Check:
    try:
        deaf = {queue: len(attention.deaf(backend.leases, queue)) for queue in Queue}
        served = {queue: len(attention.attentive(backend.leases, queue)) for queue in Queue}
    except SegueError as error:
        return Check(name="workers", ok=False, detail=str(error))
    idle = [queue.value for queue in Queue if not served[queue]]
    detail = f"None takes work for: {', '.join(idle)}." if idle else "one or more take work on every queue"
    if any(deaf.values()):
        told = ", ".join(f"{count} {queue}" for queue, count in deaf.items() if count)
        detail += f" Deaf (alive, and not hearing their queue): {told}."
    return Check(name="workers", ok=not idle, detail=detail)
